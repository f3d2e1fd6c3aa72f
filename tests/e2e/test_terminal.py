"""A run of the embedded engine at a real terminal, 80 columns wide."""

from __future__ import annotations

import os
import pty
import struct
import subprocess
import sys
import termios
from fcntl import ioctl
from pathlib import Path

from emulators.linode_api.server import LocalApi
from tests.checkout import TIMEOUT_S
from tests.project import Project

LINODE = {"type": "g6-nanode-1", "region": "de-fra-2", "image": "linode/debian13", "root_pass": "Planted-Passw0rd-7"}


def at_a_terminal(project: Project, *words: str) -> tuple[int, str]:
    """The exit code, and everything that came to the terminal, with its control characters."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    env = {name: value for name, value in project.env.items() if name not in ("CI", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "emulators.engine", *words], cwd=project.folder, env={**env, "TERM": "xterm-256color"},
        stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # nobody has the other end any more
            break
        said += piece
    os.close(ours)
    return process.wait(TIMEOUT_S), said.decode()


def test_an_up_shows_what_is_under_way_and_ends_with_what_was_done(tmp_path: Path, api: LocalApi) -> None:
    project = Project(tmp_path / "project", "embedded", api)
    project.declare({f"web-{n}": LINODE for n in (1, 2)})

    code, said = at_a_terminal(project, "up", "--yes", "--skip-preview", "--stack", "test")

    assert code == 0, said
    assert "2 under way" in said or "1 under way" in said
    assert "\x1b[32m +  linode:Instance web-1 created" in said
    assert "pulumi-python:dynamic" not in said
    assert said.rindex("Resources:") > said.rindex("under way")


def test_an_error_is_told_once(tmp_path: Path, api: LocalApi) -> None:
    project = Project(tmp_path / "project", "embedded", api)
    project.declare({"web-1": {**LINODE, "region": "de-fra-9"}})

    code, said = at_a_terminal(project, "preview", "--stack", "test")

    assert code != 0
    assert said.count("de-fra-9") == 1
    assert "unhandled" not in said
