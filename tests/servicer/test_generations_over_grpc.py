"""Interfaces of two generations: what a Linode has, or what the account gives new ones, decides what it takes."""

from __future__ import annotations

import pytest

from emulators.linode_api.server import LocalApi
from providers.linode.provider import LinodeProvider
from tests.servicer.world import PLANTED, World
from tests.servicer_process import Props, Servicer
from tests.until import until

LEGACY_ONLY, LEGACY, LINODE, LINODE_ONLY = (
    "legacy_config_only", "legacy_config_default_but_linode_allowed",
    "linode_default_but_legacy_config_allowed", "linode_only",
)  # fmt: skip
PURPOSE: Props = {"interfaces": [{"purpose": "public"}]}
PUBLIC: Props = {"interfaces": [{"public": {}, "firewall_id": 0}]}
OWN: Props = {"interface_generation": "linode"}
OLD: Props = {"interface_generation": "legacy_config"}
SETTING = "/account/settings"


def give(world: World, setting: str) -> None:
    """Have the account give new Linodes these interfaces."""
    assert "errors" not in world.call("PUT", SETTING, {"interfaces_for_new_linodes": setting})


def wall(world: World) -> int:
    body = {"label": "wall", "rules": {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}}
    return int(world.call("POST", "/networking/firewalls", body)["id"])


def asked(world: World) -> int:
    return world.seen().count(f"GET /v4{SETTING}")


@pytest.mark.parametrize(
    ("setting", "declared", "refused", "why"),
    [
        (LINODE, {}, {"interfaces"}, "needs at least one"),
        (LINODE_ONLY, {}, {"interfaces"}, "Next: give one."),
        (LINODE, PURPOSE, {"interfaces"}, "are legacy ones, and new Linodes of this account get Linode interfaces"),
        (LINODE, {**PUBLIC, "private_ip": True}, {"private_ip"}, "or interface_generation='legacy_config'."),
        (LINODE_ONLY, {**PUBLIC, "private_ip": True}, {"private_ip"}, "Next: leave it out."),
        (LINODE, {**PUBLIC, "firewall_id": "wall"}, {"firewall_id"}, "Next: put firewall_id into each"),
        (LINODE_ONLY, {**OLD, **PURPOSE}, {"interface_generation"}, "all new Linodes of this account get Linode"),
        (LEGACY_ONLY, {**OWN, **PUBLIC}, {"interface_generation"}, "change the account's setting"),
        (LEGACY, PUBLIC, {"interfaces"}, "or interface_generation='linode'."),
        (LEGACY_ONLY, PUBLIC, {"interfaces"}, "Next: give each a purpose."),
        (LINODE, {**PUBLIC, "firewall_id": 0, "private_ip": False}, set(), ""),
        (LINODE, {**OLD, "private_ip": True}, set(), ""),
        (LINODE, {"booted": False}, set(), ""),
        (LINODE_ONLY, {**OWN, **PUBLIC}, set(), ""),
        (LEGACY_ONLY, {**PURPOSE, "firewall_id": "wall", "private_ip": True}, set(), ""),
        (LEGACY, {**OWN, **PUBLIC}, set(), ""),
    ],
)  # fmt: skip
def test_what_the_account_gives_new_linodes_decides_what_they_take(
    provider: Servicer, world: World, setting: str, declared: Props, refused: set[str], why: str
) -> None:
    declared = {name: wall(world) if value == "wall" else value for name, value in declared.items()}
    give(world, setting)

    inputs, failures = provider.check(world.inputs(**declared))

    assert {name for name, _ in failures} == refused
    assert why in " ".join(reason for _, reason in failures)
    if not refused:
        provider.create(inputs)


