"""The local API's answers against the OpenAPI description as observed (skipped without it)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.core.errors import ApiError
from emulators.linode_api.core.routes import endpoint_for
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, PASSWORD, Caller

DESCRIPTION = Path(__file__).parents[3] / "shared" / "openapi" / "linode-subset.observed.json"
pytestmark = pytest.mark.skipif(
    not DESCRIPTION.is_file(), reason="needs the description in ../shared/openapi"
)

Schema = dict[str, Any]
TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


@cache
def description() -> Schema:
    return dict(json.loads(DESCRIPTION.read_text(encoding="utf-8")))


def resolved(schema: Schema) -> Schema:
    while "$ref" in schema:
        target: Any = description()
        for name in schema["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        schema = target
    return schema


NEWER = ("locks", "frontend_address_type", "frontend_vpc_subnet_id")
"""Of a NodeBalancer: newer than the description."""


def faults(value: Any, schema: Schema, at: str = "$") -> Iterator[str]:
    """Why a value does not fit: the part of JSON Schema that the description uses."""
    schema = resolved(schema)
    if value is None:
        if not schema.get("nullable") and "type" in schema:
            yield f"{at} is null"
        return
    for part in schema.get("allOf", []):
        yield from faults(value, part, at)
    for word in ("oneOf", "anyOf"):
        if word in schema and all(list(faults(value, choice, at)) for choice in schema[word]):
            yield f"{at} fits no choice"
    yield from type_faults(value, schema, at)
    if isinstance(value, dict):
        yield from object_faults(value, schema, at)
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from faults(item, schema.get("items", {}), f"{at}[{number}]")


def type_faults(value: Any, schema: Schema, at: str) -> Iterator[str]:
    kind = schema.get("type")
    if kind and (
        not isinstance(value, TYPES[kind]) or (kind in ("integer", "number") and isinstance(value, bool))
    ):
        yield f"{at} is {value!r}, not {kind}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at} is {value!r}, none of {schema['enum']}"
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        yield f"{at} is {value!r}, not like {schema['pattern']}"


def object_faults(value: dict[str, Any], schema: Schema, at: str) -> Iterator[str]:
    known = schema.get("properties", {})
    yield from (f"{at}.{name} is missing" for name in schema.get("required", []) if name not in value)
    for name, item in value.items():
        if name in known:
            yield from faults(item, known[name], f"{at}.{name}")
        elif schema.get("additionalProperties") is False and name not in NEWER:
            yield f"{at}.{name} is not described"


@pytest.fixture(scope="module")
def linode_id(caller: Caller, clock: HeldClock) -> int:
    made = caller.create(**FROM_IMAGE, tags=["described"], private_ip=True, backups_enabled=True)
    clock.advance(120)
    return int(made["id"])


@pytest.fixture(scope="module")
def dns(caller: Caller) -> Iterator[Caller]:
    """An account of its own: the description lists no event of a domain, though the API sends them."""
    opened = Caller(caller.api, caller.api.add_token("dns"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def domain_id(dns: Caller) -> int:
    return int(dns.post("/domains", {**DOMAIN, "domain": "before.example"}).json()["id"])


@pytest.fixture(scope="module")
def balancer(dns: Caller) -> tuple[int, int]:
    """The ids of one and of its config; the described ones have a required key that no answer has."""
    id_ = int(dns.post("/nodebalancers", {"region": "us-ord"}).json()["id"])
    return id_, int(dns.post(f"/nodebalancers/{id_}/configs").json()["id"])


def is_served(method: str, path: str) -> bool:
    try:
        endpoint_for(method, path, beta=True)
    except ApiError:
        return False
    return True


def test_every_described_operation_is_served() -> None:
    operations = [
        (method.upper(), template)
        for template, described in description()["paths"].items()
        for method in described
        if method in ("get", "post", "put", "delete")
    ]

    assert len(operations) == 204
    assert [one for one in operations if not is_served(one[0], re.sub(r"\{\w+\}", "1", one[1]))] == []


CONFIG = "/nodebalancers/{nodeBalancerId}/configs/{configId}"
NODE = {"label": "first", "address": "192.168.140.7:80"}
DOMAIN = {"type": "master", "domain": "described.example", "soa_email": "ops@described.example"}
REBUILD = {"image": "linode/debian13", "root_pass": PASSWORD}


@pytest.mark.parametrize(
    ("method", "path", "template", "body"),
    [
        ("get", "/regions", "/regions", None),
        ("get", "/regions/us-ord", "/regions/{regionId}", None),
        ("get", "/regions/availability", "/regions/availability", None),
        ("get", "/regions/us-ord/availability", "/regions/{regionId}/availability", None),
        ("get", "/linode/types", "/linode/types", None),
        ("get", "/linode/types/g6-nanode-1", "/linode/types/{typeId}", None),
        ("get", "/linode/kernels", "/linode/kernels", None),
        ("get", "/images", "/images", None),
        ("get", "/images/linode%2Fdebian12", "/images/{imageId}", None),
        ("get", "/linode/instances", "/linode/instances", None),
        ("post", "/linode/instances", "/linode/instances", EMPTY),
        ("get", "/linode/instances/ID", "/linode/instances/{linodeId}", None),
        ("put", "/linode/instances/ID", "/linode/instances/{linodeId}", {"tags": ["described"]}),
        ("get", "/linode/instances/ID/disks", "/linode/instances/{linodeId}/disks", None),
        ("get", "/linode/instances/ID/configs", "/linode/instances/{linodeId}/configs", None),
        ("get", "/linode/instances/ID/ips", "/linode/instances/{linodeId}/ips", None),
        ("get", "/linode/instances/ID/backups", "/linode/instances/{linodeId}/backups", None),
        ("post", "/linode/instances/ID/rebuild", "/linode/instances/{linodeId}/rebuild", REBUILD),
        ("post", "/linode/instances/ID/backups/cancel", "/linode/instances/{linodeId}/backups/cancel", None),
        ("get", "/account", "/account", None),
        ("get", "/account/settings", "/account/settings", None),
        ("get", "/account/events", "/account/events", None),
        ("get", "/profile", "/profile", None),
        ("get", "/tags", "/tags", None),
        ("get", "/tags/described", "/tags/{tagLabel}", None),
        ("post", "/domains", "/domains", DOMAIN),
        ("get", "/domains", "/domains", None),
        ("post", "/domains/DNS/records", "/domains/{domainId}/records", {"type": "TXT", "target": "x"}),
        ("get", "/domains/DNS/records", "/domains/{domainId}/records", None),
        ("get", "/domains/DNS/zone-file", "/domains/{domainId}/zone-file", None),
        ("get", "/nodebalancers/types", "/nodebalancers/types", None),
        ("post", "/nodebalancers", "/nodebalancers", {"region": "us-ord", "tags": ["described"]}),
        ("get", "/nodebalancers", "/nodebalancers", None),
        ("put", "/nodebalancers/LB", "/nodebalancers/{nodeBalancerId}", {"client_conn_throttle": 3}),
        ("get", "/nodebalancers/LB/firewalls", "/nodebalancers/{nodeBalancerId}/firewalls", None),
        ("get", "/nodebalancers/LB/vpcs", "/nodebalancers/{nodeBalancerId}/vpcs", None),
        ("put", "/nodebalancers/LB/configs/PORT", CONFIG, {"check": "connection", "check_timeout": 4}),
        ("post", "/nodebalancers/LB/configs/PORT/nodes", CONFIG + "/nodes", NODE),
        ("get", "/nodebalancers/LB/configs/PORT/nodes", CONFIG + "/nodes", None),
        ("get", "/linode/instances/ID/nodebalancers", "/linode/instances/{linodeId}/nodebalancers", None),
        ("put", "/networking/ips/ADDRESS", "/networking/ips/{address}", {"rdns": None}),
    ],
)
def test_an_answer_fits_the_description(
    caller: Caller,
    dns: Caller,
    linode_id: int,
    domain_id: int,
    balancer: tuple[int, int],
    method: str,
    path: str,
    template: str,
    body: Any,
) -> None:
    operation = description()["paths"][template][method]
    content = resolved(operation["responses"]["200"])["content"]["application/json"]

    address = caller.linode(linode_id)["ipv4"][0]
    path = path.replace("ID", str(linode_id)).replace("DNS", str(domain_id)).replace("ADDRESS", address)
    path = path.replace("LB", str(balancer[0])).replace("PORT", str(balancer[1]))
    answer = (dns if path.startswith(("/domains", "/nodebalancers")) else caller).send(
        method.upper(), path, body
    )

    assert answer.status_code == 200, answer.text
    assert list(faults(answer.json(), content["schema"])) == []
