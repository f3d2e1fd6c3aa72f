from __future__ import annotations

import ast
from typing import Any

from providers.linode.api.records import Backups, Linode
from providers.linode.core import diff
from providers.linode.core.importing import Found, Selection, by_label, import_file, python_lines, select
from providers.linode.core.owner import Owner
from providers.linode.resources import firewall, ssh_key
from providers.linode.resources.instance.spec import SPEC

OWNER = Owner("A", "fleet", "dev", "")
WEB = Linode(
    id=7, label="web-1", status="running", type="g6-nanode-1", region="de-fra-2", image="linode/debian13",
    ipv4=("198.18.0.7",), tags=("Blue", "web"), backups=Backups(enabled=True),
)  # fmt: skip
DB = Linode(id=8, label="db-1", status="offline", type="g6-standard-1", region="gb-lon", tags=("db",))


def test_linodes_are_chosen_by_everything_that_is_given() -> None:
    assert select(SPEC, [WEB, DB], Selection()) == [DB, WEB]
    assert select(SPEC, [WEB, DB], Selection(label="web-*")) == [WEB]
    assert select(SPEC, [WEB, DB], Selection(tag="BLUE")) == [WEB]
    assert select(SPEC, [WEB, DB], Selection(region="gb-lon", label="web-*")) == []
    assert select(SPEC, [WEB, DB], Selection(ids=("8",))) == [DB]


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
    made: Any = import_file(by_label(SPEC, [WEB]), OWNER, "x {}".format)
    [resource] = made["resources"]

    declared = {**SPEC.imported(WEB), "owner": {**OWNER.as_props(), "name": "web-1"}}
    assert not diff.between(SPEC, resource["outputs"], declared)
    assert resource["outputs"]["owner"] == declared["owner"]
    assert resource["outputs"]["ready"] is True
    assert not SPEC.is_adrift(resource["outputs"], SPEC.args.read(declared))
    assert (resource["type"], resource["id"]) == ("pulumi-python:dynamic/linode:Instance", "7")
    assert resource["inputs"]["__provider"] == "x Instance"


def test_the_lines_for_the_program_are_python() -> None:
    lines = python_lines(by_label(SPEC, [DB, WEB]))

    ast.parse(lines)
    assert lines.count("opts=pulumi.ResourceOptions(protect=True)") == 2
    assert "web_1 = Instance(\"web-1\", type='g6-nanode-1'" in lines


def test_things_of_the_same_label_get_names_of_their_own() -> None:
    twins = [ssh_key.SSHKeyRecord(id=id_, label="laptop", ssh_key="ssh-ed25519 AAAA") for id_ in (5, 6)]

    made: Any = import_file(by_label(ssh_key.SPEC, twins), OWNER, "x {}".format)
    lines = python_lines(by_label(ssh_key.SPEC, twins))
    protected = "opts=pulumi.ResourceOptions(protect=True)"

    assert [row["name"] for row in made["resources"]] == ["laptop", "laptop-6"]
    assert [row["inputs"]["owner"]["name"] for row in made["resources"]] == ["laptop", "laptop-6"]
    assert lines.splitlines() == [
        f"laptop = SSHKey(\"laptop\", label='laptop', ssh_key='ssh-ed25519 AAAA', {protected})",
        f"laptop_6 = SSHKey(\"laptop-6\", label='laptop', ssh_key='ssh-ed25519 AAAA', {protected})",
    ]


def test_things_of_several_kinds_have_variables_of_their_own() -> None:
    key = ssh_key.SSHKeyRecord(id=5, label="ada", ssh_key="ssh-ed25519 AAAA")

    lines = python_lines(
        [Found(SPEC, WEB, "front"), Found(ssh_key.SPEC, key, "front"), Found(SPEC, DB, "class")]
    )

    assert [line.partition("(")[0] for line in lines.splitlines()] == [
        "front = Instance",
        "front_sshkey = SSHKey",
        "linode_class = Instance",
    ]
    assert ast.parse(lines)


def test_an_imported_firewall_does_not_differ_from_its_declaration() -> None:
    rule = {
        "action": "ACCEPT",
        "protocol": "TCP",
        "ports": "22",
        "addresses": {"ipv4": ["192.0.2.0/24"]},
        "label": None,
    }
    rules = {
        "inbound": [rule],
        "inbound_policy": "DROP",
        "outbound": [],
        "outbound_policy": "ACCEPT",
        "version": 1,
    }
    linode = {"id": 5, "type": "linode"}
    there = firewall.FirewallRecord.read(
        {"id": 7, "label": "web", "status": "enabled", "rules": rules, "entities": [linode]}
    )
    made: Any = import_file(by_label(firewall.SPEC, [there]), OWNER, "x {}".format)

    declared = {**firewall.SPEC.imported(there), "owner": {**OWNER.as_props(), "name": "web"}}

    assert not diff.between(firewall.SPEC, made["resources"][0]["outputs"], declared)
    assert declared["linodes"] == [5]
    assert ast.parse(python_lines(by_label(firewall.SPEC, [there])))