def test_what_is_recreated_is_judged_before_it_is_deleted(provider: Servicer, world: World) -> None:
    inputs, _ = provider.check(world.inputs())
    id_, outputs = provider.create(inputs)
    give(world, LINODE)

    with Servicer(LinodeProvider("Instance"), world.config) as command:
        before = asked(world)
        same = command.check(inputs, inputs)[1]
        resized = command.check({**inputs, "type": "g6-standard-1"}, inputs)[1]
        unasked = asked(world)
        other = {**inputs, "image": "linode/debian12"}
        refused = command.check(other, inputs)[1]
        kept = command.check({**other, **OLD}, inputs)[1]
        rebuilt = command.check({**other, "on_image_change": "rebuild"}, inputs)[1]
        of_the_state = command.check({**inputs, "interfaces": PUBLIC["interfaces"]}, inputs)[1]
        command.diff(id_, outputs, inputs)

    assert (same, resized, kept, rebuilt) == ([], [], [], [])
    assert (unasked - before, asked(world) - before) == (0, 1)
    assert refused == [
        (
            "interfaces",
            "needs at least one, or the Linode can't boot, and new Linodes of this account get Linode interfaces. "
            "Next: give one, or interface_generation='legacy_config'.",
        )
    ]
    assert of_the_state == [
        (
            "interfaces",
            f"are Linode interfaces, and Linode {id_} has legacy interfaces. Next: give each a purpose, or "
            "interface_generation='linode', which recreates it.",
        )
    ]


CHANGES: list[tuple[Props, list[str]]] = [
    ({**PUBLIC, "private_ip": True}, ["private_ip"]),
    ({**PUBLIC, "reserved_ipv4": "reserved"}, ["reserved_ipv4"]),
    ({**PUBLIC, "firewall_id": "wall"}, ["firewall_id"]),
    ({**PUBLIC, "firewall_id": 0, "private_ip": False}, []),
    (PURPOSE, ["interfaces"]),
    ({"interfaces": []}, ["interfaces"]),
    ({}, []),
]


@pytest.mark.parametrize(("changed", "refused"), CHANGES)
def test_a_linode_is_judged_by_the_interfaces_it_has(
    provider: Servicer, world: World, changed: Props, refused: list[str]
) -> None:
    things = {
        "wall": wall(world),
        "reserved": world.call("POST", "/networking/reserved/ips", {"region": "de-fra-2"})["address"],
    }
    changed = {name: things.get(str(value), value) for name, value in changed.items()}
    give(world, LINODE)
    inputs, _ = provider.check(world.inputs(**PUBLIC))
    id_, outputs = provider.create(inputs)

    with Servicer(LinodeProvider("Instance"), world.config) as command:
        before = asked(world)
        news, failures = command.check(world.inputs(**changed), inputs)
        command.diff(id_, outputs, news)
        if not refused:
            command.update(id_, outputs, news, olds=inputs)

    assert [name for name, _ in failures] == refused
    assert asked(world) == before


@pytest.mark.parametrize(
    ("changed", "refused"), [({"private_ip": True}, "private_ip"), (PURPOSE, "interfaces")]
)
def test_what_is_adopted_is_judged_by_the_interfaces_it_has(
    provider: Servicer, world: World, changed: Props, refused: str
) -> None:
    made = {"type": "g6-nanode-1", "region": "de-fra-2", "image": "linode/debian13", "label": "by-hand",
            "root_pass": PLANTED, **OWN, "interfaces": [{"public": {}, "firewall_id": None}]}  # fmt: skip
    id_ = world.call("POST", "/linode/instances", made)["id"]
    until(lambda: world.call("GET", f"/linode/instances/{id_}")["status"] == "running")

    _, failures = provider.check(world.inputs(adopt=id_, label=None, **changed))

    assert f"Linode {id_} has Linode interfaces" in dict(reversed(failures))[refused]
    assert "recreates" not in dict(reversed(failures))[refused]


def test_an_account_that_may_not_be_asked_is_no_failure(api: LocalApi, world: World) -> None:
    give(world, LINODE)
    token = api.add_token(world.account, "linodes:read_write events:read_only")

    with Servicer(LinodeProvider("Instance"), {**world.config, "linode:token": token}) as provider:
        assert provider.check(world.inputs())[1] == []
