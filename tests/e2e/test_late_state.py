"""The real engine can write a state once, when a command ends: what a killed run has made is found all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from tests.bench.stacks import AT_THE_END
from tests.killing import run_and_kill
from tests.project import INSTANCES, Project

pytestmark = pytest.mark.all

LINODE = {
    "type": "g6-nanode-1",
    "region": "de-fra-2",
    "image": "linode/debian13",
    "root_pass": "Planted-Passw0rd-7",
}
KEY = """
from providers.linode import SSHKey

SSHKey("ada", label="ada", ssh_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKEXWbaYYnhzzGDgJsUzX1oPZZ0vXfsfM0dTBEIkxkjg")
"""


def test_the_next_run_adopts_what_has_the_stacks_tag_and_asks_for_what_has_none(
    real_engine: str, tmp_path: Path
) -> None:
    with LocalApi(tmp_path / "api.sqlite3", speed=2.0, limits=False) as api:
        project = Project(tmp_path / "project", real_engine, api)
        project.declare({"web-0": LINODE})
        first = project.up()
        project.declare({f"web-{n}": LINODE for n in range(3)})
        (project.folder / "__main__.py").write_text(INSTANCES + KEY)
        state = project.checkpoint.read_text()
        words = ["pulumi", "up", "--yes", "--skip-preview", "--stack", project.stack]
        killed = run_and_kill(
            words,
            project.folder,
            {**project.env, **AT_THE_END},
            lambda: made(project),
            "tree",
            tmp_path / "killed.log",
        )
        killed.end_the_rest(20)
        kept = project.checkpoint.read_text()
        before = {label: row["id"] for label, row in project.linodes().items()}
        project.run("cancel", "--yes", "--stack", project.stack)

        refused = project.up()
        key = project.call("GET", "/profile/sshkeys")["data"][0]["id"]
        done = project.command(*words, env={"LINODE_TAKE_OVER": str(key)})

        assert first.code == 0, first.said
        assert killed.in_time
        assert kept == state
        assert refused.code != 0
        assert f"LINODE_TAKE_OVER={key}" in refused.said
        assert done.code == 0, done.said
        assert {label: row["id"] for label, row in project.linodes().items()} == before
        assert len(project.call("GET", "/profile/sshkeys")["data"]) == 1


def made(project: Project) -> bool:
    return len(project.linodes()) == 3 and bool(project.call("GET", "/profile/sshkeys")["data"])
