"""Ctrl-C while Linodes boot: the run ends without waiting for them, and the next one goes on with the same ones."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from fleet.engine.engine import UNLESS_SET
from tests.checkout import ENGINE_WORDS
from tests.project import Project
from tests.until import GIVE_UP_S, until

LOOP = """
from providers.linode import Instance

for n in range(3):
    Instance(f"web-{n}", type="g6-nanode-1", region="de-fra-2", image="linode/debian13", root_pass="Planted-Passw0rd-7")
"""


@pytest.mark.parametrize(
    "send", [pytest.param(os.kill, id="kill"), pytest.param(os.killpg, id="terminal", marks=pytest.mark.all)]
)
def test_an_up_that_is_interrupted_does_not_wait_for_boots(
    engine: str, tmp_path: Path, send: Callable[[int, int], None]
) -> None:
    """To the engine alone, or, as a terminal does, to all that run in its foreground."""
    clock = HeldClock()  # nothing ever boots until the test moves it: only the interruption can end the run
    with LocalApi(tmp_path / "api.sqlite3", clock=clock, limits=False) as api:
        project = Project(tmp_path / "project", engine, api, LOOP)
        project.env |= UNLESS_SET
        running = subprocess.Popen(
            [*ENGINE_WORDS[engine], "up", "--yes", "--skip-preview", "--stack", project.stack],
            cwd=project.folder, env=project.env, stdin=subprocess.DEVNULL, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        until(lambda: len(project.linodes()) == 3)
        made = {label: row["id"] for label, row in project.linodes().items()}

        send(running.pid, signal.SIGINT)
        said, _ = running.communicate(timeout=GIVE_UP_S)

        assert running.returncode != 0
        assert "interrupted" in said
        assert "Traceback" not in said
        clock.advance(600)
        again = project.up()
        assert again.code == 0, again.said
        assert {label: row["id"] for label, row in project.linodes().items()} == made
        assert {row["status"] for row in project.linodes().values()} == {"running"}
