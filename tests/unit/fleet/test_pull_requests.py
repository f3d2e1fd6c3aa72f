from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml

from fleet.delivery.pull_requests import PrStack, settings_text
from providers.linode.project import PROJECT
from stacks.errors import BadSettings

END = datetime(2026, 11, 27, 6, tzinfo=timezone.utc)
TEMPLATE = (PROJECT / "stacks" / "Pulumi.pr.yaml").read_text()


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("pr-7", 7),
        ("pr-999999", 999999),
        ("pr-1000000", None),
        ("pr-0", None),
        ("pr-07", None),
        ("pr-", None),
        ("pr", None),
        ("pr-7a", None),
        ("pr-٧", None),
        ("prod", None),
        ("7", None),
        ("apr-7", None),
    ],
)
def test_only_the_family_of_names_is_a_pull_requests_stack(name: str, number: int | None) -> None:
    found = PrStack.of_name(name)

    assert (found.number if found else None) == number


@pytest.mark.parametrize("number", [0, -1, 1_000_000])
def test_a_number_that_no_pull_request_has_is_refused(number: int) -> None:
    with pytest.raises(BadSettings, match="Next: "):
        PrStack(number)


def test_the_copy_has_the_templates_values_an_end_and_the_salt_of_the_state() -> None:
    made = yaml.safe_load(settings_text(TEMPLATE, END, "v1:abc"))

    end = made["config"].pop("fleet:ends_at")
    assert end == "2026-11-27T06:00:00Z"
    assert made == {**yaml.safe_load(TEMPLATE), "encryptionsalt": "v1:abc"}


@pytest.mark.parametrize(
    "template",
    [
        "encryptionsalt: v1:x\nconfig: {}",
        "config:\n  linode:token: {secure: v1:abc}",
        "config:\n  fleet:servers: {web: {tags: [{secure: v1:abc}]}}",
    ],
)
def test_a_template_with_a_secret_is_refused(template: str) -> None:
    with pytest.raises(BadSettings, match="must hold no secret"):
        settings_text(template, END, None)


@pytest.mark.parametrize("template", ["", "a: [", "- 1", "config: 3"])
def test_a_template_without_settings_is_refused(template: str) -> None:
    with pytest.raises(BadSettings, match="no `config`"):
        settings_text(template, END, None)


def test_pins_of_the_template_are_copied_and_taken_away_again(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.pr.yaml").write_text(TEMPLATE)
    (tmp_path / "pins.pr.json").write_text("{}")
    pr = PrStack(7, tmp_path)

    pr.write_files(END, None)
    written = sorted(file.name for file in tmp_path.iterdir())
    pr.remove_files()

    assert written == ["Pulumi.pr-7.yaml", "Pulumi.pr.yaml", "pins.pr-7.json", "pins.pr.json"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["Pulumi.pr.yaml", "pins.pr.json"]
    assert (tmp_path / "Pulumi.pr.yaml").read_text() == TEMPLATE
