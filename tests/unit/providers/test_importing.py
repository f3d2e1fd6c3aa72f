from __future__ import annotations

import ast
from typing import Any

from providers.linode.api.records import Backups, Linode
from providers.linode.core import diff
from providers.linode.core.importing import Selection, import_file, python_lines, select
from providers.linode.core.owner import Owner
from providers.linode.resources.instance.spec import SPEC

OWNER = Owner("A", "fleet", "dev", "")
WEB = Linode(
    id=7, label="web-1", status="running", type="g6-nanode-1", region="de-fra-2", image="linode/debian13",
    ipv4=("198.18.0.7",), tags=("Blue", "web"), backups=Backups(enabled=True),
)  # fmt: skip
DB = Linode(id=8, label="db-1", status="offline", type="g6-standard-1", region="gb-lon", tags=("db",))


def test_linodes_are_chosen_by_everything_that_is_given() -> None:
    assert select([WEB, DB], Selection()) == [DB, WEB]
    assert select([WEB, DB], Selection(label="web-*")) == [WEB]
    assert select([WEB, DB], Selection(tag="BLUE")) == [WEB]
    assert select([WEB, DB], Selection(region="gb-lon", label="web-*")) == []
    assert select([WEB, DB], Selection(ids=(8,))) == [DB]


def test_only_what_can_be_read_back_is_declared() -> None:
    assert SPEC.imported(WEB) == {
        "type": "g6-nanode-1",
        "region": "de-fra-2",
        "image": "linode/debian13",
        "label": "web-1",
        "tags": ["Blue", "web"],
        "backups_enabled": True,
    }
    assert "image" not in SPEC.imported(DB)


def test_an_imported_linode_does_not_differ_from_its_declaration() -> None:
    made: Any = import_file(SPEC, [WEB], OWNER, "x")
    [resource] = made["resources"]

    declared = {**SPEC.imported(WEB), "owner": {**OWNER.as_props(), "name": "web-1"}}
    assert not diff.between(SPEC, resource["outputs"], declared)
    assert resource["outputs"]["owner"] == declared["owner"]
    assert resource["outputs"]["ready"] is True
    assert not SPEC.is_adrift(resource["outputs"], SPEC.args.read(declared))
    assert (resource["type"], resource["id"]) == ("pulumi-python:dynamic/linode:Instance", "7")


def test_the_lines_for_the_program_are_python() -> None:
    lines = python_lines(SPEC, [DB, WEB])

    ast.parse(lines)
    assert "web_1 = Instance(\"web-1\", type='g6-nanode-1'" in lines
