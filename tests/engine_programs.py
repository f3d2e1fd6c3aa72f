"""Projects with small programs for the embedded engine's own tests."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.engine_place import Answer, Place, new_place

TINYCLOUD = Path(__file__).parent / "e2e" / "engine_tinycloud.py"
IMPORTS = "import pulumi\nfrom pulumi import ResourceOptions\nfrom tinycloud import Pair, Thing\n"
URN = "urn:pulumi:dev::sample::pulumi-python:dynamic/tiny:Thing::"


def project(tmp_path: Path, program: str) -> Place:
    """A project with a stack file but no stack yet."""
    place = new_place(tmp_path)
    (place.project / "Pulumi.yaml").write_text("name: sample\nruntime: python\n")
    shutil.copy(TINYCLOUD, place.project / "tinycloud.py")
    write_program(place, program)
    return place


def write_program(place: Place, program: str) -> None:
    (place.project / "__main__.py").write_text(IMPORTS + program)


def things(place: Place) -> list[str]:
    return sorted(file.name for file in (place.project / "things").glob("*"))


def asked(place: Place) -> list[str]:
    file = place.project / "asked.txt"
    return file.read_text().splitlines() if file.exists() else []


def forget_asked(place: Place) -> None:
    (place.project / "asked.txt").unlink(missing_ok=True)


def entries(place: Place) -> list[dict[str, Any]]:
    """The state's resources, less stack and default provider."""
    latest = place.state()["checkpoint"]["latest"]
    hidden = ("pulumi:pulumi:Stack", "pulumi:providers:pulumi-python")
    return [entry for entry in latest.get("resources", []) if entry["type"] not in hidden]


def ids(place: Place) -> list[str]:
    return sorted(entry.get("id", "") for entry in entries(place))


def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> Place:
    """A project whose program ran once."""
    place = project(tmp_path, program)
    assert place.run(monkeypatch, "stack", "init", "dev").code == 0
    answer = up(place, monkeypatch)
    assert answer.code == 0, answer.out + answer.err
    forget_asked(place)
    return place


def up(place: Place, monkeypatch: pytest.MonkeyPatch, *flags: str) -> Answer:
    return place.run(monkeypatch, "up", "--yes", "--skip-preview", *flags)
