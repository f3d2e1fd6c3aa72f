"""What stands around a server, on either engine: made, changed, drifted, put back and deleted, in the right order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from tests.project import Project

pytestmark = pytest.mark.all

PROGRAM = """
import json

import pulumi

from providers.linode import VPC, Instance, PlacementGroup, ReservedIP, StackScript, Subnet

with open("wanted.json") as file:
    wanted = json.load(file)
back = VPC("back", region="de-fra-2", description=wanted["description"])
inner = Subnet("inner", vpc_id=back.id, ipv4="10.0.1.0/24")
outer = Subnet("outer", vpc_id=back.id, ipv4=wanted["outer"])
apart = PlacementGroup(
    "apart", region="de-fra-2", placement_group_type="anti_affinity:local", placement_group_policy="strict"
)
site = StackScript("site", script=wanted["script"], images=["linode/debian13"])
web = Instance(
    "web",
    type="g6-nanode-1",
    region="de-fra-2",
    image="linode/debian13",
    root_pass="Ex4mple-Passw0rd-7",
    stackscript_id=site.id,
    placement_group=apart.id,
    interfaces=[{"purpose": "public"}, {"purpose": "vpc", "subnet_id": inner.id}],
)
entry = ReservedIP("entry", region="de-fra-2", linode_id=web.id)
pulumi.export("entry", entry.address)
"""
FIRST = {"description": "one", "outer": "10.0.2.0/24", "script": "#!/bin/sh\n"}
LISTS = ("/vpcs", "/placement/groups", "/networking/reserved/ips", "/linode/instances")


@pytest.fixture
def project(engine: str, tmp_path: Path, api: LocalApi) -> Project:
    return Project(tmp_path / "project", engine, api, PROGRAM, stack="dev")


def want(project: Project, **changed: str) -> None:
    (project.folder / "wanted.json").write_text(json.dumps({**FIRST, **changed}))


def rows(project: Project, path: str) -> list[dict[str, Any]]:
    found: Any = project.call("GET", path)["data"]
    return [row for row in found if row.get("mine", True)]


def test_what_stands_around_a_server_is_made_changed_put_back_and_deleted(project: Project) -> None:
    want(project)
    made = project.up()
    again = project.preview("--expect-no-changes")
    [server], [vpc], [group], [address], [script] = (
        rows(project, path)
        for path in ("/linode/instances", "/vpcs", "/placement/groups", "/networking/reserved/ips",
                     "/linode/stackscripts")
    )  # fmt: skip
    subnets = {row["label"]: row for row in vpc["subnets"]}

    assert (made.code, again.code) == (0, 0), made.said + again.said
    assert [one["id"] for one in subnets["fleet-dev-inner"]["linodes"]] == [server["id"]]
    assert [one["linode_id"] for one in group["members"]] == [server["id"]]
    assert address["linode_id"] == server["id"]

    want(project, description="two", outer="10.0.3.0/24", script="#!/bin/bash\n")
    told = project.preview()
    changed = project.up()
    [after] = rows(project, "/linode/instances")
    [edited] = rows(project, "/vpcs")

    assert changed.code == 0, changed.said
    assert "1 Linode was made by StackScript" in told.said
    assert after["id"] == server["id"]
    assert edited["description"] == "two"
    assert sorted(row["ipv4"] for row in edited["subnets"]) == ["10.0.1.0/24", "10.0.3.0/24"]

    project.call("PUT", f"/vpcs/{vpc['id']}", {"description": "by hand"})
    project.call("PUT", f"/placement/groups/{group['id']}", {"label": "by-hand"})
    project.call("PUT", f"/linode/stackscripts/{script['id']}", {"rev_note": "", "script": "#!/bin/ksh\n"})
    project.call("DELETE", f"/linode/instances/{server['id']}/ips/{address['address']}")
    put_back = project.up("--refresh")
    kept = project.preview("--refresh", "--expect-no-changes")

    assert (put_back.code, kept.code) == (0, 0), put_back.said + kept.said
    assert rows(project, "/vpcs")[0]["description"] == "two"
    assert rows(project, "/networking/reserved/ips")[0]["linode_id"] == server["id"]

    gone = project.destroy()

    assert gone.code == 0, gone.said
    assert [rows(project, path) for path in (*LISTS, "/linode/stackscripts")] == [[]] * 5
