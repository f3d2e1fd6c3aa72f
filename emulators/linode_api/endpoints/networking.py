"""Addresses of a Linode's IPs, of the account's, reserved ones, and firewalls."""

from __future__ import annotations

from typing import Any

from emulators.linode_api import allocation, firewalls, ips, records
from emulators.linode_api.calls import Answer, Call, Endpoint, endpoint, nothing
from emulators.linode_api.endpoints.instances import on_instance
from emulators.linode_api.errors import not_found
from emulators.linode_api.limits import COLLECTION, RESERVED, RESERVED_BURST, Budget
from emulators.linode_api.records import Record

Json = dict[str, Any]

READ_IPS, WRITE_IPS = "ips:read_only", "ips:read_write"
ONE_RESERVED = "/networking/reserved/ips/{address}"
NO_DEFAULTS = {"linode": None, "nodebalancer": None, "public_interface": None, "vpc_interface": None}


def linode_address(call: Call) -> Json:
    for row in ips.linode_ipv4_rows(call.account, call.linode):
        if row["address"] == call.name:
            return row
    raise not_found()


def reserved_rows(call: Call) -> Json:
    rows = [ips.reserved_row(call.account, one) for one in ips.reserved(call.account).values()]
    return call.page(rows, ips.FILTERABLE)


def firewall(call: Call) -> Record:
    return records.find(call.account, "firewall", call.id)


def device(call: Call) -> Record:
    firewall(call)
    return records.find(call.account, "device", call.number("device"), call.id)


def shown(call: Call, one: Record) -> Json:
    return firewalls.firewall_row(call.account, one)


def page_of(call: Call, found: list[Record]) -> Json:
    return call.page([shown(call, one) for one in found], firewalls.FILTERABLE)


def list_devices(call: Call) -> Json:
    held = records.all_of(call.account, "device", firewall(call).id)
    return call.page([firewalls.device_row(call.account, one) for one in held], firewalls.DEVICES)


def on_firewall(
    method: str, path: str, answer: Answer, *budgets: Budget, grant: str | None = None
) -> Endpoint:
    scope = "firewall:read_only" if method == "GET" else "firewall:read_write"
    return endpoint(method, "/networking/firewalls" + path, scope, answer, *budgets, grant=grant)


IPS = (
    on_instance("GET", "/{id}/ips", lambda c: ips.linode_ips(c.account, c.linode)),
    on_instance("POST", "/{id}/ips", lambda c: allocation.add_to_linode(c.account, c.linode, c.body)),
    on_instance("GET", "/{id}/ips/{address}", linode_address),
    on_instance(
        "DELETE",
        "/{id}/ips/{address}",
        nothing(lambda c: allocation.remove_from_linode(c.account, c.linode, c.name)),
    ),
    endpoint(
        "GET",
        "/networking/ips",
        READ_IPS,
        lambda c: c.page(ips.all_rows(c.account), ips.FILTERABLE),
        COLLECTION,
    ),
    endpoint("POST", "/networking/ips", WRITE_IPS, lambda c: allocation.allocate(c.account, c.body)),
    endpoint("GET", "/networking/ips/{address}", READ_IPS, lambda c: ips.find_row(c.account, c.name)),
    endpoint("GET", "/networking/reserved/ips", READ_IPS, reserved_rows, COLLECTION),
    endpoint(
        "POST",
        "/networking/reserved/ips",
        WRITE_IPS,
        lambda c: ips.reserved_row(c.account, ips.reserve(c.account, c.body)),
    ),
    endpoint(
        "GET",
        ONE_RESERVED,
        READ_IPS,
        lambda c: ips.reserved_row(c.account, ips.find_reserved(c.account, c.name)),
        RESERVED,
        RESERVED_BURST,
    ),
    endpoint(
        "DELETE",
        ONE_RESERVED,
        WRITE_IPS,
        nothing(lambda c: ips.unreserve(c.account, c.name)),
        RESERVED,
        RESERVED_BURST,
    ),
)
FIREWALLS = (
    on_instance(
        "GET", "/{id}/firewalls", lambda c: page_of(c, firewalls.of_thing(c.account, c.linode.id)), COLLECTION
    ),
    on_instance(
        "PUT", "/{id}/firewalls", lambda c: page_of(c, firewalls.replace_all(c.account, c.linode, c.body))
    ),
    on_instance("POST", "/{id}/firewalls/apply", nothing(lambda c: c.linode)),
    on_firewall("GET", "", lambda c: page_of(c, records.all_of(c.account, "firewall")), COLLECTION),
    on_firewall("POST", "", lambda c: shown(c, firewalls.create(c.account, c.body)), grant="add_firewalls"),
    on_firewall("GET", "/settings", lambda _: {"default_firewall_ids": dict(NO_DEFAULTS)}),
    on_firewall("GET", "/{id}", lambda c: shown(c, firewall(c))),
    on_firewall("PUT", "/{id}", lambda c: shown(c, firewalls.update(c.account, firewall(c), c.body))),
    on_firewall("DELETE", "/{id}", nothing(lambda c: firewalls.delete(c.account, firewall(c)))),
    on_firewall("GET", "/{id}/rules", lambda c: firewall(c).body["rules"]),
    on_firewall("PUT", "/{id}/rules", lambda c: firewalls.update_rules(c.account, firewall(c), c.body)),
    on_firewall("GET", "/{id}/devices", list_devices, COLLECTION),
    on_firewall(
        "POST",
        "/{id}/devices",
        lambda c: firewalls.device_row(c.account, firewalls.add_device(c.account, firewall(c), c.body)),
    ),
    on_firewall("GET", "/{id}/devices/{device}", lambda c: firewalls.device_row(c.account, device(c))),
    on_firewall(
        "DELETE",
        "/{id}/devices/{device}",
        nothing(lambda c: firewalls.remove_device(c.account, firewall(c), device(c))),
    ),
)
ENDPOINTS = (*IPS, *FIREWALLS)
