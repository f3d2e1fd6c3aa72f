"""The firewall of a Linode interface: declared, seen, and what its change takes."""

from __future__ import annotations

import pytest

from providers.linode.api.errors import NotAuthorized
from providers.linode.api.records import Linode
from providers.linode.core import diff
from providers.linode.core.effects import ACTION
from providers.linode.resources.instance import firewalls, network_rules
from providers.linode.resources.instance.args import InstanceArgs
from providers.linode.resources.instance.changes import OFF
from providers.linode.resources.instance.interfaces import (
    Row,
    on_the_wire,
    only_firewalls_differ,
    seen_linode,
)
from providers.linode.resources.instance.spec import SPEC
from tests import sessions

PUBLIC = {"id": 1, "public": {"ipv4": {"addresses": []}}, "vlan": None, "vpc": None}
VLAN = {"id": 2, "vlan": {"vlan_label": "lan"}, "public": None, "vpc": None}
LAN: dict[str, object] = {"vlan": {"vlan_label": "lan"}}


def guarded(firewall: object) -> dict[str, object]:
    return {"public": {}, "firewall_id": firewall}


@pytest.mark.parametrize(
    ("held", "shown"), [([5], 5), ([5, 6], 5), ([6, 5], 5), ([6], 6), ([], 0), (None, 5)]
)
def test_the_firewall_that_is_there_is_shown_in_place_of_the_declared_one(
    held: list[int] | None, shown: int
) -> None:
    wanted = [LAN, guarded(5)]

    seen = seen_linode([PUBLIC, VLAN], wanted, {} if held is None else {1: held})

    assert seen == [LAN, guarded(shown)]


def test_an_interface_that_is_to_have_no_firewall_is_as_declared_without_one() -> None:
    assert seen_linode([PUBLIC], [guarded(0)], {1: []}) == [guarded(0)]
    assert seen_linode([PUBLIC], [guarded(0)], {1: [7]}) == [guarded(7)]


@pytest.mark.parametrize(
    ("old", "new", "alone"),
    [
        ([guarded(5)], [guarded(6)], True),
        ([guarded(5), LAN], [guarded(0), LAN], True),
        ([{"public": {}}], [guarded(6)], True),
        ([guarded(5)], [guarded(6), LAN], False),
        ([guarded(5), LAN], [LAN, guarded(6)], False),
        ([guarded(5)], [{"public": {}, "default_route": {"ipv4": True}, "firewall_id": 6}], False),
        (None, [guarded(6)], False),
    ],
)
def test_another_firewall_alone_needs_no_power_cycle(
    old: list[Row] | None, new: list[Row], alone: bool
) -> None:
    olds = {"interfaces": old} if old else {}

    found = diff.between(SPEC, olds, {"interfaces": new})

    assert only_firewalls_differ(old, new) is alone
    assert found == {"interfaces": ACTION if alone else OFF}


def test_no_firewall_is_none_that_has_to_exist() -> None:
    assert [*network_rules.firewalls_of(InstanceArgs.read({"interfaces": [guarded(0), guarded(5)]}))] == [5]


def test_no_firewall_is_null_on_the_wire() -> None:
    assert on_the_wire([guarded(0), guarded(5), LAN]) == [guarded(None), guarded(5), LAN]


def test_a_refresh_goes_on_where_the_token_may_not_ask_for_firewalls() -> None:
    linode = Linode(id=7, status="running", region="de-fra-2", interface_generation="linode")
    declared = InstanceArgs.read({"type": "a", "region": "de-fra-2", "interfaces": [guarded(5)]})
    session = sessions.prepared(
        {"/linode/instances/7/interfaces": {"interfaces": [PUBLIC]}, "/linode/instances/7/configs": []}
    )

    assert SPEC.seen(session, linode, declared)["interfaces"] == [guarded(5)]
    with pytest.raises(NotAuthorized):
        firewalls.guard(session.client, 7, [PUBLIC], [guarded(5)])
