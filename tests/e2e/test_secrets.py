"""Planted secrets are looked for everywhere: state, previews, outputs, errors, logs; by either engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from tests.project import Project

PASSWORD = "Planted-Passw0rd-0123"
USER_DATA = "#cloud-config\n# planted-user-data-4567\n"
PLANTED = (PASSWORD, "planted-user-data-4567")
BASE: dict[str, object] = {
    "type": "g6-nanode-1",
    "region": "de-fra-2",
    "image": "linode/debian13",
    "root_pass": PASSWORD,
    "user_data": USER_DATA,
}


@pytest.fixture
def project(engine: str, tmp_path: Path, api: LocalApi) -> Project:
    return Project(tmp_path / "project", engine, api)


def files_of(project: Project) -> str:
    """The text of every file that the engine left: state, its copies, history, settings."""
    found = [file for file in project.folder.rglob("*") if file.is_file() and file.name != "instances.json"]
    return "\n".join(file.read_text(errors="replace") for file in found)


def test_secrets_are_nowhere_in_the_clear(project: Project) -> None:
    project.declare({"web": BASE})
    debug = {"LINODE_DEBUG": "1"}

    said = [
        project.preview("--diff").said,
        project.run("preview", "--stack", "test", "--json").said,
        project.run("up", "--yes", "--skip-preview", "--stack", "test", "--diff", env=debug).said,
    ]
    project.declare({"web": {**BASE, "root_pass": "Changed-" + PASSWORD, "on_root_pass_change": "reset"}})
    said += [
        project.run("preview", "--stack", "test", "--json").said,
        project.run("up", "--yes", "--skip-preview", "--stack", "test", "--diff", env=debug).said,
        project.run("refresh", "--yes", "--skip-preview", "--stack", "test", env=debug).said,
        project.run("stack", "export", "--stack", "test").said,
    ]

    everything = "\n".join(said) + files_of(project)
    assert "web" in everything
    for planted in (*PLANTED, project.token):
        assert planted not in everything


def test_a_refused_secret_is_not_shown(project: Project) -> None:
    project.declare(
        {"web": {**BASE, "root_pass": "sh0rt-Pw"}, "app": {**BASE, "user_data": "planted-" * 9000}}
    )

    done = project.up("--diff")

    assert done.code == 1
    assert (
        "root_pass must have 11 to 128 characters" in done.said
        or "user_data must be a text of at most" in done.said
    )
    assert "sh0rt-Pw" not in done.said
    assert "planted-planted" not in done.said


def test_a_failed_create_does_not_show_what_was_sent(project: Project) -> None:
    project.declare({"web": BASE})
    project.api.set_faults({"kind": "maintenance", "method": "POST", "path": "/linode/instances"})

    done = project.run("up", "--yes", "--skip-preview", "--stack", "test", env={"LINODE_DEBUG": "1"})

    assert done.code == 1
    for planted in (*PLANTED, project.token):
        assert planted not in done.said + files_of(project)
