from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from stacks.engine import PROJECT
from stacks.errors import BadSettings
from stacks.settings import parse

GROUP: dict[str, object] = {
    "count": 1,
    "region": {"continent": "europe"},
    "type": {},
    "image": {"vendor": "Debian"},
}


@pytest.mark.parametrize(
    "file", sorted((PROJECT / "stacks").glob("Pulumi.*.yaml")), ids=lambda file: file.name
)
def test_every_environment_has_valid_settings(file: Path) -> None:
    config = yaml.safe_load(file.read_text())["config"]
    values = {key.removeprefix("fleet:"): value for key, value in config.items() if key.startswith("fleet:")}

    settings = parse(values, file.suffixes[0].removeprefix("."))

    assert settings.servers["web"].count >= 1


def test_there_is_one_file_per_environment() -> None:
    assert sorted(file.name for file in (PROJECT / "stacks").glob("Pulumi.*.yaml")) == [
        f"Pulumi.{stack}.yaml" for stack in ("dev", "local", "prod", "staging")
    ]


def test_every_problem_is_told_at_once_with_the_nearest_name() -> None:
    wrong = {**GROUP, "count": "lots", "tagz": ["x"], "region": {"contries": ["de"]}}

    with pytest.raises(BadSettings) as caught:
        parse({"servers": {"web": wrong}}, "dev")

    lines = str(caught.value).splitlines()
    assert "Pulumi.dev.yaml" in lines[0]
    assert any("fleet:servers.web.count" in line for line in lines)
    assert any("fleet:servers.web.tagz: no such setting (did you mean tags?)" in line for line in lines)
    assert any("fleet:servers.web.region.contries" in line and "countries" in line for line in lines)


def test_a_missing_setting_is_told() -> None:
    with pytest.raises(BadSettings, match=r"fleet:servers: is required"):
        parse({}, "dev")
