"""A project and a backend of its own for one test, and the embedded engine run there."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulators.engine.commands import command_line

Json = dict[str, Any]


@dataclass
class Answer:
    code: int
    out: str
    err: str


@dataclass
class Place:
    """A project folder and a backend folder, and the engine run in them."""

    project: Path
    backend: Path
    environment: dict[str, str]

    @property
    def state_file(self) -> Path:
        return self.backend / ".pulumi" / "stacks" / "sample" / "dev.json"

    def state(self) -> Json:
        found: Json = json.loads(self.state_file.read_text(encoding="utf-8"))
        return found

    def cloud(self) -> Json:
        file = self.project / "cloud.json"
        found: Json = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return found

    def calls(self) -> list[Json]:
        file = self.project / "calls.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def run(self, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Answer:
        """One command in this process (its program and provider are children as ever)."""
        out, err = io.StringIO(), io.StringIO()
        with monkeypatch.context() as patch:
            for name in list(os.environ):
                if name.startswith("PULUMI_"):
                    patch.delenv(name)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.chdir(self.project)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = command_line.main(list(arguments))
        return Answer(code, out.getvalue(), err.getvalue())


def real(place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command of the real engine, with the Python of these tests."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    inherited["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{inherited['PATH']}"
    return subprocess.run(
        ["pulumi", *arguments, "--non-interactive"],
        cwd=place.project,
        env={**inherited, **place.environment, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def new_place(tmp_path: Path) -> Place:
    for name in ("project", "backend", "home"):
        (tmp_path / name).mkdir()
    return place_in(tmp_path)


def place_in(folder: Path) -> Place:
    """The place in a folder that has its three folders."""
    environment = {
        "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}",
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_STACK": "dev",
    }
    return Place(folder / "project", folder / "backend", environment)
