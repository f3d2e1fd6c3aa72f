from __future__ import annotations

from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, Caller, made, reasons, settled

RULES = {"inbound": [], "inbound_policy": "DROP", "outbound": [], "outbound_policy": "ACCEPT"}


def firewall(caller: Caller, label: str = "guard", **more: Any) -> dict[str, Any]:
    return made(caller.post("/networking/firewalls", {"label": label, "rules": RULES, **more}))


def test_one_private_address_can_be_added(caller: Caller) -> None:
    linode = caller.create(**EMPTY)
    path = f"/linode/instances/{linode['id']}/ips"

    row = made(caller.post(path, {"type": "ipv4", "public": False}))
    again = caller.post(path, {"type": "ipv4", "public": False})

    assert (row["public"], row["gateway"], row["prefix"]) == (False, None, 17)
    assert again.status_code == 400
    assert caller.linode(linode["id"])["ipv4"] == [*linode["ipv4"], row["address"]]
    assert [one["address"] for one in caller.get(path).json()["ipv4"]["private"]] == [row["address"]]
    assert caller.events(linode["id"], action="linode_addip")[0]["status"] == "notification"


def test_the_last_public_address_stays(caller: Caller) -> None:
    linode = caller.create(**EMPTY)
    path = f"/linode/instances/{linode['id']}/ips"
    more = made(caller.post(path, {"type": "ipv4", "public": True}))

    assert caller.delete(f"{path}/{more['address']}").json() == {}
    assert caller.delete(f"{path}/{linode['ipv4'][0]}").status_code == 400
    assert caller.linode(linode["id"])["ipv4"] == linode["ipv4"]


def test_a_reserved_address_outlives_its_linode(caller: Caller) -> None:
    reserved = made(caller.post("/networking/reserved/ips", {"region": "us-ord"}))
    path = f"/networking/reserved/ips/{reserved['address']}"
    linode = caller.create(**EMPTY, ipv4=[reserved["address"]])

    used = caller.get(path).json()
    second = caller.post("/linode/instances", {**EMPTY, "ipv4": [reserved["address"]]})
    elsewhere = caller.post("/linode/instances", {**EMPTY, "region": "us-sea", "ipv4": [reserved["address"]]})
    caller.delete(f"/linode/instances/{linode['id']}")

    assert (linode["ipv4"], used["linode_id"]) == ([reserved["address"]], linode["id"])
    assert reasons(second) == [("ipv4", "Address must be currently unassigned.")]
    assert reasons(elsewhere)[0][0] == "ipv4"
    assert caller.get(path).json() == reserved
    assert caller.rows("/networking/ips", where={"reserved": True}) == [reserved]


def test_an_address_is_reserved_and_released_where_it_is(caller: Caller) -> None:
    linode = caller.create(**EMPTY, private_ip=True)
    path, private = (f"/networking/ips/{address}" for address in linode["ipv4"])
    name = linode["ipv4"][0].replace(".", "-") + ".nip.io"
    made(caller.put(path, {"rdns": name}))

    kept = made(caller.put(path, {"reserved": True}))
    again = made(caller.put(path, {"reserved": True}))
    released = made(caller.put(path, {"reserved": False}))

    assert kept == again == {**released, "reserved": True, "tags": []}
    assert (released["reserved"], released["rdns"], released["linode_id"]) == (False, name, linode["id"])
    assert caller.rows("/networking/reserved/ips") == []
    assert reasons(caller.put(private, {"reserved": True})) == [
        ("address", "Cannot reserve a private address.")
    ]


def test_a_waiting_reserved_address_that_is_released_is_gone(caller: Caller) -> None:
    waiting = made(caller.post("/networking/reserved/ips", {"region": "us-ord"}))
    path = f"/networking/ips/{waiting['address']}"

    unnamed = caller.put(path, {"rdns": "a name", "reserved": True})
    released = made(caller.put(path, {"reserved": False}))

    assert reasons(unnamed) == [("rdns", "Domain is not valid.")]
    assert (released["address"], released["reserved"]) == (waiting["address"], False)
    assert caller.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"type": "ipv6", "public": True}, (None, "Only addresses of type ipv4 are currently supported.")),
        (
            {"type": "ipv4", "public": True, "region": "us-ord"},
            ("linode_id", "Linode is a required argument when not reserving an IP address."),
        ),
        (
            {"type": "ipv4", "public": True, "reserved": True},
            (None, "A datacenter or a Linode must be provided when reserving an address."),
        ),
        (
            {"type": "ipv4", "public": False, "reserved": True, "region": "us-ord"},
            ("public", "Cannot reserve a private address."),
        ),
        (
            {"type": "ipv4", "public": True, "reserved": True, "linode_id": 99999},
            ("linode_id", "Linode is not active"),
        ),
    ],
)
def test_an_allocation_is_refused_in_the_recorded_words(
    caller: Caller, body: dict[str, Any], refusal: tuple[str | None, str]
) -> None:
    answer = caller.post("/networking/ips", body)

    assert (answer.status_code, reasons(answer)) == (400, [refusal])


def test_an_allocated_address_must_be_of_the_linodes_region(caller: Caller) -> None:
    linode = caller.create(**EMPTY)
    wanted = {"type": "ipv4", "public": True, "linode_id": linode["id"]}

    refused = caller.post("/networking/ips", {**wanted, "reserved": True, "region": "us-west"})
    row = made(caller.post("/networking/ips", {**wanted, "reserved": True}))

    assert reasons(refused) == [("region", "Region passed in must match Linode's region.")]
    assert (row["reserved"], row["linode_id"]) == (True, linode["id"])


