"""Addresses of VPCs, their subnets and the IPs in them; VLANs."""

from __future__ import annotations

from typing import Any

from emulators.linode_api import records, vlans, vpcs
from emulators.linode_api.calls import Answer, Call, Endpoint, endpoint, nothing
from emulators.linode_api.limits import COLLECTION, Budget
from emulators.linode_api.records import Record
from emulators.linode_api.scopes import PUBLIC

Json = dict[str, Any]

ONE_SUBNET = "/{id}/subnets/{subnet}"


def vpc(call: Call) -> Record:
    return records.find(call.account, "vpc", call.id)


def subnet(call: Call) -> Record:
    return vpcs.find_subnet(call.account, call.id, call.number("subnet"))


def list_addresses(call: Call) -> Json:
    return call.page(vpcs.address_rows(call.account, vpc(call).id), vpcs.ADDRESSES)


def on_vpc(
    method: str,
    path: str,
    answer: Answer,
    *budgets: Budget,
    scope: str | None = None,
    grant: str | None = None,
) -> Endpoint:
    """Reading asks for no scope, yet it needs a token: recording TestVPC_CreateGet."""
    scope = scope or (PUBLIC if method == "GET" else "vpc:read_write")
    return endpoint(method, "/vpcs" + path, scope, answer, *budgets, grant=grant)


ENDPOINTS = (
    on_vpc("GET", "", lambda c: c.page(vpcs.vpc_rows(c.account), vpcs.FILTERABLE), COLLECTION),
    on_vpc("POST", "", lambda c: vpcs.vpc_row(c.account, vpcs.create(c.account, c.body)), grant="add_vpcs"),
    on_vpc(
        "GET",
        "/ips",
        lambda c: c.page(vpcs.address_rows(c.account), vpcs.ADDRESSES),
        COLLECTION,
        scope="ips:read_only",
    ),
    on_vpc("GET", "/{id}", lambda c: vpcs.vpc_row(c.account, vpc(c))),
    on_vpc("PUT", "/{id}", lambda c: vpcs.vpc_row(c.account, vpcs.update(c.account, vpc(c), c.body))),
    on_vpc("DELETE", "/{id}", nothing(lambda c: vpcs.delete(c.account, vpc(c)))),
    on_vpc("GET", "/{id}/ips", list_addresses, COLLECTION, scope="ips:read_only"),
    on_vpc(
        "GET",
        "/{id}/subnets",
        lambda c: c.page(vpcs.subnet_rows(c.account, vpc(c)), vpcs.SUBNETS),
        COLLECTION,
    ),
    on_vpc(
        "POST",
        "/{id}/subnets",
        lambda c: vpcs.subnet_row(c.account, vpcs.add_subnet(c.account, vpc(c), c.body)),
    ),
    on_vpc("GET", ONE_SUBNET, lambda c: vpcs.subnet_row(c.account, subnet(c))),
    on_vpc(
        "PUT",
        ONE_SUBNET,
        lambda c: vpcs.subnet_row(c.account, vpcs.update_subnet(c.account, subnet(c), c.body)),
    ),
    on_vpc("DELETE", ONE_SUBNET, nothing(lambda c: vpcs.delete_subnet(c.account, subnet(c)))),
    endpoint(
        "GET",
        "/networking/vlans",
        "linodes:read_only",
        lambda c: c.page(vlans.rows(c.account), vlans.FILTERABLE),
        COLLECTION,
    ),
)
