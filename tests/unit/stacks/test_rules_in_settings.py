"""What a kind refuses of an input, settings refuse where it stands, before an engine or an account is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from providers.linode.provider import SPECS
from stacks import inputs
from stacks.errors import BadSettings
from stacks.layers import Layer
from stacks.settings import Group, parse

Values = dict[str, Any]
Says = Callable[[object], Values]
"""Settings that say this value of the field."""

GROUP: Values = {"count": 1, "region": {}, "type": {}, "image": {"vendor": "Debian"}}
RULE: Values = {"action": "ACCEPT", "protocol": "TCP", "ports": "443", "addresses": {"ipv4": ["0.0.0.0/0"]}}
WALL: Values = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT", "inbound": [RULE]}
DNS: Values = {"zone": "example.org", "name": "web-{n}"}
JUNK = (
    "",
    "-",
    "a b",
    "x.",
    "8.8.8.0/24",
    "10.0.0.0/30",
    "ip.linodeusercontent.com",
    "x" * 70_000,
    -1,
    0,
    1,
    10**9,
    True,
    ["-"],
    [7],
    [{"no": "such"}],
    {"no": "such"},
)
OF_THE_ZONE = ("ReverseDNS", "")
"""Kind and name: without one of its own a server has its zone's."""


def said_of(values: Values) -> str:
    """What is wrong with these settings; empty where nothing is."""
    try:
        parse(
            Layer({f"fleet:{key}": value for key, value in {"servers": {"web": GROUP}, **values}.items()}),
            "dev",
        )
    except BadSettings as error:
        return str(error)
    return ""


def group(**given: object) -> Values:
    return {"servers": {"web": {**GROUP, **given}}}


def of_group(name: str) -> Says:
    return lambda value: group(**{name: value})


def of_volume(name: str) -> Says:
    return lambda value: group(volumes={"data": {name: value}})


def of_firewall(name: str) -> Says:
    return lambda value: {"firewalls": {"web": {**WALL, name: value}}}


def of_zone(name: str) -> Says:
    return lambda value: {"zones": {"example.org": {"soa_email": "ada@example.org", name: value}}}


def of_port(name: str) -> Says:
    return lambda value: group(load_balancer=[{"port": 80, name: value}])


def of_dns(name: str) -> Says:
    return lambda value: group(dns={**DNS, "reverse": True, name: value})


def places() -> Iterator[tuple[str, str, str, Says]]:
    """Kind, input, where settings say it, and how: what they hand on, and what they say in words of their own."""
    servers, zones = "servers.web", "zones.example.org"
    yield from (
        ("Instance", name, f"{servers}.{name}", of_group(name))
        for name in inputs.SERVER.names()
        if name not in Group.model_fields
    )
    yield "Instance", "tags", f"{servers}.tags", of_group("tags")
    yield from (
        ("Volume", name, f"{servers}.volumes.data.{name}", of_volume(name)) for name in inputs.VOLUME.names()
    )
    yield from (
        ("Firewall", name, f"firewalls.web.{name}", of_firewall(name)) for name in inputs.FIREWALL.names()
    )
    yield from (("Domain", name, f"{zones}.{name}", of_zone(name)) for name in inputs.ZONE.names())
    yield "Domain", "domain", f"{servers}.dns.zone", of_dns("zone")
    yield "DomainRecord", "name", f"{servers}.dns.name", of_dns("name")
    yield "DomainRecord", "ttl_sec", f"{servers}.dns.ttl_sec", of_dns("ttl_sec")
    yield "ReverseDNS", "rdns", f"{servers}.dns.name", of_dns("name")
    yield (
        "Subnet",
        "ipv4",
        "private_networks.back.ipv4",
        lambda value: {"private_networks": {"back": {"ipv4": value}}},
    )


@pytest.mark.parametrize(
    ("kind", "name", "place", "says"),
    [*places()],
    ids=lambda each: str(each) if isinstance(each, str) else "",
)
def test_what_a_kind_refuses_of_an_input_settings_refuse(
    kind: str, name: str, place: str, says: Says
) -> None:
    wrong = [
        value
        for value in JUNK
        if any(each.field == name for each in SPECS[kind].args.problems({name: value}))
        and (kind, value) != OF_THE_ZONE
    ]

    assert wrong
    assert [value for value in wrong if f"fleet:{place}" not in said_of(says(value))] == []


PORT_KEYS = sorted({*inputs.port_schema()[0]["properties"]} - {"to"})


