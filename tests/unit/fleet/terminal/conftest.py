from __future__ import annotations

import contextlib
import io
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from fleet.cli.main import main


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Run = Callable[[str], Said]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalApi]:
    with LocalApi(tmp_path_factory.mktemp("terminal") / "api.db", limits=False) as api:
        yield api


@pytest.fixture
def api(served: LocalApi, monkeypatch: pytest.MonkeyPatch) -> LocalApi:
    """The local API as the one that LINODE_URL names, without a token."""
    monkeypatch.setenv("LINODE_URL", served.url)
    monkeypatch.delenv("LINODE_TOKEN", raising=False)
    return served


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `fleet …` in this process."""
    monkeypatch.setenv("LOCAL_HOME", str(tmp_path / "local"))

    def call(line: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(shlex.split(line))
        return Said(code, out.getvalue(), err.getvalue())

    return call
