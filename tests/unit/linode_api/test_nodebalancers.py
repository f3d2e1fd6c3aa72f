"""NodeBalancers, their configs and nodes."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from tests.unit.certificates import CERTIFICATE, FINGERPRINT, KEY
from tests.unit.linode_api.serving import FROM_IMAGE, Caller, made, reasons, settled

RULES = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
NODE = {"label": "web-1", "address": "192.168.130.7:80"}


@pytest.fixture
def balancer(caller: Caller) -> dict[str, Any]:
    return made(caller.post("/nodebalancers", {"region": "us-ord", "label": "front", "tags": ["web"]}))


@pytest.fixture
def path(caller: Caller, balancer: dict[str, Any]) -> str:
    """Of a config of it."""
    configs = f"/nodebalancers/{balancer['id']}/configs"
    return f"{configs}/{made(caller.post(configs, {}))['id']}"


def test_one_is_made_listed_changed_and_deleted_with_what_is_in_it(
    caller: Caller, balancer: dict[str, Any], path: str
) -> None:
    own = f"/nodebalancers/{balancer['id']}"
    node = made(caller.post(path + "/nodes", NODE))

    changed = made(caller.put(own, {"client_conn_throttle": 7, "label": "back"}))
    listed = caller.rows("/nodebalancers", where={"tags": "web"})
    tagged = caller.rows("/tags/web")
    made(caller.delete(own))

    assert (listed, tagged) == ([changed], [{"type": "nodebalancer", "data": changed}])
    assert changed["hostname"] == changed["ipv4"].replace(".", "-") + ".ip.linodeusercontent.com"
    assert (changed["client_conn_throttle"], changed["ipv4"]) == (7, balancer["ipv4"])
    assert caller.get(f"{path}/nodes/{node['id']}").status_code == 404
    assert caller.actions() == [
        f"nodebalancer_{what}" for what in ("create", "config_create", "node_create", "update", "delete")
    ]


def test_one_takes_a_reserved_address_and_gives_it_back(caller: Caller) -> None:
    address = made(caller.post("/networking/reserved/ips", {"region": "us-ord"}))["address"]
    body = {"region": "us-ord", "ipv4": address}

    balancer = made(caller.post("/nodebalancers", body))
    taken = made(caller.get(f"/networking/reserved/ips/{address}"))
    [listed] = caller.rows("/networking/ips")
    again = caller.post("/nodebalancers", body)
    made(caller.delete(f"/nodebalancers/{balancer['id']}"))

    assert balancer["ipv4"] == address
    assert (taken["linode_id"], taken["assigned_entity"]["id"]) == (None, balancer["id"])
    assert reasons(again) == [("ipv4", "Address must be currently unassigned.")]
    assert made(caller.get(f"/networking/reserved/ips/{address}"))["assigned_entity"] is None
    assert (listed["address"], listed["assigned_entity"]["id"]) == (address, balancer["id"])


def test_a_create_brings_configs_nodes_and_a_firewall(caller: Caller) -> None:
    wall = made(caller.post("/networking/firewalls", {"label": "front-wall", "rules": RULES}))
    config: Any = {"port": 443, "protocol": "tcp", "nodes": [NODE, {**NODE, "label": "web-2"}]}

    new = made(
        caller.post("/nodebalancers", {"region": "us-ord", "firewall_id": wall["id"], "configs": [config]})
    )
    own = f"/nodebalancers/{new['id']}"
    [there] = caller.rows(own + "/configs")
    nodes = caller.rows(f"{own}/configs/{there['id']}/nodes")
    guarded = made(caller.get(f"/networking/firewalls/{wall['id']}"))["entities"]
    again = caller.post(
        f"/networking/firewalls/{wall['id']}/devices", {"type": "nodebalancer", "id": new["id"]}
    )

    assert new["label"].startswith("balancer")
    assert (there["port"], [node["label"] for node in nodes]) == (443, ["web-1", "web-2"])
    assert [(one["type"], one["id"]) for one in guarded] == [("nodebalancer", new["id"])]
    assert caller.rows(own + "/firewalls")[0]["id"] == wall["id"]
    assert again.status_code == 400
    assert made(caller.put(own + "/firewalls", {"firewall_ids": []}))["data"] == []
    made(caller.delete(own))
    made(caller.delete(f"/networking/firewalls/{wall['id']}"))


def test_a_node_is_up_while_a_linode_with_its_address_runs(
    caller: Caller, clock: HeldClock, balancer: dict[str, Any], path: str
) -> None:
    linode = settled(caller, clock, **FROM_IMAGE, private_ip=True)
    node = made(caller.post(path + "/nodes", {"label": "web", "address": linode["ipv4"][1] + ":80"}))
    stranger = made(caller.post(path + "/nodes", NODE))

    clock.advance(11)
    seen = [one["status"] for one in caller.rows(path + "/nodes")]
    counted = made(caller.get(path))["nodes_status"]
    of_linode = caller.rows(f"/linode/instances/{linode['id']}/nodebalancers")
    caller.post(f"/linode/instances/{linode['id']}/shutdown")
    clock.advance(60)
    off = made(caller.get(f"{path}/nodes/{node['id']}"))["status"]

    assert (node["status"], stranger["status"], seen) == ("Unknown", "Unknown", ["UP", "DOWN"])
    assert (counted, off) == ({"up": 1, "down": 1}, "DOWN")
    assert [one["id"] for one in of_linode] == [balancer["id"]]


def test_a_place_in_a_vpc_has_an_ipv6_range_where_one_is_asked_for(caller: Caller) -> None:
    auto = [{"range": "auto"}]
    body: Any = {"label": "net", "region": "us-ord", "ipv6": auto}
    body["subnets"] = [{"label": "s", "ipv4": "10.0.0.0/24", "ipv6": auto}]
    subnet = made(caller.post("/vpcs", body))["subnets"][0]
    range_ = subnet["ipv6"][0]["range"].replace("/56", "/64")

    def create(ipv6_range: str) -> Any:
        place = {"subnet_id": subnet["id"], "ipv6_range": ipv6_range}
        return caller.post("/nodebalancers", {"region": "us-ord", "type": "premium_40gb", "vpcs": [place]})

    new = made(create(range_))
    [place] = caller.rows(f"/nodebalancers/{new['id']}/vpcs")

    assert (new["type"], place["ipv6_range"]) == ("premium_40gb", range_)
    assert reasons(create(range_)) == [("vpcs[0].ipv6_range", "The addresses of the range are not free")]
    assert reasons(create("2001:db8:1::/64")) == [("vpcs[0].ipv6_range", "Must be a range within the subnet")]
    assert reasons(create("x"))[0][0] == "vpcs[0].ipv6_range"


def test_nodes_of_a_vpc_are_reached_from_a_range_of_it(caller: Caller) -> None:
    body: Any = {"label": "net", "region": "us-ord", "subnets": [{"label": "s", "ipv4": "10.0.0.0/24"}]}
    subnet = made(caller.post("/vpcs", body))["subnets"][0]
    vpc = f"/vpcs/{caller.rows('/vpcs')[0]['id']}"
    places: Any = [{"subnet_id": subnet["id"]}]
    new = made(caller.post("/nodebalancers", {"region": "us-ord", "vpcs": places, "configs": [{}]}))
    own = f"/nodebalancers/{new['id']}"
    nodes = f"{own}/configs/{caller.rows(own + '/configs')[0]['id']}/nodes"

    [place] = caller.rows(own + "/vpcs")
    node = made(caller.post(nodes, {"label": "web", "address": "10.0.0.9:80", "subnet_id": subnet["id"]}))
    outside = caller.post(nodes, {"label": "web", "address": "10.0.0.9:80"})
    taken = caller.post(
        "/nodebalancers", {"region": "us-ord", "vpcs": [{**places[0], "ipv4_range": "10.0.0.4/30"}]}
    )
    [row] = caller.rows(vpc + "/ips")

    assert (place["ipv4_range"], node["vpc_config_id"]) == ("10.0.0.4/30", place["id"])
    assert (row["nodebalancer_id"], row["address_range"]) == (new["id"], "10.0.0.4/30")
    assert reasons(outside) == [("address", "Must begin with 192.168")]
    assert reasons(taken)[0][0] == "vpcs[0].ipv4_range"
    assert made(caller.get(f"{vpc}/subnets/{subnet['id']}"))["nodebalancers"][0]["id"] == new["id"]
    assert caller.delete(vpc).status_code == 400
    made(caller.delete(own))
    made(caller.delete(vpc))


def test_a_rebuild_changes_makes_and_deletes_nodes(caller: Caller, path: str) -> None:
    kept, gone = (made(caller.post(path + "/nodes", {**NODE, "label": name})) for name in ("kept", "gone"))
    wanted: Any = [{"id": kept["id"], "label": "kept", "address": NODE["address"], "weight": 9}, NODE]

    made(caller.post(path + "/rebuild", {"port": 81, "nodes": wanted}))
    after = caller.rows(path + "/nodes")

    assert [(one["id"] == kept["id"], one["label"], one["weight"]) for one in after] == [
        (True, "kept", 9),
        (False, "web-1", 100),
    ]
    assert gone["id"] not in [one["id"] for one in after]
    assert made(caller.get(path))["port"] == 81


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"port": 0}, "port"),
        ({"port": 80}, "port"),
        ({"port": 81, "algorithm": "ring_hash"}, "algorithm"),
        ({"port": 81, "protocol": "tcp", "stickiness": "http_cookie"}, "stickiness"),
        ({"port": 81, "check": "connection"}, "check_timeout"),
        ({"port": 81, "check": "http", "check_timeout": 3}, "check_path"),
        ({"port": 81, "check": "http_body", "check_timeout": 3, "check_path": "/"}, "check_body"),
        ({"port": 81, "proxy_protocol": "v2"}, "proxy_protocol"),
        ({"port": 81, "protocol": "https", "ssl_key": KEY}, "ssl_cert"),
        ({"port": 81, "ssl_cert": "/etc/cert.pem"}, "ssl_cert"),
    ],
)
def test_what_a_config_is_refused_for(caller: Caller, path: str, body: Any, field: str) -> None:
    answer = caller.post(path.rpartition("/")[0], body)

    assert [name for name, _ in reasons(answer)] == [field]


def test_udp_has_a_port_of_its_own_and_other_defaults(caller: Caller, path: str) -> None:
    config = made(caller.post(path.rpartition("/")[0], {"protocol": "udp"}))

    seen = {
        name: config[name] for name in ("stickiness", "check_passive", "cipher_suite", "udp_session_timeout")
    }
    assert seen == {
        "stickiness": "session",
        "check_passive": False,
        "cipher_suite": "none",
        "udp_session_timeout": 2,
    }


def test_certificate_and_key_are_never_shown(caller: Caller, path: str) -> None:
    body = {"protocol": "https", "ssl_cert": CERTIFICATE, "ssl_key": KEY}

    config = made(caller.put(path, body))

    assert (config["ssl_cert"], config["ssl_key"]) == ("<REDACTED>", "<REDACTED>")
    assert (config["ssl_commonname"], config["ssl_fingerprint"]) == ("www.example.com", FINGERPRINT)


def test_what_nodes_and_balancers_are_refused_for(caller: Caller, path: str) -> None:
    assert reasons(caller.post("/nodebalancers")) == [("region", "region is required")]
    assert reasons(caller.post(path + "/nodes", {"label": "web", "address": "192.168.130.7"})) == [
        ("address", "Must be in address:port format")
    ]
    assert reasons(caller.post(path + "/nodes", {"label": "web", "address": "8.8.8.8:80"})) == [
        ("address", "Must begin with 192.168")
    ]
    assert reasons(caller.post("/nodebalancers", {"region": "us-ord", "label": "front"}))[0][0] == "label"


def test_a_token_for_reading_may_not_write_and_stats_come_later(
    caller: Caller, clock: HeldClock, account: str, balancer: dict[str, Any]
) -> None:
    own = f"/nodebalancers/{balancer['id']}"
    reader = Caller(caller.api, caller.api.add_token(account, "nodebalancers:read_only"))

    first, refused = reader.get(own + "/stats"), reader.put(own, {"label": "other"})
    clock.advance(301)
    later = made(reader.get(own + "/stats"))
    reader.close()

    assert reasons(first) == [(None, "Stats are unavailable at this time.")]
    assert (refused.status_code, later["data"]["connections"]) == (401, [])
    assert caller.rows("/nodebalancers/types")[0]["price"] == {"hourly": 0.015, "monthly": 10.0}
