"""The firewall of a Linode interface: declared, seen, and what its change takes."""

from __future__ import annotations

import pytest

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import NotAuthorized
from providers.linode.resources.instance import changes, interface_firewalls, network_fits
from providers.linode.resources.instance.changes import Outcome
from providers.linode.resources.instance.interfaces import on_the_wire, only_firewalls_differ, seen_linode

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
def test_another_firewall_alone_needs_no_power_cycle(old: object, new: object, alone: bool) -> None:
    olds = {"interfaces": old} if old else {}

    found = changes.between(olds, {"interfaces": new})

    assert only_firewalls_differ(old, new) is alone
    assert found.outcomes == {"interfaces": Outcome.ACTION if alone else Outcome.OFF}


def test_no_firewall_is_none_that_has_to_exist() -> None:
    assert network_fits.firewall_ids({"interfaces": [guarded(0), guarded(5)]}) == [5]


def test_no_firewall_is_null_on_the_wire() -> None:
    assert on_the_wire([guarded(0), guarded(5), LAN]) == [guarded(None), guarded(5), LAN]


class MayNotAsk(LinodeClient):
    """A client whose token may not read firewalls."""

    def __init__(self) -> None:
        """Needs no connection."""

    def list_rows(self, path: str, _: object = None) -> list[dict[str, object]]:
        raise NotAuthorized(f"GET {path}: 401", status=401)


def test_a_refresh_goes_on_where_the_token_may_not_ask_for_firewalls() -> None:
    assert interface_firewalls.seen(MayNotAsk(), 7, [PUBLIC], [guarded(5)]) == {}
    with pytest.raises(NotAuthorized):
        interface_firewalls.put(MayNotAsk(), 7, [PUBLIC], [guarded(5)])
