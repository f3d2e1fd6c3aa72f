"""From interfaces of a configuration profile to Linode interfaces."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from tests.unit.linode_api.serving import FROM_IMAGE, Caller, made, reasons, settled

RULES = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
VLAN = {"purpose": "vlan", "label": "back", "ipam_address": "10.1.0.1/24"}


def upgrade(caller: Caller, linode: dict[str, Any], **body: Any) -> dict[str, Any]:
    return made(caller.post(f"/linode/instances/{linode['id']}/upgrade-interfaces", body))


def guarded(caller: Caller, clock: HeldClock, **wish: Any) -> dict[str, Any]:
    """A Linode that is off, with a firewall."""
    guard = made(caller.post("/networking/firewalls", {"label": "guard", "rules": RULES}))
    return settled(caller, clock, **FROM_IMAGE, booted=False, firewall_id=guard["id"], **wish)


def test_a_dry_run_tells_what_would_be_and_changes_nothing(caller: Caller, clock: HeldClock) -> None:
    linode = guarded(caller, clock, interfaces=[{"purpose": "public", "primary": True}, VLAN])
    before = caller.linode(linode["id"])
    configs = caller.rows(f"/linode/instances/{linode['id']}/configs")

    told = upgrade(caller, linode)

    public, vlan = told["interfaces"]
    assert (told["config_id"], told["dry_run"]) == (configs[0]["id"], True)
    assert [one["id"] for one in told["interfaces"]] == [0, 0]
    assert public["public"]["ipv4"]["addresses"] == [{"address": linode["ipv4"][0], "primary": True}]
    assert public["default_route"] == {"ipv4": True, "ipv6": True}
    assert vlan["vlan"] == {"vlan_label": "back", "ipam_address": "10.1.0.1/24"}
    assert caller.linode(linode["id"]) == before
    assert caller.rows(f"/linode/instances/{linode['id']}/configs") == configs


def test_an_upgrade_keeps_addresses_and_moves_firewalls_to_the_interfaces(
    caller: Caller, clock: HeldClock
) -> None:
    body = {"label": "v", "region": "us-ord", "subnets": [{"label": "s", "ipv4": "10.0.0.0/24"}]}
    [subnet] = made(caller.post("/vpcs", body))["subnets"]
    vpc = {"purpose": "vpc", "subnet_id": subnet["id"], "primary": True, "ipv4": {"vpc": "10.0.0.9"}}
    linode = guarded(caller, clock, interfaces=[{"purpose": "public"}, vpc, VLAN])
    path = f"/linode/instances/{linode['id']}"

    told = upgrade(caller, linode, dry_run=False)

    after, [config] = caller.linode(linode["id"]), caller.rows(path + "/configs")
    held = made(caller.get(path + "/interfaces"))["interfaces"]
    assert (told["interfaces"], told["dry_run"]) == (held, False)
    assert (after["interface_generation"], after["ipv4"], after["ipv6"]) == (
        "linode", linode["ipv4"], linode["ipv6"],
    )  # fmt: skip
    assert config["interfaces"] == []
    assert held[1]["vpc"]["ipv4"]["addresses"][0]["address"] == "10.0.0.9"
    assert [one["default_route"].get("ipv4") for one in held] == [False, True, False]
    [firewall] = caller.rows("/networking/firewalls")
    assert {one["id"] for one in firewall["entities"]} == {held[0]["id"], held[1]["id"]}
    assert caller.post(path + "/boot").status_code == 200


def test_without_interfaces_a_public_one_is_made(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE, booted=False)

    [interface] = upgrade(caller, linode, dry_run=False)["interfaces"]

    assert interface["public"]["ipv4"]["addresses"] == [{"address": linode["ipv4"][0], "primary": True}]
    assert caller.rows(f"/linode/instances/{linode['id']}/interfaces/{interface['id']}/firewalls") == []


@pytest.mark.parametrize(
    ("wish", "body", "why"),
    [
        ({}, {"config_id": 1}, "config_id is not valid"),
        ({}, {"dry_run": "no"}, "Must be of type Boolean"),
        ({"booted": True}, {"dry_run": False}, "Linode must be powered off to change its interfaces."),
        ({"private_ip": True}, {}, "Linode has a private IPv4 address: remove it before the upgrade."),
        (
            {"interface_generation": "linode", "interfaces": [{"public": {}, "firewall_id": None}]},
            {},
            "Linode already uses Linode interfaces.",
        ),
    ],
)
def test_what_can_not_be_upgraded_is_refused(
    caller: Caller, clock: HeldClock, wish: dict[str, Any], body: dict[str, Any], why: str
) -> None:
    linode = settled(caller, clock, **{**FROM_IMAGE, "booted": False, **wish})

    answer = caller.post(f"/linode/instances/{linode['id']}/upgrade-interfaces", body)

    assert (answer.status_code, reasons(answer)[0][1]) == (400, why)


def test_of_several_configurations_one_is_named(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE, booted=False)
    path = f"/linode/instances/{linode['id']}"
    second = made(caller.post(path + "/configs", {"label": "second", "interfaces": [VLAN]}))

    unnamed = caller.post(path + "/upgrade-interfaces", {})

    assert reasons(unnamed)[0][0] == "config_id"
    [interface] = upgrade(caller, linode, config_id=second["id"])["interfaces"]
    assert interface["vlan"]["vlan_label"] == "back"
