from __future__ import annotations

import pytest

from providers.linode.resources.instance.interfaces import InterfaceSteps, seen_legacy, seen_linode, steps

PUBLIC = {
    "id": 1,
    "public": {"ipv4": {"addresses": []}},
    "vlan": None,
    "vpc": None,
    "default_route": {"ipv4": True},
}
VLAN = {"id": 2, "vlan": {"vlan_label": "lan", "ipam_address": "10.0.0.1/24"}, "public": None, "vpc": None}


def test_what_is_there_as_declared_stays() -> None:
    assert steps([PUBLIC, VLAN], [{"public": {}}, {"vlan": {"vlan_label": "lan"}}]) == InterfaceSteps((), ())


@pytest.mark.parametrize(
    ("wanted", "remove", "add"),
    [
        ([{"public": {}}], (2,), ()),
        ([{"public": {}}, {"vlan": {"vlan_label": "other"}}], (2,), ({"vlan": {"vlan_label": "other"}},)),
        (
            [{"public": {}, "default_route": {"ipv4": False}}, {"vlan": {"vlan_label": "lan"}}],
            (1,),
            ({"public": {}, "default_route": {"ipv4": False}},),
        ),
        ([], (1, 2), ()),
    ],
)
def test_only_what_differs_is_taken_away_or_added(
    wanted: list[dict[str, object]], remove: tuple[int, ...], add: tuple[object, ...]
) -> None:
    found = steps([PUBLIC, VLAN], wanted)

    assert (found.remove, found.add) == (remove, add)


def test_what_the_api_does_not_tell_cannot_differ() -> None:
    assert steps([PUBLIC], [{"public": {}, "firewall_id": 8}]) == InterfaceSteps((), ())


def test_auto_is_satisfied_by_any_value() -> None:
    wanted = [{"vlan": {"vlan_label": "lan", "ipam_address": "auto"}}]

    assert steps([VLAN], wanted) == InterfaceSteps((), ())


def test_the_length_of_a_range_is_satisfied_by_any_range_of_that_length() -> None:
    ipv4, ipv6 = (
        {"ranges": [{"range": "10.0.0.16/28"}]},
        {"slaac": [{"range": "2001:db8::/64", "address": "2001:db8::1"}]},
    )
    there = [{"id": 3, "vpc": {"subnet_id": 5, "ipv4": ipv4, "ipv6": ipv6}, "public": None, "vlan": None}]

    def wanted(ipv4_length: str, ipv6_length: str) -> list[dict[str, object]]:
        ranges, slaac = [{"range": ipv4_length}], [{"range": ipv6_length}]
        return [{"vpc": {"subnet_id": 5, "ipv4": {"ranges": ranges}, "ipv6": {"slaac": slaac}}}]

    assert steps(there, wanted("/28", "/64")) == InterfaceSteps((), ())
    assert seen_linode(there, wanted("/28", "auto"), {}) == wanted("/28", "auto")
    assert steps(there, wanted("/27", "/64")).remove == (3,)


def test_interfaces_that_are_as_declared_are_no_drift() -> None:
    wanted = [{"purpose": "public"}, {"purpose": "vlan", "label": "lan"}]
    there = [
        {"id": 1, "purpose": "public", "label": ""},
        {"id": 2, "purpose": "vlan", "label": "lan", "primary": False},
    ]

    assert seen_legacy(there, wanted) == wanted
    assert seen_linode([PUBLIC, VLAN], [{"public": {}}, {"vlan": {"vlan_label": "lan"}}], {})[0] == {
        "public": {}
    }


def test_a_lost_interface_is_drift() -> None:
    wanted = [{"purpose": "public"}, {"purpose": "vlan", "label": "lan"}]

    assert seen_legacy([{"id": 1, "purpose": "public", "label": ""}], wanted) == [{"purpose": "public"}]
    assert seen_linode([PUBLIC], [{"public": {}}, {"vlan": {"vlan_label": "lan"}}], {}) == [{"public": {}}]
