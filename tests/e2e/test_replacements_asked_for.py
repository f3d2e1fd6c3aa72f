"""Replacements that no input asks for, renames, other generations: what is previewed, and what there is then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emulators.linode_api.server import LocalApi
from tests.project import Project

PROGRAM = """
import json

import pulumi

from providers.linode import Instance, InstanceArgs, PlacementGroup

with open("wanted.json") as file:
    wanted = json.load(file)
given = InstanceArgs(
    type="g6-nanode-1", region="de-fra-2", image="linode/debian13", root_pass="Planted-Passw0rd-7",
    generation=wanted["generation"], **wanted["args"]
)
options = pulumi.ResourceOptions(aliases=wanted["aliases"], replace_on_changes=["user_data"])
Instance(wanted["name"], given, options)
PlacementGroup(
    "rack", region="de-fra-2", placement_group_type="anti_affinity:local", placement_group_policy="strict"
)
"""


class Declared(Project):
    """A project with one instance, and with a group that has no tag."""

    def declare_one(
        self, name: str, *, generation: int = 1, aliases: tuple[str, ...] = (), **args: object
    ) -> None:
        wanted = {"name": name, "args": args, "aliases": aliases, "generation": generation}
        (self.folder / "wanted.json").write_text(json.dumps(wanted))

    def urn(self, kind: str = "Instance") -> str:
        state = json.loads(self.checkpoint.read_text())["checkpoint"]["latest"]
        return next(str(one["urn"]) for one in state["resources"] if one["type"].endswith(f":{kind}"))

    def group(self) -> tuple[int, str]:
        """Id and label of the only one."""
        [row] = self.call("GET", "/placement/groups")["data"]
        return row["id"], row["label"]

    def linode(self) -> tuple[int, str, list[str]]:
        """Id, label and tags of the only one."""
        [row] = self.linodes().values()
        return row["id"], row["label"], row["tags"]

    def settled(self) -> bool:
        return self.preview("--expect-no-changes").code == 0


@pytest.fixture
def project(engine: str, tmp_path: Path, api: LocalApi) -> Declared:
    made = Declared(tmp_path / "project", engine, api, PROGRAM)
    made.declare_one("web-1")
    assert made.up().code == 0
    return made


def test_a_forced_replacement_is_announced_keeps_the_label_and_settles(project: Declared) -> None:
    before, label, tags = project.linode()
    rack = project.group()
    asked = ("--replace", project.urn(), "--replace", project.urn("PlacementGroup"))

    shown = project.preview(*asked, "--diff")
    done = project.up(*asked)

    assert "recreated, as was asked for: all disks are erased, id and addresses change" in shown.said
    assert done.code == 0, done.said
    after = project.linode()
    assert after[0] != before
    assert after[1:] == (label, tags)
    assert project.group()[0] != rack[0]
    assert project.group()[1] == rack[1]
    assert project.settled()


@pytest.mark.all
def test_an_alias_keeps_the_linode_and_its_default_label_follows_the_name(project: Declared) -> None:
    before, _, tags = project.linode()
    old = project.urn()

    project.declare_one("db-1", aliases=(old,))
    renamed = project.up()
    moved = project.linode()
    project.declare_one("db-1", aliases=(old,), label="kept-1")
    kept = project.up()

    assert (renamed.code, kept.code) == (0, 0), renamed.said + kept.said
    assert moved[:2] == (before, "fleet-test-db-1")
    assert moved[2] != tags
    assert project.linode() == (before, "kept-1", moved[2])
    assert project.settled()


@pytest.mark.all
def test_another_generation_is_a_new_linode_with_the_same_label(project: Declared) -> None:
    before, label, _ = project.linode()

    project.declare_one("web-1", generation=2)
    done = project.up()

    assert done.code == 0, done.said
    after = project.linode()
    assert (after[0] != before, after[1]) == (True, label)
    assert after[2][0].endswith(":2")
    assert project.settled()


@pytest.mark.all
def test_the_engines_own_replace_on_changes_works_and_is_announced(project: Declared) -> None:
    before, label, _ = project.linode()

    project.declare_one("web-1", user_data="#cloud-config\n")
    shown = project.preview("--diff")
    done = project.up()

    assert "recreated, as was asked for" in shown.said
    assert done.code == 0, done.said
    assert (project.linode()[0] != before, project.linode()[1]) == (True, label)
    assert project.settled()


@pytest.mark.all
def test_another_name_without_an_alias_is_refused_where_the_label_is_declared(project: Declared) -> None:
    project.declare_one("web-1", label="kept-1")
    assert project.up().code == 0
    before = project.linode()

    project.declare_one("db-1", label="kept-1")
    refused = project.up()

    assert refused.code != 0
    assert "is taken by Linode" in refused.said
    assert project.linode() == before


@pytest.mark.all
def test_an_account_that_gives_new_linodes_other_interfaces_stops_a_replacement_before_it_begins(
    project: Declared,
) -> None:
    """It deletes first."""
    before = project.linode()
    setting = {"interfaces_for_new_linodes": "linode_default_but_legacy_config_allowed"}
    project.call("PUT", "/account/settings", setting)
    unchanged = project.settled()

    project.declare_one("web-1", disk_encryption="disabled")
    refused = project.up()
    kept = project.linode()
    project.declare_one("web-1", disk_encryption="disabled", interface_generation="legacy_config")
    replaced = project.up()

    assert unchanged
    assert refused.code != 0
    assert "new Linodes of this account get Linode interfaces. Next: give one, or interface" in refused.said
    assert kept == before
    assert replaced.code == 0, replaced.said
    assert project.linode()[0] != before[0]
