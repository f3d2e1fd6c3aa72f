"""Whatever a body holds, the local API answers as an API does: never with a failure of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.endpoints import ENDPOINTS
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
    ]
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**40) | st.floats(0, 1) | st.text(max_size=5) | GOOD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=6,
)
BODIES = st.dictionaries(st.sampled_from(FIELDS), JUNK, max_size=8)
WRITES = [one for one in ENDPOINTS if one.method in ("POST", "PUT")]


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    with LocalApi(tmp_path_factory.mktemp("junk") / "api.db", clock=HeldClock(), limits=False) as api:
        opened = Caller(api, api.add_token(), "/v4beta")
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def ids(caller: Caller) -> dict[str, Any]:
    """One of each kind of thing; `{id}` is chosen by the path."""
    linode = caller.create(**FROM_IMAGE, booted=False, interfaces=[{"purpose": "public"}])
    clock = caller.api.clock
    assert isinstance(clock, HeldClock)
    clock.advance(100)
    path = f"/linode/instances/{linode['id']}"
    body: Any = {"label": "v", "region": "us-ord", "subnets": [{"label": "s", "ipv4": "10.0.0.0/24"}]}
    vpc = made(caller.post("/vpcs", body))
    policies = {"inbound_policy": "DROP", "outbound_policy": "DROP"}
    guard = made(caller.post("/networking/firewalls", {"label": "guard", "rules": policies}))
    group = {"placement_group_type": "anti_affinity:local", "placement_group_policy": "strict"}
    config = caller.rows(path + "/configs")[0]
    own: list[Any] = [{"public": {}, "firewall_id": None}]
    new = caller.create(**FROM_IMAGE, booted=False, interface_generation="linode", interfaces=own)
    script = {"label": "mine", "images": ["any/all"], "script": "#!/bin/sh\n"}
    clock.advance(100)
    return {
        "/linode/instances": linode["id"],
        "/linode/instances/{id}/interfaces": new["id"],
        "/vpcs": vpc["id"],
        "/networking/firewalls": guard["id"],
        "/placement/groups": made(
            caller.post("/placement/groups", {"label": "g", "region": "us-ord", **group})
        )["id"],
        "/volumes": made(caller.post("/volumes", {"label": "data", "region": "us-ord"}))["id"],
        "/linode/stackscripts": made(caller.post("/linode/stackscripts", script))["id"],
        "disk": caller.rows(path + "/disks")[0]["id"],
        "config": config["id"],
        "interface": config["interfaces"][0]["id"],
        "own": caller.get(f"/linode/instances/{new['id']}/interfaces").json()["interfaces"][0]["id"],
        "subnet": vpc["subnets"][0]["id"],
    }


def address(pattern: str, ids: dict[str, Any]) -> str:
    """A path with ids that exist, as far as there are any."""
    path = pattern.replace("\\", "")
    own = path.startswith("/linode/instances/(?P<id>[0-9]{1,18})/interfaces")
    first = ids["/linode/instances/{id}/interfaces"] if own else 1
    for prefix in sorted(
        (key for key in ids if key.startswith("/") and "{" not in key), key=len, reverse=True
    ):
        if not own and path.startswith(prefix):
            first = ids[prefix]
            break
    for word in ("disk", "config", "interface", "subnet", "backup", "device"):
        found = ids["own"] if word == "interface" and own else ids.get(word, 1)
        path = path.replace(f"(?P<{word}>[0-9]{{1,18}})", str(found))
    return (
        path.replace("(?P<id>[0-9]{1,18})", str(first))
        .replace("(?P<name>.+)", "x")
        .replace("(?P<address>[^/]+)", "x")
    )


@given(one=st.sampled_from(WRITES), body=BODIES)
def test_no_body_makes_the_local_api_fail(caller: Caller, ids: dict[str, Any], one: Any, body: Any) -> None:
    answer = caller.send(one.method, address(one.pattern.pattern, ids), body)

    assert answer.status_code < 500, (one.method, one.pattern.pattern, body)
