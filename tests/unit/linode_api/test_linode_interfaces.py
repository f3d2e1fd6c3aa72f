from __future__ import annotations

from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, Caller, made, reasons, settled

NEW = {**FROM_IMAGE, "interface_generation": "linode"}
PUBLIC: dict[str, Any] = {"public": {}, "firewall_id": None}
NO_INTERFACE = "The Linode must have at least 1 interface defined to boot"
RULES = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}


def subnet(caller: Caller, region: str = "us-ord") -> dict[str, Any]:
    body = {"label": "v", "region": region, "subnets": [{"label": "s", "ipv4": "10.0.0.0/24"}]}
    return dict(made(caller.post("/vpcs", body))["subnets"][0])


def interfaces(caller: Caller, linode_id: int) -> list[dict[str, Any]]:
    return list(made(caller.get(f"/linode/instances/{linode_id}/interfaces"))["interfaces"])


def test_a_linode_has_the_addresses_of_its_interfaces(caller: Caller) -> None:
    net = subnet(caller)
    vpc = {
        "subnet_id": net["id"],
        "ipv4": {"addresses": [{"address": "auto", "primary": True, "nat_1_1_address": "auto"}]},
    }

    linode = caller.create(**NEW, interfaces=[PUBLIC, {"vpc": vpc, "firewall_id": None}])

    public, private = interfaces(caller, linode["id"])
    addresses = [
        public["public"]["ipv4"]["addresses"][0]["address"],
        private["vpc"]["ipv4"]["addresses"][0]["nat_1_1_address"],
    ]
    assert (linode["interface_generation"], linode["ipv4"]) == ("linode", addresses)
    assert private["vpc"]["ipv4"]["addresses"][0]["address"] == "10.0.0.2"
    assert (public["default_route"], private["default_route"]) == (
        {"ipv4": True, "ipv6": True},
        {"ipv4": False, "ipv6": False},
    )
    attached = caller.get(f"/vpcs/{private['vpc']['vpc_id']}/subnets/{net['id']}").json()["linodes"]
    assert attached == [
        {"id": linode["id"], "interfaces": [{"id": private["id"], "config_id": None, "active": False}]}
    ]


def test_without_an_interface_it_cannot_boot(caller: Caller, clock: HeldClock) -> None:
    refused = caller.post("/linode/instances", NEW)
    linode = settled(caller, clock, **NEW, booted=False)
    path = f"/linode/instances/{linode['id']}"

    boot = caller.post(path + "/boot")
    added = caller.post(path + "/interfaces", PUBLIC)
    again = caller.post(path + "/boot")

    assert reasons(refused) == reasons(boot) == [(None, NO_INTERFACE)]
    assert (added.status_code, again.status_code) == (200, 200)
    assert len(linode["ipv4"]) == 1
    assert caller.linode(linode["id"])["ipv4"] == linode["ipv4"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ([{"public": {}}], "interfaces[0].firewall_id"),
        ([{"public": {}, "vlan": {"vlan_label": "a"}, "firewall_id": None}], "interfaces[0]"),
        ([PUBLIC, PUBLIC], "interfaces"),
        ([{"vlan": {"vlan_label": "a"}, "firewall_id": 1}], "interfaces[0].firewall_id"),
        ([{"vlan": {"vlan_label": "a b"}}], "interfaces[0].vlan.vlan_label"),
        ([{"vpc": {"subnet_id": 1}, "firewall_id": None}], "interfaces[0].vpc.subnet_id"),
        ([{"public": {}, "firewall_id": 1}], "interfaces[0].firewall_id"),
        ([{"vlan": {"vlan_label": name}} for name in "abcd"], "interfaces"),
    ],
)
def test_interfaces_that_cannot_be_are_refused(caller: Caller, wanted: list[Any], field: str) -> None:
    answer = caller.post("/linode/instances", {**NEW, "interfaces": wanted})

    assert (answer.status_code, reasons(answer)[0][0]) == (400, field)


def test_they_change_only_while_the_linode_is_off(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **NEW, interfaces=[PUBLIC])
    path = f"/linode/instances/{linode['id']}/interfaces"
    vlan = {"vlan": {"vlan_label": "net", "ipam_address": "10.0.0.1/24"}}

    running = caller.post(path, vlan)
    caller.post(f"/linode/instances/{linode['id']}/shutdown")
    clock.advance(60)
    added = made(caller.post(path, vlan))
    changed = made(caller.put(f"{path}/{added['id']}", {"vlan": {"ipam_address": "10.0.0.2/24"}}))
    removed = caller.delete(f"{path}/{added['id']}")

    assert running.status_code == 400
    assert changed["vlan"] == {"vlan_label": "net", "ipam_address": "10.0.0.2/24"}
    assert (changed["version"], removed.json()) == (2, {})
    assert [one["id"] for one in interfaces(caller, linode["id"])] != [added["id"]]


