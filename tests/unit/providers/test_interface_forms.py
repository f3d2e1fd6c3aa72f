"""Which interfaces the API takes, one by one and together, of both generations."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pulumi.output import Unknown

from providers.linode.core.problems import Problem
from providers.linode.resources.instance.args import InstanceArgs
from providers.linode.resources.instance.network_rules import interfaces_together
from providers.linode.resources.instance.spec import SPEC
from tests import sessions

PUBLIC: dict[str, object] = {"purpose": "public"}
VLAN: dict[str, object] = {"purpose": "vlan", "label": "lan"}
VPC: dict[str, object] = {"purpose": "vpc", "subnet_id": 3}
L_PUBLIC: dict[str, object] = {"public": {}, "firewall_id": 5, "default_route": {"ipv4": True, "ipv6": True}}
L_VLAN: dict[str, object] = {"vlan": {"vlan_label": "lan", "ipam_address": "10.0.0.1/24"}}
L_VPC: dict[str, object] = {"vpc": {"subnet_id": 3}, "firewall_id": None, "public": None}


def told(*interfaces: object) -> list[str]:
    found = InstanceArgs.problems({"type": "a", "region": "b", "interfaces": list(interfaces)})
    assert {field for field, _ in found} <= {"interfaces"}
    return [reason for _, reason in found]


SESSION = sessions.prepared()


def together(*interfaces: object, **inputs: object) -> list[Problem]:
    props = {"interfaces": list(interfaces), **inputs}
    return list(interfaces_together(sessions.checking(SPEC, props, SESSION)))


@pytest.mark.parametrize(
    "interface",
    [
        PUBLIC,
        {**PUBLIC, "label": "", "ipam_address": None, "primary": True},
        VLAN,
        {**VLAN, "ipam_address": "10.0.0.1/24", "primary": False},
        VPC,
        {**VPC, "ipv4": {"vpc": "10.0.0.5", "nat_1_1": "any"}, "ip_ranges": ["10.0.4.0/28"], "primary": True},
        L_PUBLIC,
        {"public": {"ipv4": {"addresses": [{"address": "auto", "primary": True}, {"address": "192.0.2.4"}]}}},
        {"public": {"ipv4": {"addresses": []}, "ipv6": {"ranges": [{"range": "/64"}]}}},
        L_VLAN,
        {**L_VLAN, "public": None, "vpc": None},
        L_VPC,
        {"vpc": {"subnet_id": 3, "ipv4": {"addresses": [{"address": "auto", "nat_1_1_address": "auto"}],
                                          "ranges": [{"range": "/28"}, {"range": "10.0.4.0/28"}]}}},
        {"vpc": {"subnet_id": 3, "ipv4": {"ranges": [{"range": "auto"}]},
                 "ipv6": {"slaac": [{"range": "/64"}], "ranges": [{"range": "2001:db8::/64"}], "is_public": True}}},
        {**VPC, "ipv6": {"slaac": [{"range": "auto"}], "is_public": False}},
        {**VPC, "ipv6": {"slaac": [{"range": "2001:db8::/64", "address": "2001:db8::1"}]}},
        {"vpc": {"subnet_id": Unknown()}},
        {"purpose": "vpc", "subnet_id": Unknown()},
        {"purpose": Unknown(), "label": "x y"},
        Unknown(),
    ],
)  # fmt: skip
def test_what_the_api_takes_is_taken(interface: object) -> None:
    assert told(interface) == []


@pytest.mark.parametrize(
    "inside", [lambda ipv6: {**VPC, "ipv6": ipv6}, lambda ipv6: {"vpc": {"subnet_id": 3, "ipv6": ipv6}}]
)
def test_an_address_by_slaac_is_the_apis_to_choose(inside: Callable[[object], object]) -> None:
    """Copied from an answer it says nothing, so that it can neither be sent nor differ."""
    range_ = {"range": "2001:db8::/64"}
    copied = inside({"slaac": [{**range_, "address": "2001:db8::1"}], "ranges": [range_]})

    found = InstanceArgs.normal({"interfaces": [copied]})

    assert found["interfaces"] == [inside({"slaac": [range_], "ranges": [range_]})]


@pytest.mark.parametrize(
    ("interface", "reason"),
    [
        ("public", "public, vlan or vpc"),
        ({}, "public, vlan or vpc"),
        ({"purpose": "lan"}, "public, vlan or vpc"),
        ({"public": {}, "vlan": {"vlan_label": "a"}}, "public, vlan or vpc"),
        ({"public": None}, "public, vlan or vpc"),
        ({**PUBLIC, "label": "web"}, "[0] takes no 'label'"),
        ({**PUBLIC, "subnet_id": 3}, "[0] takes no 'subnet_id'"),
        ({"purpose": "vlan"}, "[0].label is required"),
        ({**VLAN, "label": "a--b"}, "[0].label must have 1 to 64"),
        ({**VLAN, "label": "x" * 65}, "[0].label must have 1 to 64"),
        ({**VLAN, "ipam_address": "10.0.0.1"}, "[0].ipam_address must be an IPv4 address with its prefix"),
        ({**VLAN, "primary": True}, "[0] takes no 'primary'"),
        ({"purpose": "vpc"}, "[0].subnet_id is required"),
        ({**VPC, "subnet_id": "three"}, "[0].subnet_id must be a whole number"),
        ({**VPC, "ip_ranges": ["10.0.4.0"]}, "[0].ip_ranges[0] must be an IPv4 range"),
        ({**VPC, "ipv4": {"nat_1_1": "some"}}, "[0].ipv4.nat_1_1 must be an IPv4 address"),
        ({**VPC, "ipv6": {"slack": []}}, "[0].ipv6 takes no 'slack' (did you mean slaac"),
        ({**VPC, "ipv6": {"is_public": "yes"}}, "[0].ipv6.is_public must be"),
        ({**VPC, "ipv6": {"slaac": [{}, {}]}}, "[0].ipv6.slaac takes one range"),
        ({**VPC, "ipv6": {"ranges": [{"range": "10.0.0.0/28"}]}}, "[0].ipv6.ranges[0].range must be auto"),
        ({**VPC, "subnet": 4}, "[0] takes no 'subnet' (did you mean subnet_id"),
        ({**VPC, "two\nlines": 4}, r"[0] takes no 'two\nlines'"),
        ({"vlan": {}}, "[0].vlan.vlan_label is required"),
        ({"vlan": "lan"}, "[0].vlan must be a map"),
        ({**L_VLAN, "firewall_id": 5}, "[0] takes no 'firewall_id'"),
        ({**L_VLAN, "default_route": {"ipv4": True}}, "[0] takes no 'default_route'"),
        ({"vpc": {}}, "[0].vpc.subnet_id is required"),
        (
            {"public": {}, "firewall_id": "wall"},
            "[0].firewall_id must be a whole number of 1 or more, or 0 for none",
        ),
        ({"public": {"ipv4": {"addresses": ["auto"]}}}, "[0].public.ipv4.addresses[0] must be a map"),
        (
            {"public": {"ipv4": {"addresses": [{"address": "any"}]}}},
            "addresses[0].address must be an IPv4 address",
        ),
    ],
)
def test_what_the_api_refuses_is_told_with_its_place(interface: object, reason: str) -> None:
    [said] = told(interface)

    assert reason in said
    assert "Next:" in said


def test_every_wrong_part_is_told_at_once() -> None:
    said = told(
        {"purpose": "vlan", "label": "a b", "primary": True, "subnet_id": Unknown()}, {"purpose": "vpc"}
    )

    assert [reason.partition(" ")[0] for reason in said] == ["[0].label", "[0]", "[1].subnet_id"]
    assert "takes no 'primary'" in said[1]


@pytest.mark.parametrize(
    ("interfaces", "reason"),
    [
        ([PUBLIC, VLAN, VPC, {**VLAN, "label": "b"}], "are 4, and the API takes 3"),
        ([PUBLIC, PUBLIC], "only one public"),
        ([VLAN, VLAN], "VLAN 'lan' twice"),
        ([{**PUBLIC, "primary": True}, {**VPC, "primary": True}], "only one primary"),
        ([L_PUBLIC, L_PUBLIC], "only one public"),
        ([L_VPC, L_VPC], "only one vpc"),
        ([L_VLAN, L_VLAN], "VLAN 'lan' twice"),
        ([L_PUBLIC, {**L_VPC, "default_route": {"ipv4": True}}], "only one ipv4 default route"),
        ([PUBLIC, L_VLAN], "both generations"),
    ],
)
def test_what_does_not_go_together_is_told(interfaces: list[object], reason: str) -> None:
    found = together(*interfaces)

    assert any(field == "interfaces" and reason in said and "Next:" in said for field, said in found), found


def test_several_vlans_and_unknown_parts_go_together() -> None:
    assert together(PUBLIC, VLAN, {**VLAN, "label": Unknown()}) == []
    assert together(L_PUBLIC, Unknown(), {"vlan": {"vlan_label": Unknown()}}) == []
    assert together(L_VLAN, {"vlan": {"vlan_label": "lan-2"}}, {"vlan": {"vlan_label": "lan-3"}}) == []
    assert together(VPC, {**VPC, "subnet_id": 4}) == []


def test_interfaces_are_of_the_generation_that_is_declared() -> None:
    assert "legacy" in together(PUBLIC, interface_generation="linode")[0][1]
    assert "Linode interfaces" in together(L_PUBLIC, interface_generation="legacy_config")[0][1]
    assert together(L_PUBLIC, interface_generation="linode") == []
    assert together(L_PUBLIC) == together(PUBLIC) == []
    assert together(PUBLIC, interface_generation=Unknown()) == []


def test_a_linode_of_the_new_generation_boots_only_with_an_interface() -> None:
    booting = {"image": "linode/debian13", "interface_generation": "linode"}

    assert "needs at least one" in together(**booting)[0][1]
    assert together(**booting, booted=False) == []
    assert together(interface_generation="linode") == []
