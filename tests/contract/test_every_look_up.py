"""Every look-up finds what an account has, by each of its attributes, and stands in docs/catalogs.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.server import LocalApi
from providers.linode import catalogs
from providers.linode.api.client import LinodeClient
from providers.linode.api.connection import Connection
from providers.linode.api.transport import Transport
from providers.linode.catalogs import FirewallTemplates, NodeBalancerTypes, Priced, TransferPrices, find
from providers.linode.catalogs.attributes import Table
from providers.linode.project import PROJECT

TABLES = [found for name in catalogs.__all__ if isinstance(found := getattr(catalogs, name), Table)]
COMPARED = {"text": "__eq__", "word": "__eq__", "number": "__eq__", "flag": "is_", "words": "contains"}
"""How an attribute of a kind is compared with one value."""

Json = Any


class Row(BaseModel):
    """Whatever a list has."""

    model_config = ConfigDict(extra="allow")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LinodeClient]:
    """Of the beta API, which has all lists; its account has two of most things."""
    with LocalApi(tmp_path_factory.mktemp("look-ups") / "api.db", clock=HeldClock(), limits=False) as api:
        transport = Transport(Connection(f"{api.url}/v4beta", api.add_token("look-ups"), "LINODE_TOKEN"))
        client = LinodeClient(transport)
        for n in (1, 2):
            make(client, n)
        yield client
        transport.close()


def make(client: LinodeClient, n: int) -> None:
    """One of each thing, in a region of its own."""
    region, label, tags = ("us-ord", "de-fra-2")[n - 1], f"thing-{n}", [f"tag-{n}"]
    post = client.post_once
    subnets = [{"label": f"part-{n}", "ipv4": f"10.0.{n}.0/24"}]
    network: Json = post("/vpcs", {"label": label, "region": region, "subnets": subnets})
    subnet = network["subnets"][0]["id"]
    inside: Json = {"purpose": "vpc", "subnet_id": subnet}
    server = {"type": "g6-nanode-1", "region": region, "label": label, "tags": tags, "booted": False}
    disk = {"image": "linode/debian13", "root_pass": "aComplex@Password123", "interfaces": [inside]}
    linode = post("/linode/instances", {**server, **disk})["id"]
    rules = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"}
    post("/networking/firewalls", {"label": label, "tags": tags, "rules": rules})
    node = {"label": label, "address": f"10.0.{n}.7:80", "subnet_id": subnet}
    ports = [{"port": 80 + n, "nodes": [node]}]
    place = {"subnet_id": subnet, "ipv4_range": f"10.0.{n}.16/28"}
    post(
        "/nodebalancers", {"label": label, "region": region, "tags": tags, "vpcs": [place], "configs": ports}
    )
    zone = {"domain": f"{label}.example", "type": "master", "soa_email": "a@example.org", "tags": tags}
    records = f"/domains/{post('/domains', zone)['id']}/records"
    post(records, {"type": "A", "name": "www", "target": "192.0.2.1"})
    post(records, {"type": "CAA", "name": "", "tag": "issue", "target": "example.net"})
    key = f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{'AB'[n - 1] * 43} me"
    post("/profile/sshkeys", {"label": label, "ssh_key": key})
    post("/linode/stackscripts", {"label": label, "script": "#!/bin/sh", "images": ["any/all"]})
    post("/networking/reserved/ips", {"region": region})
    post("/networking/ipv6/ranges", {"linode_id": linode, "prefix_length": 64})
    kind = {"placement_group_type": "anti_affinity:local", "placement_group_policy": "strict"}
    post("/placement/groups", {"label": label, "region": region, **kind})
    post("/volumes", {"label": label, "region": region, "tags": tags})
    post("/account/users", {"username": label, "email": "a@example.org", "restricted": True})


def placed(client: LinodeClient, path: str) -> str:
    """The path of a list, in the first of what it is of."""
    while "{" in path:
        parent = path.partition("{")[0].rstrip("/")
        path = re.sub(r"\{\w+\}", str(client.list_rows(parent)[0]["id"]), path, count=1)
    return path


def value_of(row: Json, name: str) -> Json:
    """That of an attribute; of a list the first."""
    for step in name.split("."):
        row = (row or {}).get(step)
    return row[0] if isinstance(row, list) and row else row


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_a_look_up_finds_what_there_is_by_each_attribute(client: LinodeClient, table: Table) -> None:
    path = placed(client, table.path)
    rows = client.list_rows(path)
    assert rows

    asked = 0
    for attribute in map(table.attribute, table.names()):
        name, how = attribute.field.api_name, COMPARED.get(attribute.field.kind)
        wanted = next((value for row in rows if (value := value_of(row, name)) not in (None, [])), None)
        if how is None or wanted is None:
            continue
        where = getattr(attribute, how)(wanted)
        found = find(client, table, Row, where, path=path)
        assert [each.model_dump() for each in found] == [row for row in rows if where.holds(row)]
        assert found
        asked += 1
    assert asked


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_a_look_up_is_in_the_document(table: Table) -> None:
    text = (PROJECT / "docs" / "catalogs.md").read_text(encoding="utf-8")

    assert re.search(rf"\b{table.__name__}\b", text)


def test_a_template_has_the_rules_of_a_firewall(client: LinodeClient) -> None:
    (public,) = find(client, FirewallTemplates, Row, FirewallTemplates.slug == "public")

    rules: Json = public.model_dump()["rules"]
    made: Json = client.post_once("/networking/firewalls", {"label": "from-template", "rules": rules})
    assert {"inbound", "inbound_policy", "outbound", "outbound_policy"} <= rules.keys()
    assert made["rules"]["inbound_policy"] == rules["inbound_policy"]


def test_prices_are_read_for_a_region(client: LinodeClient) -> None:
    (balancer,) = find(client, NodeBalancerTypes, Priced, NodeBalancerTypes.id == "nodebalancer")
    (traffic,) = find(client, TransferPrices, Priced, TransferPrices.id == "network_transfer")

    assert (balancer.monthly_usd("us-ord"), balancer.monthly_usd("br-gru")) == (10.0, 14.0)
    assert (traffic.price.hourly_usd, traffic.region_prices[0].hourly_usd) == (0.005, 0.015)
