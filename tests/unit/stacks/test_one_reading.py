"""One reading of YAML: what `settings check` and `explain` read, what the embedded engine hands over, what the real
one hands over.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from emulators.engine.errors import EngineError
from emulators.engine.state import config, project
from emulators.engine.state.secrets import open_stack
from stacks import sources
from stacks.errors import BadSettings
from stacks.explaining import resolved
from stacks.layers import Layer, merge, read_layer
from stacks.settings import parse
from tests.engine_programs import SALT

SCALARS = {
    "2029-01-01": "2029-01-01",
    "2029-1-1": "2029-01-01",
    "2029-13-45": "2029-13-45",
    "2029-01-01T10:00:00Z": "2029-01-01T10:00:00+00:00",
    "2029-01-01T10:00:00.50Z": "2029-01-01T10:00:00.5+00:00",
    "2029-01-01T10:00:00+02:00": "2029-01-01T10:00:00+02:00",
    "2029-01-01 10:00:00": "2029-01-01T10:00:00+00:00",
    "2029-01-01T10:00:00": "2029-01-01T10:00:00",
    "2029-01-01 10:00:00 +02:00": "2029-01-01 10:00:00 +02:00",
    "'2029-01-01'": "2029-01-01",
    "1:30": "1:30",
    "12:30:45": "12:30:45",
    "no": "no",
    "Yes": "Yes",
    "on": "on",
    "y": "y",
    "true": True,
    "TRUE": True,
    "tRUE": "tRUE",
    "~": None,
    "null": None,
    "010": 8,
    "0o10": 8,
    "089": 89,
    "0x1F": 31,
    "0x_": "0x_",
    "0b11": 3,
    "+7": 7,
    "-0": 0,
    "1_000": 1000,
    "1_000.5": 1000.5,
    "99999999999999999999": 100000000000000000000,
    "1e3": 1000,
    "1e400": "1e400",
    "5.": 5,
    ".5": 0.5,
    "._": "._",
    "1.5e-7": 1.5e-7,
    "=": "=",
    "NaN": "NaN",
    "'20'": "20",
    "'true'": "true",
    "'~'": "~",
    "''": "",
}
"""What is written, and what it is inside a map or a list."""

AT_THE_TOP = {"'20'": 20, "'true'": True, "''": None}
"""Where it is something else: there an engine hands over texts, and quotes are lost."""

NO_KEYS = {"99999999999999999999"}
"""The engines write it in two ways."""

WRITTEN = list(SCALARS)


def text(numbers: list[int]) -> str:
    """A stack's file with these scalars at the top, in a map, in a list, and as a key."""
    lines = ["config:"]
    for n in numbers:
        written = WRITTEN[n]
        key = f"? {written}\n        : key\n" if written not in NO_KEYS else ""
        lines.append(f"  fleet:top{n}: {written}")
        lines.append(
            f"  fleet:map{n}:\n    it: {written}\n    list: [{written}]\n    keys:\n        a: b\n        {key}"
        )
    return "\n".join(lines) + "\n"


def handed_over(folder: Path) -> dict[str, str]:
    """By the embedded engine."""
    (folder / "Pulumi.yaml").write_text("name: fleet\nruntime: python\n")
    found = config.load(
        project.load(folder / "Pulumi.yaml"), open_stack(SALT, "x"), folder / "Pulumi.dev.yaml"
    )
    return found.values


def ours(layer: Layer) -> dict[str, object]:
    return {key: value for key, value in layer.values.items() if key.startswith(("fleet:top", "fleet:map"))}


