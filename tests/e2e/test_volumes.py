"""A volume through its life, by either engine: made, grown, moved, kept while its Linode is recreated, detached."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from tests.project import Project
from tests.until import until

pytestmark = pytest.mark.all

PROGRAM = """
import json

import pulumi

from providers.linode import Instance, Volume

with open("wanted.json") as file:
    wanted = json.load(file)
old = Instance("old", type="g6-nanode-1", region="de-fra-2", generation=wanted["generation"])
new = Instance("new", type="g6-nanode-1", region="de-fra-2")
on = {"old": old.id, "new": new.id, "none": 0}[wanted["on"]]
data = Volume("data", region="de-fra-2", linode_id=on, **wanted["volume"])
pulumi.export("monthly_usd", data.monthly_usd)
"""


@pytest.fixture
def project(engine: str, tmp_path: Path, api: LocalApi) -> Project:
    return Project(tmp_path / "project", engine, api, PROGRAM, stack="dev")


def want(project: Project, on: str, generation: int = 1, **volume: object) -> None:
    wanted = {"on": on, "generation": generation, "volume": volume}
    (project.folder / "wanted.json").write_text(json.dumps(wanted))


def the_volume(project: Project) -> dict[str, Any]:
    volumes: Any = project.call("GET", "/volumes")["data"]
    (found,) = volumes
    return dict(found)


def test_a_volume_grows_moves_and_stays_while_its_linode_is_recreated(project: Project) -> None:
    want(project, "old")
    made = project.up()
    first = the_volume(project)
    again = project.preview("--expect-no-changes")

    want(project, "new", size=40)
    told = project.preview()
    moved = project.up()
    second = the_volume(project)

    want(project, "old", size=40)
    back = project.up()
    want(project, "old", 2, size=40)
    recreated = project.up()
    third = the_volume(project)
    kept = project.preview("--expect-no-changes")

    assert [done.code for done in (made, again, told, moved, back, recreated, kept)] == [0] * 7, (
        recreated.said
    )
    assert (first["linode_label"], first["size"]) == ("fleet-dev-old", 20)
    assert "grown from 20 to 40 GB" in told.said
    assert "for good: a volume never shrinks; 2.00 → 4.00 USD a month" in told.said
    assert (second["linode_label"], second["size"]) == ("fleet-dev-new", 40)
    assert third["linode_label"] == "fleet-dev-old"
    assert third["linode_id"] != first["linode_id"]
    assert first["id"] == second["id"] == third["id"]

    want(project, "old", 2, size=30)
    smaller = project.preview()
    want(project, "none", 2)
    detached = project.up()
    undeclared = the_volume(project)
    want(project, "none", 2, size=10)
    far_smaller = project.preview()
    gone = project.destroy()

    assert smaller.code != 0
    assert "is 30 GB, and the volume has 40: volumes never shrink. Next: declare 40 or more." in smaller.said
    assert detached.code == gone.code == 0, detached.said + gone.said
    assert (undeclared["linode_id"], undeclared["size"]) == (None, 40)
    assert "is 10 GB, and the volume has 40" in far_smaller.said
    assert project.call("GET", "/volumes")["data"] == []


def test_what_would_lose_a_volume_for_nothing_is_refused_at_preview(project: Project) -> None:
    """Its replacement deletes it first: a region that the API then refuses would cost what is on it."""
    want(project, "old")
    made = project.up()
    first = the_volume(project)
    program = project.folder / "__main__.py"
    written = program.read_text()

    program.write_text(written.replace('"data", region="de-fra-2"', '"data", region="de-fra-3"'))
    no_region = project.up()
    program.write_text(written.replace('"data", region="de-fra-2"', '"data", region="us-ord"'))
    elsewhere = project.up()
    program.write_text(written)
    project.call("POST", f"/volumes/{first['id']}/resize", {"size": 60})
    grown = project.up("--refresh")
    want(project, "old", size=30)
    smaller = project.up("--refresh")

    assert made.code == 0, made.said
    assert no_region.code != 0
    assert "regions of this account (did you mean de-fra-2" in no_region.said
    assert elsewhere.code != 0
    assert "is in de-fra-2, and the volume in us-ord. Next: use one in that region." in elsewhere.said
    assert grown.code == 0, grown.said
    assert smaller.code != 0
    assert "is 30 GB, and the volume has 60" in smaller.said
    assert the_volume(project)["id"] == first["id"]


def test_a_linode_that_moves_away_says_what_becomes_of_its_volume(project: Project) -> None:
    want(project, "old")
    made = project.up()
    first = the_volume(project)
    program = project.folder / "__main__.py"
    written = program.read_text()
    moved = written.replace(
        '"old", type="g6-nanode-1", region="de-fra-2"', '"old", type="g6-nanode-1", region="gb-lon"'
    )
    allowed = moved.replace('region="gb-lon"', 'region="gb-lon", allow_data_loss=True')

    program.write_text(moved)
    unasked = project.preview()
    program.write_text(allowed)
    left_behind = project.preview()
    program.write_text(moved.replace('region="gb-lon"', 'region="gb-lon", replace_on=["region"]'))
    recreated = project.preview()

    assert made.code == 0, made.said
    assert (unasked.code != 0, left_behind.code != 0) == (True, True)
    assert (
        "can't change in place without detaching volume fleet-dev-data, which stays in de-fra-2"
        in unasked.said
    )
    assert (
        "which moves, is in gb-lon, and the volume in de-fra-2. Next: linode_id=0 keeps" in left_behind.said
    )
    assert recreated.code != 0
    assert "which is recreated, is in gb-lon, and the volume in de-fra-2" in recreated.said
    assert the_volume(project)["linode_id"] == first["linode_id"]

    linode = f"/linode/instances/{first['linode_id']}"
    project.call("POST", f"{linode}/migrate", {"region": "gb-lon"})
    until(lambda: (row := project.call("GET", linode))["region"] == "gb-lon" and row["status"] == "offline")
    refreshed, again = project.up("--refresh"), project.up("--refresh", "--expect-no-changes")
    program.write_text(allowed.replace('"data", region="de-fra-2"', '"data", region="gb-lon"'))
    recreated, kept = project.up(), project.preview("--expect-no-changes")

    assert [done.code for done in (refreshed, again, recreated, kept)] == [0] * 4, (
        refreshed.said + recreated.said
    )
    for done in (refreshed, again):
        assert "linode_id differs from the program, and is left so: linode_id Linode" in done.said
    assert (the_volume(project)["region"], the_volume(project)["linode_label"]) == ("gb-lon", "fleet-dev-old")
    assert "left so" not in kept.said


def test_a_linode_moves_with_a_volume_that_is_recreated_there(project: Project) -> None:
    want(project, "old")
    made = project.up()
    program = project.folder / "__main__.py"
    moved = program.read_text().replace(
        '"old", type="g6-nanode-1", region="de-fra-2"',
        '"old", type="g6-nanode-1", region="gb-lon", allow_data_loss=True',
    )
    program.write_text(moved.replace('"data", region="de-fra-2"', '"data", region="gb-lon"'))

    told, done, kept = project.preview(), project.up(), project.preview("--expect-no-changes")

    assert [each.code for each in (made, told, done, kept)] == [0] * 4, told.said + done.said
    assert "its volume fleet-dev-data detached" in told.said
    assert (the_volume(project)["region"], the_volume(project)["linode_label"]) == ("gb-lon", "fleet-dev-old")