def test_a_firewall_guards_an_interface_not_the_linode(caller: Caller, clock: HeldClock) -> None:
    guard = made(caller.post("/networking/firewalls", {"label": "guard", "rules": RULES}))
    linode = settled(caller, clock, **NEW, interfaces=[{**PUBLIC, "firewall_id": guard["id"]}])
    [public] = interfaces(caller, linode["id"])
    devices = f"/networking/firewalls/{guard['id']}/devices"

    whole = caller.post(devices, {"id": linode["id"], "type": "linode"})
    held = caller.rows(f"/linode/instances/{linode['id']}/interfaces/{public['id']}/firewalls")

    assert whole.status_code == 400
    assert held[0]["entities"][0]["type"] == "linode_interface"
    assert held[0]["entities"][0]["parent_entity"]["id"] == linode["id"]
    [device] = caller.rows(devices)
    caller.delete(f"{devices}/{device['id']}")
    assert (
        made(caller.post(devices, {"id": public["id"], "type": "interface"}))["entity"]["id"] == public["id"]
    )


def test_an_interface_goes_right_after_the_shutdown_and_leaves_its_address(
    caller: Caller, clock: HeldClock
) -> None:
    """As linode-cli's suite has it."""
    linode = settled(caller, clock, **NEW, interfaces=[PUBLIC])
    path = f"/linode/instances/{linode['id']}"
    [old] = interfaces(caller, linode["id"])
    caller.post(path + "/shutdown")

    made(caller.delete(f"{path}/interfaces/{old['id']}"))
    [address] = made(caller.get(path + "/ips"))["ipv4"]["public"]
    addresses = [{"address": address["address"], "primary": True}, {"address": "auto"}]
    public = {"ipv4": {"addresses": addresses}, "ipv6": {"ranges": [{"range": "/64"}, {"range": "/64"}]}}
    new = made(caller.post(path + "/interfaces", {"public": public, "firewall_id": None}))["public"]

    assert caller.status(linode["id"]) == "shutting_down"
    assert (address["address"], address["interface_id"]) == (linode["ipv4"][0], None)
    assert [one["address"] for one in new["ipv4"]["addresses"]] == caller.linode(linode["id"])["ipv4"]
    assert len({one["range"] for one in new["ipv6"]["ranges"]}) == 2


def test_the_firewall_of_a_new_linode_guards_interfaces_that_name_none(caller: Caller) -> None:
    """linode-cli's suite names both."""
    guard = made(caller.post("/networking/firewalls", {"label": "guard", "rules": RULES}))
    wanted = [{"public": {}}, {"vlan": {"vlan_label": "lan"}}]
    vpc = {"vpc": {"subnet_id": subnet(caller)["id"]}, "firewall_id": None}

    linode = caller.create(**NEW, interfaces=[*wanted, vpc], firewall_id=guard["id"])
    unknown = caller.post("/linode/instances", {**NEW, "interfaces": wanted, "firewall_id": 1})

    ids = [one["id"] for one in interfaces(caller, linode["id"])]
    devices = caller.rows(f"/networking/firewalls/{guard['id']}/devices")
    assert [device["entity"]["id"] for device in devices] == ids[:1]
    assert reasons(unknown)[0][0] == "firewall_id"


def test_settings_choose_the_way_out_and_the_helper(caller: Caller, clock: HeldClock) -> None:
    net = subnet(caller)
    vpc = {"vpc": {"subnet_id": net["id"]}, "firewall_id": None}
    linode = settled(caller, clock, **NEW, booted=False, interfaces=[PUBLIC, vpc])
    public, private = interfaces(caller, linode["id"])
    path = f"/linode/instances/{linode['id']}/interfaces/settings"

    before = made(caller.get(path))
    wanted = {"network_helper": False, "default_route": {"ipv4_interface_id": private["id"]}}
    after = made(caller.put(path, wanted))

    assert before["network_helper"] is True
    assert before["default_route"]["ipv4_interface_id"] == public["id"]
    assert before["default_route"]["ipv4_eligible_interface_ids"] == [public["id"], private["id"]]
    assert before["default_route"]["ipv6_eligible_interface_ids"] == [public["id"]]
    assert (after["network_helper"], after["default_route"]["ipv4_interface_id"]) == (False, private["id"])
    assert caller.put(path, {"default_route": {"ipv6_interface_id": private["id"]}}).status_code == 400


