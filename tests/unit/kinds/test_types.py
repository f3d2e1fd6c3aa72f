"""What a user's program gets from type checkers: the right one is clean, and each mistake is refused on its line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from providers.linode.project import PROJECT

RIGHT = """
import pulumi

from providers.linode import (
    VPC, Firewall, FirewallArgs, Instance, InstanceArgs, InterfaceArgs, PlacementGroup, PlacementGroupArgs, ReservedIP,
    SSHKey, SSHKeyArgs, StackScript, Subnet, SubnetArgs, Volume, VolumeArgs,
    Domain, DomainRecord, DomainRecordArgs, IPv6Range, NodeArgs, NodeBalancer, ReverseDNS,
)

key = SSHKey("laptop", label="laptop", ssh_key=pulumi.Output.from_input("ssh-ed25519 AAAA"))
twin = SSHKey("twin", SSHKeyArgs(label=key.label, ssh_key=key.ssh_key), pulumi.ResourceOptions(protect=True))
wall = Firewall(
    "web",
    inbound=[
        {"action": "ACCEPT", "protocol": "TCP", "ports": key.label, "addresses": {"ipv4": ["0.0.0.0/0"]}},
        {"action": "DROP", "protocol": "ICMP", "label": "no ping", "addresses": {"ipv4": ["0.0.0.0/0"]}},
    ],
    inbound_policy="DROP",
    outbound_policy=pulumi.Output.from_input("ACCEPT"),
    tags=["web", key.label],
    linodes=[key.id, 98000001],
    opts=pulumi.ResourceOptions(depends_on=[key]),
)
numbers: list[int] = [1, 2]
args = FirewallArgs(inbound_policy="ACCEPT", outbound_policy="DROP", linodes=numbers, tags=wall.tags)
other = Firewall("db", args, pulumi.ResourceOptions(parent=wall))
created: pulumi.Output[str] = wall.created
label: pulumi.Output[str] = other.label
tags: pulumi.Output[list[str]] = wall.tags
lan: InterfaceArgs = {"purpose": "vlan", "label": "lan"}
web = Instance(
    "web-1",
    type="g6-nanode-1",
    region=key.label,
    image="linode/debian13",
    tags=["web", key.label],
    authorized_keys=[key.ssh_key],
    interfaces=[{"purpose": "public"}, lan, {"purpose": "vpc", "subnet_id": 5, "ipv4": {"nat_1_1": "any"}}],
    alerts={"cpu": 90, "io": 10000},
    placement_group={"id": 7},
    on_image_change="rebuild",
    backups_day="Monday",
    opts=pulumi.ResourceOptions(protect=True),
)
new = InstanceArgs(
    type="g6-nanode-1",
    region="de-fra-2",
    interface_generation="linode",
    interfaces=[{"public": {}, "firewall_id": 0, "default_route": {"ipv4": True}}, {"vlan": {"vlan_label": "lan"}}],
    placement_group=7,
)
db = Instance("db-1", new, pulumi.ResourceOptions(depends_on=[web]))
behind = Instance("c", type="g6-nanode-1", region="de-fra-2", firewall_id=wall.id, adopt=98000001)
data = Volume("data", VolumeArgs(region="de-fra-2", linode_id=db.id))
address: pulumi.Output[str] = db.public_ipv4
back = VPC("back", region="de-fra-2", description=key.label)
inner = Subnet("inner", vpc_id=back.id, ipv4="10.0.0.0/24")
outer = Subnet("outer", SubnetArgs(vpc_id=7, ipv4=inner.ipv4), pulumi.ResourceOptions(protect=True))
apart = PlacementGroup(
    "apart", region="de-fra-2", placement_group_type="anti_affinity:local", placement_group_policy="strict"
)
site = StackScript("site", script="#!/bin/sh", images=["any/all", key.label], is_public=True)
entry = ReservedIP("entry", region=back.region, linode_id=db.id, tags=["web"])
own = Instance(
    "own",
    type="g6-nanode-1",
    region="de-fra-2",
    placement_group=apart.id,
    stackscript_id=site.id,
    reserved_ipv4=entry.address,
    interfaces=[{"purpose": "vpc", "subnet_id": inner.id}, {"vpc": {"subnet_id": outer.id}, "firewall_id": wall.id}],
)
node: NodeArgs = {"address": "10.0.0.9:80", "subnet_id": inner.id}
NodeBalancer("lb", region="r", vpcs=[{"subnet_id": inner.id}], configs=[{"port": 80, "nodes": [node]}])
InstanceArgs(type="t", region="r", placement_group={"id": apart.id}, interfaces=[{"vpc": {"subnet_id": 5}}])
fields: pulumi.Output[list[dict[str, str]]] = site.user_defined_fields
zone = Domain("zone", domain="a.example", type="master", soa_email="ops@a.example", axfr_ips=[db.public_ipv4])
DomainRecord("www", domain_id=zone.id, type="A", name="www", target=db.public_ipv4)
DomainRecord("text", DomainRecordArgs(domain_id=5, type="TXT", name="t", target="x"))
ReverseDNS("back", address=db.public_ipv4, rdns="www.a.example")
inside: InterfaceArgs = {"purpose": "vpc", "subnet_id": inner}
Instance("r", type="t", region="r", firewall_id=wall, placement_group=apart, interfaces=[inside])
Firewall("r", inbound_policy="DROP", outbound_policy="DROP", linodes=[web, db.id, 7])
Volume("r", region="r", linode_id=db, persist_across_boots=False)
DomainRecord("r", domain_id=zone, type="A", name="www", target=db.public_ipv4)
IPv6Range("r", route_target=db.ipv6, prefix_length=64)
"""

WRONG = """
import pulumi

