"""Whatever a body holds, the local API answers as an API does: never with a failure of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, strategies as st

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.core.routes import ENDPOINTS, TEXTS
from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import FROM_IMAGE, Caller, made

FIELDS = [
    "label", "tags", "type", "region", "image", "size", "rules", "devices", "interfaces", "alerts", "backups",
    "metadata", "placement_group", "linodes", "firewall_ids", "ipv4", "ipv6", "public", "vpc", "vlan", "helpers",
    "kernel", "config_id", "disk_id", "linode_id", "backup_id", "stackscript_id", "stackscript_data", "script",
    "images", "authorized_keys", "authorized_users", "root_pass", "password", "default_route", "network_helper",
    "entity_type", "entity_id", "lock_type", "address", "reserved", "subnets", "ids", "purpose", "subnet_id",
    "id", "scopes", "expiry", "username", "global", "swap_size", "boot_size", "firewall_id", "inbound", "status",
    "placement_group_type", "placement_group_policy", "interface_generation", "inbound_policy", "outbound_policy",
    "primary", "ip_ranges", "user_data", "vlan_label", "addresses", "schedule", "description", "ssh_key",
    "domain", "soa_email", "master_ips", "axfr_ips", "ttl_sec", "name", "target", "priority", "weight", "port",
    "service", "protocol", "tag", "rdns", "remote_nameserver", "group", "domains", "volumes",
    "configs", "nodes", "vpcs", "nodebalancers", "check", "check_path", "check_interval", "ssl_cert", "ssl_key", "mode",
    "ipv4_range", "algorithm", "client_conn_throttle", "disks", "assignments", "vpc_type", "range", "encryption",
    "reserved_ipv4_addresses", "email", "restricted", "authorized_keys", "persist_across_boots", "account_access",
]  # fmt: skip
GOOD = st.sampled_from(
    [
        "us-ord",
        "g6-nanode-1",
        "linode/debian12",
        "a-label",
        "10.0.0.0/24",
        "ACCEPT",
        "linode",
        "vpc",
        "vlan",
        "public",
        "a.example",
        "master",
        *("A", "SRV", "TXT", "CAA", "MX"),
        *("https", "udp", "http_body", "192.168.128.7:80", "10.0.0.8:80"),
    ]
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**40) | st.floats(0, 1) | st.text(max_size=5) | GOOD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=6,
)
BODIES = st.dictionaries(st.sampled_from(FIELDS), JUNK, max_size=8)
WRITES = [one for found in ENDPOINTS.values() for one in found if one.method in ("POST", "PUT")]


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    with LocalApi(tmp_path_factory.mktemp("junk") / "api.db", clock=HeldClock(), limits=False) as api:
        opened = Caller(api, api.add_token(), "/v4beta")
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def ids(caller: Caller) -> dict[str, int]:
    """One of each kind of thing, by the word that stands for it in a path; `own` has interfaces of its own."""
    clock = caller.api.clock
    assert isinstance(clock, HeldClock)
    linode = caller.create(**FROM_IMAGE, booted=False, interfaces=[{"purpose": "public"}])
    own: list[Any] = [{"public": {}, "firewall_id": None}]
    new = caller.create(**FROM_IMAGE, booted=False, interface_generation="linode", interfaces=own)
    clock.advance(100)
    path = f"/linode/instances/{linode['id']}"
    body: Any = {"label": "v", "region": "us-ord", "subnets": [{"label": "s", "ipv4": "10.0.0.0/24"}]}
    vpc = made(caller.post("/vpcs", body))
    policies = {"inbound_policy": "DROP", "outbound_policy": "DROP"}
    group = {"placement_group_type": "anti_affinity:local", "placement_group_policy": "strict"}
    script = {"label": "mine", "images": ["any/all"], "script": "#!/bin/sh\n"}
    new_things: dict[str, tuple[str, Any]] = {
        "firewall": ("/networking/firewalls", {"label": "guard", "rules": policies}),
        "placement_group": ("/placement/groups", {"label": "g", "region": "us-ord", **group}),
        "volume": ("/volumes", {"label": "data", "region": "us-ord"}),
        "stackscript": ("/linode/stackscripts", script),
    }
    config = caller.rows(path + "/configs")[0]
    master = {"type": "master", "domain": "junk.example", "soa_email": "ops@junk.example"}
    domain = made(caller.post("/domains", master))
    record = made(caller.post(f"/domains/{domain['id']}/records", {"type": "TXT", "target": "x"}))
    vpcs: Any = [{"subnet_id": vpc["subnets"][0]["id"]}]
    balancer = made(caller.post("/nodebalancers", {"region": "us-ord", "vpcs": vpcs}))
    ports = f"/nodebalancers/{balancer['id']}/configs"
    port = made(caller.post(ports, {}))
    node = {"label": "node", "address": "192.168.128.7:80"}
    return {
        "nodebalancer": balancer["id"],
        "nodebalancer_config": port["id"],
        "nodebalancer_node": made(caller.post(f"{ports}/{port['id']}/nodes", node))["id"],
        "domain": domain["id"],
        "domain_record": record["id"],
        **{word: made(caller.post(*thing))["id"] for word, thing in new_things.items()},
        "linode": linode["id"],
        "own": new["id"],
        "vpc": vpc["id"],
        "subnet": vpc["subnets"][0]["id"],
        "disk": caller.rows(path + "/disks")[0]["id"],
        "config": config["id"],
        "interface_id": config["interfaces"][0]["id"],
        "interface": caller.get(f"/linode/instances/{new['id']}/interfaces").json()["interfaces"][0]["id"],
    }


def address(path: str, ids: dict[str, int]) -> str:
    """A path with ids that exist, as far as there are any."""
    path = path.replace("{linode}/interfaces", "{own}/interfaces")
    return re.sub(r"{(\w+)}", lambda word: str(ids.get(word[1], "x" if word[1] in TEXTS else 1)), path)


@given(one=st.sampled_from(WRITES), body=BODIES)
def test_no_body_makes_the_local_api_fail(caller: Caller, ids: dict[str, int], one: Any, body: Any) -> None:
    answer = caller.send(one.method, address(one.path, ids), body)

    assert answer.status_code < 500, (one.method, one.path, body)
