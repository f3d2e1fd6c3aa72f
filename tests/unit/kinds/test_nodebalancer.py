"""A NodeBalancer's ports and nodes: what is judged at preview, and what never shows."""

from __future__ import annotations

from typing import Any

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


@pytest.fixture
def session() -> Session:
    types = [{"id": "nodebalancer", "price": {"monthly": 10.0}, "region_prices": []}]
    return sessions.prepared({"/nodebalancers": [], "/nodebalancers/types": types, "/regions": REGIONS})


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
        ({"port": 80, "nodes": [NODE, NODE]}, "192.168.130.7:80 stands there twice"),
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

    assert "[1].port: 80 stands there twice" in why


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


def test_it_costs_what_the_list_says_and_a_premium_one_is_not_known(session: Session) -> None:
    costs = [
        SPEC.monthly_usd(session, NodeBalancerArgs(region="de-fra-2", type=type_))
        for type_ in (None, "premium")
    ]

    assert costs == [10.0, None]


def test_a_port_without_a_node_is_doubted_unless_its_nodes_are_not_known_yet(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("providers.linode.core.engine.tell", told.append)

    problems(session, configs=[{"port": 80}, {"port": 81, "nodes": Unknown()}, {"port": Unknown()}])

    assert told == ["port 80 has no node, and nothing answers there"]


@pytest.mark.parametrize("port", [float("nan"), float("inf"), 1e300])
def test_a_port_that_is_no_number_is_told_beside_a_node_that_is_not_known_yet(
    session: Session, port: float
) -> None:
    configs = [{"port": port, "nodes": [{"address": Unknown()}]}]

    [problem] = problems(session, configs=configs)

    assert problem.reason.startswith("configs [0].port must be a whole number, 1 to 65535.")
