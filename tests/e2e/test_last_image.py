"""final_snapshot by either engine: `protect` goes first, a replacement leaves an image too, and so does the end."""

from __future__ import annotations

import json
from pathlib import Path

from emulators.linode_api.server import LocalApi
from tests.project import Project

PROGRAM = """
import json

import pulumi

from providers.linode import Instance, InstanceArgs

with open("wanted.json") as file:
    wanted = json.load(file)
given = InstanceArgs(
    type="g6-nanode-1",
    region="de-fra-2",
    image=wanted["image"],
    root_pass="Planted-Passw0rd-7",
    final_snapshot=True,
)
Instance("web-1", given, pulumi.ResourceOptions(protect=wanted["protect"]))
"""


def declare(project: Project, image: str, *, protect: bool) -> None:
    (project.folder / "wanted.json").write_text(json.dumps({"image": image, "protect": protect}))


def images(project: Project) -> list[object]:
    return [row["label"] for row in project.call("GET", "/images")["data"] if not row["is_public"]]


def test_each_linode_that_goes_leaves_one_image(engine: str, tmp_path: Path, api: LocalApi) -> None:
    project = Project(tmp_path / "project", engine, api, PROGRAM)
    declare(project, "linode/debian12", protect=True)
    assert project.up().code == 0
    [first] = project.linodes().values()

    protected = project.destroy()
    left = [row["status"] for row in project.linodes().values()]
    kept_while_protected = images(project)
    declare(project, "linode/debian12", protect=False)
    assert project.up().code == 0
    declare(project, "linode/debian13", protect=False)
    replaced = project.up()
    [second] = project.linodes().values()
    gone = project.destroy()

    assert protected.code != 0
    assert (left, kept_while_protected) == (["running"], [])
    assert replaced.code == 0, replaced.said
    assert gone.code == 0, gone.said
    assert project.linodes() == {}
    ids = [first["id"], second["id"]]
    assert sorted(map(str, images(project))) == [f"fleet-test-web-1-final-{each}" for each in ids]
