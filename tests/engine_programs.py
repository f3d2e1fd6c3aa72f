"""Projects with small programs for the embedded engine's own tests."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.engine_place import Answer, Place, new_place, place_in

TINYCLOUD = Path(__file__).parent / "e2e" / "engine_tinycloud.py"
IMPORTS = "import pulumi\nfrom pulumi import ResourceOptions\nfrom tinycloud import Pair, Thing\n"
SALT = "v1:/U2fBdMRHPg=:v1:byr5OJp0Vk9wW71y:0Jmpq4U4yvc9st8FHPSp9IqgN582Yg=="  # of the passphrase x
URN = "urn:pulumi:dev::sample::pulumi-python:dynamic/tiny:Thing::"


def project(tmp_path: Path, program: str) -> Place:
    """A project with a stack file but no stack yet."""
    place = new_place(tmp_path)
    (place.project / "Pulumi.yaml").write_text("name: sample\nruntime: python\n")
    (place.project / "Pulumi.dev.yaml").write_text(f"encryptionsalt: {SALT}\n")  # its key is derived once
    shutil.copy(TINYCLOUD, place.project / "tinycloud.py")
    write_program(place, program)
    return place


def write_program(place: Place, program: str) -> None:
    """Python would take a program of the same length, written within the same second, for the one before."""
    shutil.rmtree(place.project / "__pycache__", ignore_errors=True)
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


_STARTED: dict[str, Path] = {}  # program: where it ran first; a state holds no path, so it can be copied


def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> Place:
    """A project whose program ran once; for a program that ran before in this process, a copy of that."""
    if program in _STARTED:
        shutil.copytree(_STARTED[program], tmp_path, dirs_exist_ok=True)
        return place_in(tmp_path)
    place = project(tmp_path, program)
    assert place.run(monkeypatch, "stack", "init", "dev").code == 0
    answer = up(place, monkeypatch)
    assert answer.code == 0, answer.out + answer.err
    forget_asked(place)
    kept = Path(tempfile.mkdtemp(prefix="engine-started-"))
    atexit.register(shutil.rmtree, kept, ignore_errors=True)
    _STARTED[program] = shutil.copytree(tmp_path, kept, dirs_exist_ok=True)
    return place


def up(place: Place, monkeypatch: pytest.MonkeyPatch, *flags: str) -> Answer:
    return place.run(monkeypatch, "up", "--yes", "--skip-preview", *flags)