from providers.linode import (
    Firewall, FirewallArgs, Instance, InstanceArgs, PlacementGroup, ReservedIP, SSHKey, SSHKeyArgs, StackScript, Subnet,
    Volume
)
from providers.linode import DomainRecord, IPv6Range, ReverseDNS

Firewall("a", inbound_policy="DRP", outbound_policy="DROP")
FirewallArgs(inbound_policy="DRP", outbound_policy="DROP")
Firewall("a", inbound_policy="DROP", outbound_policy="DROP", tags="web")
FirewallArgs(inbound_policy="DROP", outbound_policy="DROP", tags="web")
FirewallArgs(inbound_policy="DROP", outbound_policy="DROP", linodes="web")
Firewall("a", inbound_policy="DROP", outbound_policy="DROP", inbound=[{"action": "ACCEPT", "protocl": "TCP"}])
FirewallArgs(inbound_policy="DROP", outbound_policy="DROP", inbound=[{"action": "ACCEPT", "protocl": "TCP"}])
FirewallArgs(inbound_policy="DROP", outbound_policy="DROP", inbound=[{"action": "ACCEPTED", "protocol": "TCP"}])
Firewall("a", inbound_policy="DROP")
FirewallArgs(outbound_policy="DROP")
SSHKey("a", label="a")
SSHKeyArgs(ssh_key="a")
Firewall("a", inbound_policy="DROP", outbound_policy="DROP", lable="a")
FirewallArgs(inbound_policy="DROP", outbound_policy="DROP", lable="a")
Firewall("a", FirewallArgs(inbound_policy="DROP", outbound_policy="DROP"), label="a")
SSHKey("a", FirewallArgs(inbound_policy="DROP", outbound_policy="DROP"))
SSHKey("a", label=1, ssh_key="a")
Instance("a", type="t", region="r", on_image_change="rebild")
InstanceArgs(type="t", region="r", on_image_change="rebild")
Instance("a", type="t", region="r", tags="web")
InstanceArgs(type="t", region="r", tags="web")
Instance("a", type="t", region="r", backups_day="Mon")
InstanceArgs(type="t", region="r", backups_day="Mon")
Instance("a", type="t", region="r", interfaces=[{"purpose": "public", "primry": True}])
InstanceArgs(type="t", region="r", interfaces=[{"purpose": "vlan", "labl": "lan"}])
InstanceArgs(type="t", region="r", interfaces=[{"public": {}, "firewal_id": 5}])
InstanceArgs(type="t", region="r", interfaces=[{"purpose": "vpn"}])
InstanceArgs(type="t", region="r", alerts={"cpus": 90})
InstanceArgs(type="t", region="r", placement_group={"group": 7})
InstanceArgs(type="t", region="r", booted="yes")
InstanceArgs(type="t", region="r", firewall_id=[5])
Volume("a", region="r", linode_id={"id": 5})
IPv6Range("a", route_target="2001:db8::1", prefix_length=48)
DomainRecord("a", domain_id=5, type="AAA", name="www")
DomainRecord("a", domain_id=5, type="A", nam="www")
ReverseDNS("a", address="192.0.2.1")
Instance("a", type="t")
Subnet("a", ipv4="10.0.0.0/24")
Subnet("a", vpc_id=[7], ipv4="10.0.0.0/24")
PlacementGroup("a", region="r", placement_group_type="anti_affinity:local", placement_group_policy="strikt")
StackScript("a", script="#!/bin/sh", images="any/all")
ReservedIP("a", region="r", linode_id={"id": 5})
InstanceArgs(type="t", region="r", placement_group=[7])
InstanceArgs(type="t", region="r", interfaces=[{"vpc": {"subnet_id": [5]}}])
"""


def mypy(file: Path) -> set[int]:
    """The lines that mypy --strict refuses."""
    words = [
        "-m",
        "mypy",
        "--strict",
        "--follow-imports=silent",
        "--no-error-summary",
        "--cache-dir",
        str(PROJECT / ".mypy_cache"),
    ]
    done = subprocess.run(
        [sys.executable, *words, "--config-file", str(PROJECT / "pyproject.toml"), str(file)],
        cwd=PROJECT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return {int(line) for line in re.findall(rf"{re.escape(file.name)}:(\d+): error", done.stdout)}


def pyright(file: Path) -> set[int]:
    """The lines that pyright refuses."""
    (file.parent / "pyrightconfig.json").write_text(
        json.dumps({"include": [file.name], "extraPaths": [str(PROJECT)], "typeCheckingMode": "standard"})
    )
    done = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable],
        cwd=file.parent, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout)["generalDiagnostics"]
    return {each["range"]["start"]["line"] + 1 for each in found if each["severity"] == "error"}


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_a_right_program_is_clean_and_every_mistake_is_refused_on_its_line(
    checker: Callable[[Path], set[int]], tmp_path: Path
) -> None:
    for folder, program in (("right", RIGHT), ("wrong", WRONG)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}_program.py").write_text(program.lstrip())

    right = checker(tmp_path / "right" / "right_program.py")
    wrong = checker(tmp_path / "wrong" / "wrong_program.py")

    first = (
        WRONG.lstrip().splitlines().index('Firewall("a", inbound_policy="DRP", outbound_policy="DROP")') + 1
    )
    assert right == set()
    assert wrong == set(range(first, len(WRONG.lstrip().splitlines()) + 1))