@pytest.mark.parametrize("n", range(len(WRITTEN)), ids=WRITTEN)
def test_a_scalar_is_the_same_in_the_files_and_from_an_engine(n: int, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(text([n]))
    written, value = WRITTEN[n], SCALARS[WRITTEN[n]]

    read = read_layer(tmp_path / "Pulumi.dev.yaml", "Pulumi.dev.yaml")
    handed = sources.of_engine(handed_over(tmp_path), "dev")

    keys = {"a": "b"} if written in NO_KEYS else {"a": "b", as_key(value): "key"}
    expected = {
        f"fleet:top{n}": AT_THE_TOP.get(written, value),
        f"fleet:map{n}": {"it": value, "list": [value], "keys": keys},
    }
    assert repr(read.values) == repr(expected)
    assert repr(ours(merge([read]))) == repr(ours(handed))


def as_key(value: object) -> str:
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.fixture
def real(real_engine: str, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The real engine in the test's folder, where there is a stack."""
    (tmp_path / "state").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: fleet\nruntime: python\n")
    env = {
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}", "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_SKIP_UPDATE_CHECK": "true", "HOME": str(tmp_path), "PATH": os.environ["PATH"],
    }  # fmt: skip

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [real_engine, *words]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    assert run("stack", "init", "dev").returncode == 0
    return run


def test_the_real_engine_hands_over_what_the_embedded_one_does(
    real: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(file.read_text() + text(list(range(len(WRITTEN)))))

    done = real("config", "--json")

    assert done.returncode == 0, done.stderr
    real_ones = {key: opened(key, each["value"]) for key, each in json.loads(done.stdout).items()}
    embedded = {key: opened(key, value) for key, value in handed_over(tmp_path).items()}
    assert {key for key, value in real_ones.items() if repr(value) != repr(embedded.get(key))} == set()
    assert real_ones.keys() == embedded.keys()


def opened(key: str, value: str) -> object:
    """A map has no order of its keys."""
    if not key.startswith("fleet:map"):
        return value
    found = json.loads(value)
    return sorted({**found, "keys": sorted(found["keys"].items())}.items())


BOMB = "\n".join(
    ["config:", "  fleet:a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    + [f"  fleet:{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
)
MISREAD = {
    "a key that stands twice": "config:\n  fleet:a: 1\n  fleet:a: 2\n",
    "one further in": "config:\n  fleet:a: {b: 1, b: 2}\n",
    "aliases without end": BOMB,
    "one of itself": "config: &a {fleet:a: *a}\n",
    "an alias of nothing": "config: {fleet:a: *b}\n",
    "a list": "- fleet:a\n",
    "no YAML": "config: [\n",
}


@pytest.mark.parametrize("written", MISREAD.values(), ids=MISREAD)
def test_what_can_be_read_in_two_ways_is_read_in_none(written: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(written)

    with pytest.raises(BadSettings):
        read_layer(tmp_path / "Pulumi.dev.yaml", "dev")
    with pytest.raises(EngineError):
        handed_over(tmp_path)


@pytest.mark.parametrize("written", MISREAD.values(), ids=MISREAD)
def test_nor_by_the_real_engine(
    written: str, real: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(written)

    assert real("config", "--json").returncode != 0


GROUP = "region: {continent: europe}, type: {min_memory_mb: 2048}"
SETTINGS = [
    f"fleet:servers: {{web: {{count: 1, {GROUP}, image: {{vendor: Debian, supported_until: 2029-01-01}}}}}}",
    f"fleet:servers: {{web: {{count: true, {GROUP}, image: {{vendor: Debian}}}}}}",
    f"fleet:servers: {{web: {{count: 1e3, {GROUP}, image: {{vendor: Debian}}}}}}",
    f"fleet:servers: {{web: {{count: 0o17, {GROUP}, image: {{vendor: Debian}}, tags: [2029-01-01, 1:30, no]}}}}",
    f"fleet:servers: {{web: {{count: 1, {GROUP}, image: {{vendor: Debian, version: 12}}}}}}",
    f"fleet:servers: {{no: {{count: 1, {GROUP}, image: {{vendor: Debian}}}}}}",
    f"fleet:servers: {{80: {{count: 1, {GROUP}, image: {{vendor: Debian}}}}}}",
    f"fleet:servers: {{web: {{count: 1, {GROUP}, image: {{vendor: Debian}}}}}}\n  fleet:region: '8'",
    f"fleet:servers: {{web: {{count: 1, {GROUP}, image: {{vendor: Debian}}}}}}\n  fleet:refresh: 'true'",
    f"fleet:servers: {{web: {{count: 1, {GROUP}, image: {{vendor: Debian}}}}}}\n  fleet:guards: ~",
    f"fleet:servers: {{web: {{count: 1, {GROUP}, image: {{vendor: Debian}}}}}}\n  fleet:guards: {{max_monthly: 1e400}}",
]


@pytest.mark.parametrize("written", SETTINGS)
def test_what_is_checked_and_explained_is_what_the_program_gets(
    written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "FOLDER", tmp_path)
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config:\n  {written}\n")

    checked, runs = (
        judged(layer) for layer in (sources.of_files("dev"), sources.of_engine(handed_over(tmp_path), "dev"))
    )

    assert checked == runs


def judged(layer: Layer) -> object:
    """What holds, or what is wrong."""
    try:
        return [parse(layer, "dev").model_dump(), resolved("dev", layer)]
    except BadSettings as error:
        return str(error)