def test_the_fifteenth_reserved_address_is_refused(caller: Caller) -> None:
    answers = [caller.post("/networking/reserved/ips", {"region": "us-ord"}) for _ in range(15)]

    assert [answer.status_code for answer in answers] == [200] * 14 + [400]
    assert reasons(answers[-1])[0][1].startswith("Additional Reserved IPv4 addresses require technical")


def test_a_firewall_guards_from_the_create_on(caller: Caller) -> None:
    guard = firewall(caller)

    linode = caller.create(**EMPTY, firewall_id=guard["id"])

    [held] = caller.rows(f"/linode/instances/{linode['id']}/firewalls")
    assert held["id"] == guard["id"]
    assert [one["id"] for one in held["entities"]] == [linode["id"]]
    unknown = caller.post("/linode/instances", {**EMPTY, "firewall_id": 1})
    assert reasons(unknown) == [("firewall_id", "firewall_id is not valid")]


def test_firewalls_of_a_linode_are_replaced_as_a_whole(caller: Caller) -> None:
    first, second = firewall(caller, "first"), firewall(caller, "second")
    linode = caller.create(**EMPTY, firewall_id=first["id"])
    path = f"/linode/instances/{linode['id']}/firewalls"

    swapped = made(caller.put(path, {"firewall_ids": [second["id"]]}))
    both = caller.put(path, {"firewall_ids": [first["id"], second["id"]]})
    none = made(caller.put(path, {"firewall_ids": []}))

    assert [one["id"] for one in swapped["data"]] == [second["id"]]
    assert reasons(both)[0][0] == "firewall_ids"
    assert none["data"] == []


def test_a_thing_has_one_enabled_firewall(caller: Caller) -> None:
    first, second = firewall(caller, "first"), firewall(caller, "second")
    linode = caller.create(**EMPTY, firewall_id=first["id"])
    device = {"id": linode["id"], "type": "linode"}

    refused = caller.post(f"/networking/firewalls/{second['id']}/devices", device)
    caller.put(f"/networking/firewalls/{first['id']}", {"status": "disabled"})
    accepted = caller.post(f"/networking/firewalls/{second['id']}/devices", device)

    assert (refused.status_code, accepted.status_code) == (400, 200)


def test_a_default_firewall_guards_what_names_none(caller: Caller) -> None:
    guard = firewall(caller)
    ids = {"linode": guard["id"], "public_interface": guard["id"]}
    path = "/networking/firewalls/settings"
    bare = {**EMPTY, "interface_generation": "linode"}

    settings = made(caller.put(path, {"default_firewall_ids": ids}))
    legacy = caller.create(**EMPTY)
    new = caller.create(**bare, interfaces=[{"public": {}}])
    none = caller.create(**bare, interfaces=[{"public": {}, "firewall_id": None}])

    held = [caller.rows(f"/linode/instances/{one['id']}/firewalls") for one in (legacy, new, none)]
    assert settings["default_firewall_ids"] == {**ids, "nodebalancer": None, "vpc_interface": None}
    assert [[one["id"] for one in rows] for rows in held] == [[guard["id"]], [guard["id"]], []]
    assert caller.put(path, {"default_firewall_ids": {"linode": 1}}).status_code == 400
    assert caller.delete(f"/networking/firewalls/{guard['id']}").status_code == 400


def test_rules_that_are_not_named_stay(caller: Caller) -> None:
    guard = firewall(caller)
    path = f"/networking/firewalls/{guard['id']}/rules"

    changed = made(caller.put(path, {"outbound_policy": "DROP"}))

    assert {**guard["rules"], "outbound_policy": "DROP"} == {
        **changed, "version": guard["rules"]["version"], "fingerprint": guard["rules"]["fingerprint"]
    }  # fmt: skip


def test_rules_are_kept_as_given_and_counted(caller: Caller) -> None:
    guard = firewall(caller)
    rule = {"action": "ACCEPT", "protocol": "TCP", "ports": "22", "addresses": {"ipv4": ["0.0.0.0/0"]}}
    path = f"/networking/firewalls/{guard['id']}/rules"

    changed = made(caller.put(path, {**RULES, "inbound": [rule]}))

    assert (changed["inbound"], changed["version"]) == ([rule], 2)
    assert changed["fingerprint"] != guard["rules"]["fingerprint"]
    assert caller.get(path).json() == changed


def test_a_deleted_linode_and_a_deleted_firewall_leave_no_device(caller: Caller, clock: HeldClock) -> None:
    guard = firewall(caller)
    linode = settled(caller, clock, **FROM_IMAGE, firewall_id=guard["id"])

    caller.delete(f"/linode/instances/{linode['id']}")

    assert caller.get(f"/networking/firewalls/{guard['id']}").json()["entities"] == []
    assert caller.delete(f"/networking/firewalls/{guard['id']}").json() == {}
    assert caller.rows("/networking/firewalls") == []


def test_firewall_labels_are_unique_and_filterable(caller: Caller) -> None:
    firewall(caller, "one")
    other = firewall(caller, "two", tags=["blue"])

    again = caller.post("/networking/firewalls", {"label": "two", "rules": RULES})

    assert reasons(again) == [("label", "Label must be unique among your Cloud Firewalls")]
    assert [row["id"] for row in caller.rows("/networking/firewalls", where={"tags": "blue"})] == [
        other["id"]
    ]
