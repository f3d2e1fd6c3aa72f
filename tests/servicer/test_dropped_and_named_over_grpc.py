"""What a program declares no longer, and names all the same: told beside its delete, whatever input names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.provider import LinodeProvider
from tests.servicer.world import World
from tests.servicer_process import Props, Servicer

REGION: Props = {"region": "de-fra-2"}
INSTANCE: Props = {**REGION, "type": "g6-nanode-1", "booted": False}
LINODE: Props = {**INSTANCE, "interface_generation": "linode"}
FIREWALL: Props = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
GROUP: Props = {
    **REGION,
    "placement_group_type": "anti_affinity:local",
    "placement_group_policy": "strict",
}
SCRIPT: Props = {"script": "#!/bin/sh\n", "images": ["linode/debian13"]}
BALANCER: Props = {**REGION, "configs": []}


def only(address: object) -> Props:
    return {"action": "ACCEPT", "protocol": "TCP", "ports": "22", "addresses": {"ipv4": [f"{address}/32"]}}


def node(address: object) -> Props:
    return {"port": 80, "protocol": "tcp", "nodes": [{"address": f"{address}:80"}]}


def test_what_is_dropped_and_named_still_is_told(
    api: LocalApi, kind: str, own: Props, other: str, naming: Callable[[Any], Props], by: str
) -> None:
    world, urn = World(api), "urn:pulumi:local::fleet::pulumi-python:dynamic/linode:{}::{}"
    zone = {"domain": f"{world.account}.example", "type": "master", "soa_email": "ops@a.example"}
    places: Props = {
        "VPC": world.call("POST", "/vpcs", {"label": "vpc", **REGION})["id"],
        "Domain": world.call("POST", "/domains", zone)["id"],
    }
    parents = {"Subnet": {"vpc_id": places["VPC"]}, "DomainRecord": {"domain_id": places["Domain"]}}

    def props(kind: str, name: str, inputs: Props) -> Props:
        return {**parents.get(kind, {}), **inputs, "owner": {**world.owner.as_props(), "name": name}}

    with Servicer(LinodeProvider(kind), world.config, urn=urn.format(kind, "gone")) as command:
        inputs, failures = command.check(props(kind, "gone", own))
        id_, outs = command.create(inputs)
        command.serve(LinodeProvider(other), world.config, urn.format(other, "other"))
        failures += command.check(props(other, "other", naming({**outs, "id": id_})))[1]
        command.serve(LinodeProvider(kind), world.config, urn.format(kind, "gone"))
        command.delete(id_, outs)

    assert failures == []
    told = (
        f" {id_} is no longer declared, and the program names it or a part of it still: {by} of other. Next: "
    )
    assert told in command.printed, command.printed


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    cases: list[tuple[str, Props, str, Callable[[Any], Props], str]] = [
        ("Firewall", FIREWALL, "Instance", lambda it: {**INSTANCE, "firewall_id": it["id"]}, "firewall_id"),
        (
            "Firewall", FIREWALL, "Instance",
            lambda it: {**LINODE, "interfaces": [{"public": {}, "firewall_id": it["id"]}]}, "interfaces",
        ),
        ("Firewall", FIREWALL, "NodeBalancer", lambda it: {**BALANCER, "firewall_id": it["id"]}, "firewall_id"),
        ("PlacementGroup", GROUP, "Instance", lambda it: {**INSTANCE, "placement_group": it["id"]}, "placement_group"),
        (
            "Subnet", {"ipv4": "10.0.1.0/24"}, "Instance",
            lambda it: {**LINODE, "interfaces": [{"vpc": {"subnet_id": it["id"]}, "firewall_id": 0}]}, "interfaces",
        ),
        (
            "Subnet", {"ipv4": "10.0.1.0/24"}, "NodeBalancer",
            lambda it: {**BALANCER, "vpcs": [{"subnet_id": it["id"]}]}, "vpcs",
        ),
        ("VPC", REGION, "Subnet", lambda it: {"vpc_id": it["id"], "ipv4": "10.0.1.0/24"}, "vpc_id"),
        (
            "StackScript", SCRIPT, "Instance",
            lambda it: {
                **INSTANCE, "image": "linode/debian13", "root_pass": "Planted-Passw0rd-7", "stackscript_id": it["id"],
            },
            "stackscript_id",
        ),
        ("NodeBalancer", BALANCER, "Firewall", lambda it: {**FIREWALL, "nodebalancers": [it["id"]]}, "nodebalancers"),
        (
            "NodeBalancer", BALANCER, "DomainRecord",
            lambda it: {"type": "A", "name": "www", "target": it["ipv4"]}, "target",
        ),
        ("ReservedIP", REGION, "Instance", lambda it: {**INSTANCE, "reserved_ipv4": it["id"]}, "reserved_ipv4"),
        ("Instance", INSTANCE, "Firewall", lambda it: {**FIREWALL, "linodes": [it["id"]]}, "linodes"),
        (
            "Instance", INSTANCE, "Firewall",
            lambda it: {**FIREWALL, "inbound": [only(it["public_ipv4"])]}, "inbound",
        ),
        (
            "Instance", INSTANCE, "IPv6Range",
            lambda it: {"route_target": it["ipv6"], "prefix_length": 64}, "route_target",
        ),
        (
            "Instance", INSTANCE, "DomainRecord",
            lambda it: {"type": "AAAA", "name": "www", "target": it["ipv6"].partition("/")[0]}, "target",
        ),
        ("Instance", INSTANCE, "Instance", lambda it: {**INSTANCE, "shared_ipv4": [it["public_ipv4"]]}, "shared_ipv4"),
        (
            "Instance", {**INSTANCE, "private_ip": True}, "NodeBalancer",
            lambda it: {**BALANCER, "configs": [node(it["private_ipv4"])]}, "configs",
        ),
    ]  # fmt: skip
    names = [f"{kind}-{other}-{by}" for kind, _, other, _, by in cases]
    metafunc.parametrize(("kind", "own", "other", "naming", "by"), cases, ids=names)