@pytest.mark.parametrize("name", PORT_KEYS)
def test_the_same_holds_for_the_ports_of_a_load_balancer(name: str) -> None:
    def problems(value: object) -> list[str]:
        rows = [{"port": 80, name: value}]
        found = SPECS["NodeBalancer"].args.problems({"configs": rows})
        return [each.reason for each in found if each.field == "configs"]

    wrong = [value for value in JUNK if problems(value)]

    assert wrong
    for value in wrong:
        said = said_of(of_port(name)(value))
        assert [why for why in problems(value) if f"fleet:servers.web.load_balancer: {why}" not in said] == []


PUBLIC = {"purpose": "public"}
LONG = "w" * 45


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (
            {"firewalls": {"web": {**WALL, "inbound": [RULE] * 26}}},
            "firewalls.web.inbound: and outbound are 26 rules",
        ),
        (
            {"firewalls": {"web": {**WALL, "inbound": [{**RULE, "protocol": "ICMP"}]}}},
            "firewalls.web.inbound: [0].ports: protocol ICMP has none",
        ),
        ({"zones": {"example.org": {}}}, "zones.example.org: soa_email is required for a master"),
        (
            {"zones": {"example.org": {"type": "slave"}}},
            "zones.example.org: master_ips is required for a slave",
        ),
        ({"zones": {"exa mple": {"soa_email": "a@b.org"}}}, "zones.exa mple: must be a domain such as"),
        (group(volumes={"data": {"source_volume_id": 7}}), "volumes.data: size is required for a clone"),
        (group(stackscript_data={"a": "b"}), "servers.web.stackscript_data: needs stackscript_id"),
        (group(backup_id=7), "servers.web.backup_id: does not go with image"),
        (group(interfaces=[PUBLIC, PUBLIC]), "servers.web.interfaces: can have only one public interface"),
        (group(interface_generation="linode"), "servers.web: interfaces needs at least one"),
        (
            group(interface_generation="linode", private_ip=True),
            "servers.web.private_ip: is for legacy interfaces",
        ),
        (
            {
                **group(private_network="back", interfaces=[{"public": {}}]),
                "private_networks": {"back": {"ipv4": "10.0.0.0/24"}},
            },
            "servers.web.interfaces: are of both generations",
        ),
        (
            group(load_balancer=[{"port": 80, "check": "http"}]),
            "load_balancer: [0].check_path: is needed by check http",
        ),
        (group(load_balancer=[{"port": 80}, {"port": 80}]), "load_balancer: [1].port: 80 is given twice"),
        (
            group(load_balancer=[{"port": 443, "protocol": "https"}]),
            "load_balancer: [0].ssl_cert: is needed by https",
        ),
        (
            {"private_networks": {"back": {"ipv4": "11.0.0.0/24"}}},
            "private_networks.back.ipv4: is not within 10.0.0.0/8",
        ),
        (
            {"private_networks": {"back_end": {"ipv4": "10.0.0.0/24"}}},
            "back_end: gets the label fleet-dev-back_end-region, which",
        ),
        (
            {"private_networks": {LONG: {"ipv4": "10.0.0.0/24"}}},
            f"gets the label fleet-dev-{LONG}-region-10-0-0-0-24, which",
        ),
        (
            {"servers": {LONG: {**GROUP, "placement": "spread"}}},
            f"{LONG}.placement: gets the label fleet-dev-{LONG}-region-spread, which",
        ),
        (group(dns={**DNS, "name": "{group}..{n}"}), "servers.web.dns.name: must be a name such as www"),
        (
            group(dns={**DNS, "name": "x" * 62 + "{n}"}, count=10),
            "servers.web.dns.name: must be a name such as www",
        ),
        (
            group(dns={"zone": "ip.linodeusercontent.com", "name": "web", "reverse": True}),
            "servers.web.dns.name: is a name of the API's own",
        ),
        (group(firewall=""), "servers.web.firewall:  is not in fleet:firewalls"),
    ],
)
def test_what_does_not_go_together_is_refused_without_an_account(values: Values, told: str) -> None:
    assert told in said_of(values)


@pytest.mark.parametrize(
    "values",
    [
        group(
            count=0,
            adopt=["old-web"],
            interfaces=[{"purpose": "vpc", "subnet_id": 7, "ipv4": {"nat_1_1": "198.51.100.7"}}],
        ),
        group(interface_generation="linode", running=False),
        group(interface_generation="linode", firewall=False),
        {**group(interface_generation="linode", firewall="web"), "firewalls": {"web": WALL}},
        {"private_networks": {"back": {"ipv4": "10.0.0.0/24"}, "other": {"ipv4": "10.0.0.0/24"}}},
        group(dns={**DNS, "zone": "known.example"}),
    ],
)
def test_what_only_an_account_can_judge_is_left_to_it(values: Values) -> None:
    assert said_of(values) == ""
