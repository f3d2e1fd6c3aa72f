"""What a change lets the internet reach: told beside the resource, and to reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pulumi.output import Unknown

from providers.linode.core.effects import Effects
from providers.linode.provider import SPECS
from providers.linode.resources.reach import CLOSED, FAMILIES, FIRST, LAST, Wall, opened

Inputs = Mapping[str, Any]
ALL = {"ipv4": ["0.0.0.0/0"], "ipv6": ["::/0"]}
WEB: Inputs = {"action": "ACCEPT", "protocol": "TCP", "ports": "80, 443", "addresses": ALL}


def wall(*rules: Inputs, policy: str = "DROP", **others: object) -> Inputs:
    return {"inbound": [*rules], "inbound_policy": policy, **others}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, wall(WEB), ["TCP 80", "TCP 443"]),
        ({}, wall(), []),
        (wall(WEB), wall(WEB), []),
        (wall(WEB), wall({**WEB, "ports": "443, 8000-8080"}), ["TCP 8000-8080"]),
        (wall({**WEB, "ports": "80-90"}), wall({**WEB, "ports": "85-100"}), ["TCP 91-100"]),
        (wall({**WEB, "ports": "80"}, {**WEB, "ports": "81"}), wall({**WEB, "ports": "80-82"}), ["TCP 82"]),
        ({}, wall({**WEB, "ports": "80"}, {**WEB, "ports": "81"}), ["TCP 80-81"]),
        (wall(), wall({**WEB, "addresses": {"ipv4": ["192.0.2.0/24"]}}), []),
        (wall({**WEB, "addresses": {"ipv4": ["0.0.0.0/0"]}}), wall(WEB), ["TCP 80", "TCP 443"]),
        (wall(), wall({**WEB, "addresses": {"ipv4": ["1.2.3.4/0"], "ipv6": ["2001:db8::/0"]}}), ["TCP 80", "TCP 443"]),
        (wall(), wall({**WEB, "action": "DROP"}, WEB), []),
        (wall(), wall({**WEB, "action": "DROP", "ports": "80"}, WEB), ["TCP 443"]),
        (wall({**WEB, "action": "DROP"}, policy="ACCEPT"), wall(policy="ACCEPT"), ["TCP 80", "TCP 443"]),
        (wall(), wall(policy="ACCEPT"), ["all of TCP", "all of UDP", "ICMP", "IPENCAP"]),
        (wall(WEB), {"status": "disabled"},
         ["TCP 1-79", "TCP 81-442", "TCP 444-65535", "all of UDP", "ICMP", "IPENCAP"]),
        (wall(), wall({"action": "ACCEPT", "protocol": "ICMP", "addresses": ALL}), ["ICMP"]),
        (wall(), wall({"action": "ACCEPT", "protocol": "UDP", "addresses": ALL}), ["all of UDP"]),
        (wall(), wall({"action": "ACCEPT", "protocol": "ALL", "addresses": ALL}),
         ["all of TCP", "all of UDP", "ICMP", "IPENCAP"]),
        (wall(), wall({"action": "ACCEPT", "protocol": "47", "addresses": ALL}), ["protocol 47"]),
        (wall(WEB), wall({**WEB, "protocol": "6"}), []),
        (wall(), wall({"action": "DROP", "protocol": "ALL", "addresses": ALL}, WEB), []),
        (wall(), wall({**WEB, "ports": Unknown()}, {**WEB, "addresses": Unknown()}), []),
        (wall(), {"inbound": Unknown()}, []),
        (wall(linodes=[7.0, 8.0]), wall(linodes=["8"]), ["Linode 7, unless another firewall takes it"]),
        (wall(linodes=[7.0]), wall(linodes=[Unknown()]), []),
        (wall(linodes=[7.0]), wall(), []),
    ],
)  # fmt: skip
def test_a_firewall_tells_what_it_opens(before: Inputs, after: Inputs, told: list[str]) -> None:
    assert [*SPECS["Firewall"].opens(before, after)] == told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([], [{"port": 80.0}, {"port": 53.0, "protocol": "udp"}], ["UDP 53", "TCP 80"]),
        ([{"port": 80.0}], [{"port": 80, "nodes": [{"address": Unknown()}]}, {"port": 443}], ["TCP 443"]),
        ([{"port": 80.0}], Unknown(), []),
        ([{"port": 80.0}], None, []),
    ],
)
def test_a_nodebalancer_tells_its_new_ports(before: object, after: object, told: list[str]) -> None:
    assert [*SPECS["NodeBalancer"].opens({"configs": before}, {"configs": after})] == told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"firewall_id": 7}, {"firewall_id": 0}, True),
        ({"firewall_id": 7}, {"firewall_id": 8}, False),
        ({"firewall_id": 7}, {"firewall_id": Unknown()}, False),
        ({"firewall_id": 7}, {}, False),
        ({}, {"firewall_id": 0}, False),
        (
            {"interfaces": [{"public": {}, "firewall_id": 7}]},
            {"interfaces": [{"public": {}, "firewall_id": 0}]},
            True,
        ),
        (
            {"interfaces": [{"vpc": {"subnet_id": 1}, "firewall_id": 7}]},
            {"interfaces": [{"vpc": {"subnet_id": 1}, "firewall_id": 0}]},
            False,
        ),
    ],
)
def test_a_linode_that_comes_out_from_behind_its_firewall_is_told(
    before: Inputs, after: Inputs, told: bool
) -> None:
    assert [*SPECS["Instance"].opens(before, after)] == (["everything on it"] if told else [])


def test_it_is_worth_telling_and_no_warning() -> None:
    found = Effects("create", opens=("TCP 80", "TCP 443"))

    assert found.summary == "created; then reachable from the internet: TCP 80 and TCP 443"
    assert (found.is_worth_telling, found.is_grave) == (True, False)


port = st.integers(1, 12) | st.sampled_from([LAST - 1, LAST])
rules = st.builds(
    lambda action, protocol, ends, families: {
        "action": action,
        "protocol": protocol,
        "ports": f"{min(ends)}-{max(ends)}",
        "addresses": {family: [FAMILIES[family]] for family in families},
    },
    st.sampled_from(["ACCEPT", "DROP"]),
    st.sampled_from(["TCP", "UDP"]),
    st.tuples(port, port),
    st.lists(st.sampled_from(sorted(FAMILIES)), unique=True),
)
walls = st.builds(Wall, st.lists(rules, max_size=4), st.sampled_from(["ACCEPT", "DROP"]))


def reached(words: list[str], protocol: str, number: int) -> bool:
    spans = [text.split(" ")[1] for text in words if text.startswith(f"{protocol} ")]
    spans += [f"{FIRST}-{LAST}"] if f"all of {protocol}" in words else []
    return any(int(span.split("-")[0]) <= number <= int(span.split("-")[-1]) for span in spans)


@given(walls | st.just(CLOSED), walls, st.sampled_from(["TCP", "UDP"]), port)
def test_a_port_is_told_exactly_where_somebody_gets_through_who_did_not_before(
    before: Wall, after: Wall, protocol: str, number: int
) -> None:
    is_new = any(
        after.lets(protocol, family, number) and not before.lets(protocol, family, number)
        for family in FAMILIES
    )

    assert reached([*opened(before, after)], protocol, number) is is_new