def test_each_generation_refuses_the_others_calls(caller: Caller, clock: HeldClock) -> None:
    old = settled(caller, clock, **FROM_IMAGE)
    new = settled(caller, clock, **NEW, interfaces=[PUBLIC])
    config = caller.rows(f"/linode/instances/{new['id']}/configs")[0]
    path = f"/linode/instances/{new['id']}/configs/{config['id']}"

    assert caller.get(f"/linode/instances/{old['id']}/interfaces").status_code == 400
    assert reasons(caller.put(path, {"interfaces": [{"purpose": "public"}]}))[0][0] == "interfaces"
    assert (
        caller.post(f"/linode/instances/{new['id']}/ips", {"type": "ipv4", "public": False}).status_code
        == 400
    )


def test_the_account_decides_which_generation_is_the_default(caller: Caller) -> None:
    caller.put(
        "/account/settings", {"interfaces_for_new_linodes": "linode_default_but_legacy_config_allowed"}
    )
    default = caller.create(**FROM_IMAGE, interfaces=[PUBLIC])
    caller.put("/account/settings", {"interfaces_for_new_linodes": "legacy_config_only"})

    refused = caller.post("/linode/instances", {**NEW, "interfaces": [PUBLIC]})

    assert default["interface_generation"] == "linode"
    assert reasons(refused)[0][0] == "interface_generation"


def test_a_rebuild_keeps_interfaces_and_a_deletion_frees_the_subnet(caller: Caller, clock: HeldClock) -> None:
    net = subnet(caller)
    vpc = {"vpc": {"subnet_id": net["id"]}, "firewall_id": None}
    linode = settled(caller, clock, **NEW, interfaces=[PUBLIC, vpc])
    before = interfaces(caller, linode["id"])
    path = f"/linode/instances/{linode['id']}"

    caller.post(path + "/rebuild", {**NEW, "image": "linode/debian13"})
    clock.advance(100)
    after = interfaces(caller, linode["id"])
    vpc_path = f"/vpcs/{after[1]['vpc']['vpc_id']}"
    in_use = caller.delete(vpc_path)
    caller.delete(path)

    assert after == before
    assert in_use.status_code == 400
    assert caller.delete(vpc_path).json() == {}


def test_subnets_keep_apart_and_within_private_ranges(caller: Caller) -> None:
    vpc = made(caller.post("/vpcs", {"label": "v", "region": "us-ord"}))
    path = f"/vpcs/{vpc['id']}/subnets"
    made(caller.post(path, {"label": "a", "ipv4": "10.0.0.0/24"}))

    wrong = ["10.0.0.128/25", "8.8.8.0/24", "10.0.0.0/30", "10.0.0.1/24", "192.168.200.0/24"]
    answers = [caller.post(path, {"label": f"x{number}", "ipv4": one}) for number, one in enumerate(wrong)]

    assert [reasons(answer)[0][0] for answer in answers] == ["ipv4"] * 5
    assert reasons(caller.post(path, {"label": "a", "ipv4": "10.0.1.0/24"})) == [
        ("label", "Label must be unique")
    ]
    assert caller.post("/vpcs", {"label": "w", "region": "us-none"}).status_code == 400
    only, chars = "Must only use ASCII letters, numbers, and ", {"a_b": "dashes", "a!b_": "underscores"}
    labels = [caller.post("/vpcs", {"label": label, "region": "us-ord"}) for label in (*chars, "v")]
    assert [reasons(answer) for answer in labels] == [
        *([("label", only + more)] for more in chars.values()),
        [("label", "Label must be unique among your VPCs")],
    ]


def test_an_address_of_a_subnet_is_given_once(caller: Caller) -> None:
    net = subnet(caller)
    wanted = {"purpose": "vpc", "subnet_id": net["id"], "ipv4": {"vpc": "10.0.0.9"}}
    caller.create(**FROM_IMAGE, interfaces=[wanted])

    second = caller.post("/linode/instances", {**FROM_IMAGE, "interfaces": [wanted]})
    unusable = {**wanted, "ipv4": {"vpc": "10.0.0.1"}}
    third = caller.post("/linode/instances", {**FROM_IMAGE, "interfaces": [unusable]})
    elsewhere = caller.post("/linode/instances", {**FROM_IMAGE, "region": "us-sea", "interfaces": [wanted]})

    assert [answer.status_code for answer in (second, third, elsewhere)] == [400] * 3
    assert len(caller.rows("/linode/instances")) == 1
    assert caller.rows("/vpcs/ips", where={"address": "10.0.0.9"})[0]["prefix"] == 24


def test_empty_linodes_may_have_legacy_interfaces_without_a_config(caller: Caller) -> None:
    linode = caller.create(**EMPTY, interfaces=[{"purpose": "public"}])

    assert caller.rows(f"/linode/instances/{linode['id']}/configs") == []
