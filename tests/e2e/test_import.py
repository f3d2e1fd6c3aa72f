"""Linodes made by hand come under a stack of any project untouched, protected until the program says otherwise."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from tests.project import Project

PROGRAM = """
import pulumi

from providers.linode import Instance, InstanceArgs

"""


@pytest.fixture
def project(engine: str, tmp_path: Path, api: LocalApi) -> Project:
    return Project(tmp_path / "project", engine, api, PROGRAM, stack="shop", name="store")


def make(project: Project, label: str) -> dict[str, object]:
    body = {"type": "g6-nanode-1", "region": "gb-lon", "image": "linode/debian13", "label": label, "tags": ["old"],
            "root_pass": "By-hand-Passw0rd", "backups_enabled": True}  # fmt: skip
    return project.call("POST", "/linode/instances", body)


def test_an_imported_linode_is_unchanged_at_the_next_preview(project: Project) -> None:
    made = [make(project, label) for label in ("web-1", "web-2", "other")]
    words = [sys.executable, "-m", "fleet", "import", "--stack", "shop", "--label", "web-*"]

    written = project.command(*words, "--out", str(project.folder / "import.json"))
    lines = [line for line in written.said.splitlines() if " = Instance(" in line]
    (project.folder / "__main__.py").write_text(PROGRAM + "\n".join(lines) + "\n")
    project.up()  # the account's own resource; both Linodes are refused, their labels are taken
    imported = project.run(
        "import", "--file", "import.json", "--generate-code=false", "--yes", "--skip-preview", "--stack", "shop",
    )  # fmt: skip
    shown = project.preview("--expect-no-changes")

    assert written.code == 0, written.said
    assert imported.code == 0, imported.said
    assert shown.code == 0, shown.said
    assert all(str(row["id"]) in project.checkpoint.read_text() for row in made[:2])
    writes = [entry for entry in project.api.requests() if entry["method"] != "GET"]
    assert len(writes) == 3

    (project.folder / "__main__.py").write_text(PROGRAM + lines[0] + "\n")
    forgotten = project.up()

    assert forgotten.code != 0
    assert "protect" in forgotten.said
    assert set(project.linodes()) == {"web-1", "web-2", "other"}


def test_a_file_that_is_there_is_not_overwritten(project: Project) -> None:
    make(project, "web-1")
    (project.folder / "import.json").write_text("precious")
    words = [sys.executable, "-m", "fleet", "import", "--stack", "shop"]

    done = project.command(*words, "--out", str(project.folder / "import.json"))

    assert done.code == 2
    assert "left alone" in done.said
    assert (project.folder / "import.json").read_text() == "precious"


def test_a_pattern_that_means_none_says_so(project: Project) -> None:
    done = project.command(sys.executable, "-m", "fleet", "import", "--stack", "shop", "--tag", "nope")

    assert done.code == 1
    assert "none of the account's" in done.said
