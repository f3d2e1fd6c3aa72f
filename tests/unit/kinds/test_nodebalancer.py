"""A NodeBalancer's ports and nodes: what is judged at preview, and what never shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pulumi
import pytest
from pulumi.output import Unknown

from providers.linode.core import check
from providers.linode.core.problems import Problem
from providers.linode.core.runtime import Session
from providers.linode.resources.nodebalancer import SPEC, NodeBalancerArgs
from providers.linode.resources.ports import ConfigRecord, NodeRecord, canonical, fingerprint, reported
from tests import sessions
from tests.sessions import OWNER
from tests.unit.certificates import CERTIFICATE, FINGERPRINT, KEY

Row = dict[str, Any]
NODE: Row = {"address": "192.168.130.7:80"}
TLS: Row = {"port": 443, "protocol": "https", "ssl_cert": CERTIFICATE, "ssl_key": KEY}
EC_PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
REGIONS: list[Row] = [
    {"id": "de-fra-2", "country": "de", "status": "ok", "capabilities": ["NodeBalancers"]},
    {"id": "xx-bare", "country": "de", "status": "ok", "capabilities": []},
]
VPCS: list[Row] = [
    {"id": 1, "region": "de-fra-2", "subnets": [{"id": 3, "label": "web", "ipv4": "10.0.0.0/24"}]},
    {"id": 2, "region": "gb-lon", "subnets": [{"id": 4, "label": "db", "ipv4": "10.0.0.0/24"}]},
]
LINODES: list[Row] = [
    {"id": 7, "status": "running", "region": "de-fra-2", "ipv4": ["198.51.100.4", "192.168.130.7"]},
    {"id": 8, "status": "running", "region": "gb-lon", "ipv4": ["192.168.199.8"]},
]


@pytest.fixture
def session() -> Session:
    types = [{"id": "nodebalancer", "price": {"monthly": 10.0}, "region_prices": []}]
    balancers: sessions.Answers = {"/nodebalancers": [], "/nodebalancers/types": types}
    return sessions.prepared({**balancers, "/regions": REGIONS, "/vpcs": VPCS, "/linode/instances": LINODES})


def problems(session: Session, **changed: object) -> list[Problem]:
    news = {"label": "web", "region": "de-fra-2", "owner": OWNER.as_props(), **changed}
    return check.check(SPEC, session, {}, news)[1]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"port": 0}, "[0].port must be a whole number, 1 to 65535"),
        ({"port": 80, "protocol": "htps"}, "must be one of http, https, tcp, udp (did you mean"),
        ({"port": 80, "algorithm": "ring_hash"}, "of http must be one of roundrobin, leastconn, source"),
        ({"port": 80, "protocol": "tcp", "stickiness": "http_cookie"}, "of tcp must be one of none, table"),
        ({"port": 80, "check": "http"}, "check_path: is needed by check http"),
        ({"port": 80, "check": "http_body", "check_path": "/"}, "check_body: is needed by check http_body"),
        ({"port": 80, "check": "connection", "check_timeout": 9}, "9 s is not less than check_interval, 5 s"),
        ({"port": 80, "proxy_protocol": "v2"}, "goes with tcp, and this is http"),
        (
            {"port": 80, "protocol": "udp", "check_passive": True},
            "check_passive: goes with http, https and tcp",
        ),
        ({"port": 443, "protocol": "https"}, "ssl_cert: is needed by https, with its other half"),
        (
            {**TLS, "ssl_cert": "cert.pem"},
            "must be PEM text, from -----BEGIN CERTIFICATE to -----END, and no file's name",
        ),
        ({**TLS, "ssl_cert": KEY}, "ssl_cert must be PEM text, from -----BEGIN CERTIFICATE"),
        ({**TLS, "ssl_key": CERTIFICATE}, "ssl_key must be PEM text, from -----BEGIN PRIVATE KEY"),
        ({**TLS, "ssl_key": KEY.replace("PRIVATE", "ENCRYPTED PRIVATE")}, "without a passphrase"),
        ({"port": 80, "nodes": [{"address": "192.168.130.7"}]}, "must be an address and a port, such as"),
        ({"port": 80, "nodes": [{"address": "8.8.8.8:80"}]}, "8.8.8.8:80 is no private address (192.168.…)"),
        ({"port": 80, "nodes": [NODE, NODE]}, "192.168.130.7:80 is given twice"),
        (
            {"port": 80, "nodes": [{**NODE, "weight": 256}]},
            "nodes[0].weight must be a whole number, 1 to 255",
        ),
        ({"port": 80, "nodes": [{**NODE, "mode": "of"}]}, "must be one of accept, reject, drain, backup"),
        (
            {"port": 80, "protocol": "udp", "nodes": [{**NODE, "mode": "drain"}]},
            "mode: UDP nodes take no mode",
        ),
        ({"port": 80, "nodes": [{"address": "10.0.0.9:80", "subnet_id": 7}]}, "needs vpcs, the subnet"),
        ({"prot": 80}, "takes no 'prot' (did you mean"),
    ],
)
def test_what_is_wrong_with_a_port_is_told_in_one_line(session: Session, config: Row, said: str) -> None:
    found = problems(session, configs=[config])

    assert any(said in reason for _, reason in found), found
    assert {field for field, _ in found} == {""}  # a named input is printed with its value


@pytest.mark.parametrize(
    "configs",
    [
        [{"port": 53, "protocol": "udp"}, {"port": 53, "protocol": "tcp"}],
        [TLS],
        [{**TLS, "ssl_cert": CERTIFICATE * 2, "ssl_key": KEY.replace("PRIVATE", "RSA PRIVATE")}],
        [{**TLS, "ssl_key": EC_PARAMETERS + KEY.replace("PRIVATE", "EC PRIVATE")}],
        [{"port": 80, "nodes": [NODE, {"address": "[2600:3c00::1]:80"}]}],
        [{"port": 80.0, "nodes": [{"address": Unknown()}, {"address": Unknown()}]}],
        [{"port": 80, "check": "http_body", "check_path": "/up", "check_body": "ok", "check_timeout": 3}],
    ],
)
def test_what_goes_together_passes(session: Session, configs: list[Row]) -> None:
    assert problems(session, configs=configs) == []


def test_a_port_stands_there_once(session: Session) -> None:
    [(_, why)] = problems(session, configs=[{"port": 80}, {"port": 80, "protocol": "tcp"}])

    assert "[1].port: 80 is given twice" in why


def test_what_is_not_known_yet_of_one_node_leaves_the_rest_judged(session: Session) -> None:
    nodes = [{"address": Unknown()}, {"address": "8.8.8.8:80"}]

    [(_, why)] = problems(session, configs=[{"port": 80, "nodes": nodes}])

    assert "[0].nodes[1].address: 8.8.8.8:80" in why


def test_its_region_has_to_have_them(session: Session) -> None:
    assert (
        "has no 'NodeBalancers', which a NodeBalancer needs" in problems(session, region="xx-bare")[0].reason
    )


def test_the_order_of_ports_and_nodes_and_the_spelling_of_an_address_say_nothing() -> None:
    one = [{"port": 443, "nodes": []}, {"port": 80.0, "nodes": [{"address": "[2600:3c00:0:0::1]:80"}, NODE]}]
    two = [{"port": 80, "nodes": [NODE, {"address": "[2600:3c00::1]:80"}]}, {"nodes": [], "port": 443}]

    assert SPEC.args.normalised("configs", one) == SPEC.args.normalised("configs", two)
    assert canonical("no address") == "no address"


def test_a_certificate_is_known_by_its_fingerprint() -> None:
    there = ConfigRecord(id=1, port=443, protocol="https", ssl_fingerprint=FINGERPRINT)
    other = ConfigRecord(id=1, port=443, protocol="https", ssl_fingerprint="AA:BB")

    assert fingerprint(CERTIFICATE) == FINGERPRINT.replace(":", "")
    assert reported(there, TLS) == TLS
    assert reported(other, TLS)["ssl_cert"] == "another one, of SHA-1 AA:BB"


def test_what_is_not_declared_is_not_reported_unless_nothing_is() -> None:
    node = NodeRecord(id=2, address="192.168.130.7:80", label="web", weight=50, mode="accept")
    there = ConfigRecord(id=1, port=80, protocol="http", algorithm="roundrobin", nodes=(node,))

    assert reported(there, {"port": 80, "nodes": [NODE]}) == {"port": 80, "nodes": [NODE]}
    assert reported(there, {"port": 80}) == {"port": 80}
    assert reported(there, None)["nodes"] == [{**NODE, "label": "web", "weight": 50, "mode": "accept"}]


def test_ports_are_hidden_as_a_whole_where_one_has_a_key() -> None:
    field = NodeBalancerArgs.fields()["configs"]

    assert field.hides([{"port": 80}, TLS])
    assert field.hides(pulumi.Output.from_input([{"port": 80}]))
    assert not field.hides([{"port": 80}])


@pytest.mark.parametrize("priced", [{}, {"premium": 60.0}, {"premium": 60.0, "premium_40gb": 90.0}])
def test_it_costs_what_the_list_says_of_its_type(priced: Mapping[str, float]) -> None:
    rows = [{"id": f"nodebalancer_{type_}", "price": {"monthly": usd}} for type_, usd in priced.items()]
    common = {"id": "nodebalancer", "price": {"monthly": 10.0}}
    session = sessions.prepared({"/nodebalancers/types": [*rows, common]})

    def usd(type_: Literal["common", "premium", "premium_40gb"] | None) -> float | None:
        return SPEC.monthly_usd(session, NodeBalancerArgs(region="de-fra-2", type=type_))

    assert [usd(None), usd("common")] == [10.0, 10.0]
    assert [usd("premium"), usd("premium_40gb")] == [priced.get("premium"), priced.get("premium_40gb")]


def test_a_port_without_a_node_is_doubted_unless_its_nodes_are_not_known_yet(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("providers.linode.core.engine.tell", lambda text, **_: told.append(text))

    problems(session, configs=[{"port": 80}, {"port": 81, "nodes": Unknown()}, {"port": Unknown()}])

    doubts = [line for line in told if not line.startswith("created")]
    assert doubts == ["port 80 has no node, and nothing answers there"]


def in_vpc(address: str, subnet_id: object) -> dict[str, object]:
    """Inputs with one node, in that subnet."""
    nodes = [{"address": address, "subnet_id": subnet_id}, {"address": Unknown(), "subnet_id": 3}]
    return {"vpcs": [{"subnet_id": 3}], "configs": [{"port": 80, "nodes": nodes}]}


@pytest.mark.parametrize(
    ("changed", "field", "why"),
    [
        (
            {"vpcs": [{"subnet_id": 5}]},
            "vpcs",
            "subnet 5 is in no VPC of this account (there are 3 web). Next: correct it.",
        ),
        (
            {"vpcs": [{"subnet_id": 4}]},
            "vpcs",
            "subnet 4 is in gb-lon, and the NodeBalancer in de-fra-2. Next: use one in that region.",
        ),
        (
            {"vpcs": [{"subnet_id": "web"}]},
            "vpcs",
            "[0].subnet_id must be a whole number of 1 or more. Next: correct it.",
        ),
        (
            in_vpc("10.0.0.9:80", 5),
            "",
            "configs subnet 5 is in no VPC of this account (there are 3 web). Next: correct it.",
        ),
        (
            in_vpc("10.0.0.9:80", "4"),
            "",
            "configs subnet 4 is in gb-lon, and the NodeBalancer in de-fra-2. Next: use one in that region.",
        ),
        (
            in_vpc("10.0.1.9:80", 3),
            "",
            "configs 10.0.1.9 is no usable address of subnet 3 (10.0.0.0/24). Next: correct it.",
        ),
    ],
)
def test_subnets_and_addresses_in_them_are_looked_up(
    session: Session, changed: dict[str, object], field: str, why: str
) -> None:
    assert [(*each,) for each in problems(session, **changed)] == [(field, why)]


def test_a_subnet_that_is_not_known_yet_or_is_as_declared_before_is_not_looked_up(session: Session) -> None:
    nodes = [{"address": "10.0.0.9:80", "subnet_id": 99}]
    own = {"vpcs": [{"subnet_id": 99}], "configs": [{"port": 80, "nodes": nodes}]}
    gone = {"label": "web", "region": "de-fra-2", "owner": OWNER.as_props(), **own}

    assert check.check(SPEC, session, gone, {**gone, "client_conn_throttle": 3})[1] == []
    assert problems(session, **in_vpc("10.0.0.9:80", Unknown())) == []


def test_a_private_address_that_no_linode_in_reach_has_is_doubted_once(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("providers.linode.core.engine.tell", lambda text, **_: told.append(text))
    addresses = ["192.168.130.7:80", "192.168.130.6:80", "192.168.199.8:80", "[2600:3c00::1]:80"]
    declared: Any = {"configs": [{"port": 80, "nodes": [{"address": each} for each in addresses]}]}
    olds = {"label": "web", "region": "de-fra-2", "owner": OWNER.as_props(), **declared}

    problems(session, **declared)
    first = told[:2]
    check.check(SPEC, session, olds, {**olds, "client_conn_throttle": 3})

    assert first == [
        "no Linode of this account has 192.168.130.6 (did you mean 192.168.130.7 or 192.168.199.8?), and nothing "
        "answers there",
        "192.168.199.8 is of Linode 8, in gb-lon, and can't be reached from de-fra-2",
    ]
    assert [text for text in told if "192.168" in text] == first


@pytest.mark.parametrize("port", [float("nan"), float("inf"), 1e300])
def test_a_port_that_is_no_number_is_told_beside_a_node_that_is_not_known_yet(
    session: Session, port: float
) -> None:
    configs = [{"port": port, "nodes": [{"address": Unknown()}]}]

    [problem] = problems(session, configs=configs)

    assert problem.reason.startswith("configs [0].port must be a whole number, 1 to 65535.")


@pytest.mark.parametrize(
    ("before", "after", "opened"),
    [
        ({"firewall_id": 5}, {"firewall_id": 0}, ["UDP 53", "TCP 80"]),
        ({"firewall_id": "5"}, {"firewall_id": "0", "configs": None}, ["UDP 53", "TCP 80"]),
        ({"firewall_id": 5}, {"firewall_id": 0, "configs": [{"port": 80}]}, ["TCP 80"]),
        ({"firewall_id": 5}, {"firewall_id": 6}, []),
        ({"firewall_id": 5}, {"firewall_id": Unknown()}, []),
        ({"firewall_id": 5}, {}, []),
        ({"firewall_id": 0}, {"firewall_id": 0}, []),
        ({}, {"configs": [{"port": 81}]}, ["TCP 81"]),
    ],
)
def test_all_its_ports_are_reachable_where_it_comes_out_from_behind_its_firewall(
    before: Row, after: Row, opened: list[str]
) -> None:
    configs = [{"port": 80}, {"port": 53, "protocol": "udp"}]
    news = {"configs": configs, **after}

    told = [
        *SPEC.opens(
            {"configs": configs, **before}, {key: value for key, value in news.items() if value is not None}
        )
    ]

    assert told == opened
