"""A run of the embedded engine at a terminal that is 80 columns wide."""

from __future__ import annotations

import sys
from pathlib import Path

from emulators.linode_api.server import LocalApi
from tests.checkout import Done
from tests.cloud_checkout import slow_creates
from tests.project import Project
from tests.terminal import at_a_terminal, left_on

LINODE = {
    "type": "g6-nanode-1",
    "region": "de-fra-2",
    "image": "linode/debian13",
    "root_pass": "Planted-Passw0rd-7",
}


def watched(project: Project, *words: str) -> Done:
    return at_a_terminal([sys.executable, "-m", "emulators.engine", *words], project.folder, project.env)


def test_an_up_shows_what_is_under_way_and_leaves_what_was_done(tmp_path: Path, api: LocalApi) -> None:
    project = Project(tmp_path / "project", "embedded", api)
    project.declare({f"web-{n}": LINODE for n in (1, 2)})
    slow_creates(api.url, delay_s=2.0, times=2)

    done = watched(project, "up", "--yes", "--skip-preview", "--stack", "test")

    left = "\n".join(left_on(done.said))
    assert done.code == 0, left
    assert "2 under way" in done.said
    assert "under way" not in left
    assert "\x1b[32m +  linode:Instance web-1 created" in left
    assert "creating" not in left
    assert "pulumi-python:dynamic" not in done.said


def test_an_error_is_told_once(tmp_path: Path, api: LocalApi) -> None:
    project = Project(tmp_path / "project", "embedded", api)
    project.declare({"web-1": {**LINODE, "region": "de-fra-9"}})

    done = watched(project, "preview", "--stack", "test")

    assert done.code != 0
    assert "\n".join(left_on(done.said)).count("de-fra-9") == 1
    assert "unhandled" not in done.said
