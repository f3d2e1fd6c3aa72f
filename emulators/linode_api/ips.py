"""Addresses of an account: those of its Linodes, and reserved ones, which outlive a Linode.

Source: recordings TestIPAddress_Instance_Allocate, TestIPAddress_Instance_Delete, TestReservedIPAddresses_*;
API pages "Allocate an IP address", "Reserve an IP address". Texts marked * are a choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulators.linode_api import addresses, linodes, records, subnets
from emulators.linode_api.account import Account
from emulators.linode_api.addresses import Owner
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.errors import bad_request, not_found
from emulators.linode_api.filters import Attributes
from emulators.linode_api.linodes import Linode
from emulators.linode_api.records import Record

Json = dict[str, Any]
Body = Mapping[str, Any]

FILTERABLE = Attributes(frozenset({"address", "linode_id", "region", "reserved", "type", "public", "rdns"}))
MOST_RESERVED = 14
TOO_MANY = (
    "Additional Reserved IPv4 addresses require technical justification."
    "  Please contact support describing your requirement."
)


def new_public(account: Account) -> str:
    """An address that nobody has had before."""
    return addresses.later_ipv4(records.next_id(account.database, "address"))


def reserved(account: Account) -> dict[str, Record]:
    return {one.body["address"]: one for one in records.all_of(account, "reserved")}


def owners(account: Account, linode: Linode) -> dict[str, Owner]:
    """Who has each of a Linode's addresses, in the order in which they were added."""
    nats, interfaces = {}, {}
    for one in subnets.attachments(account):
        if one.linode_id == linode.id and one.nat_1_1:
            nats[one.nat_1_1] = {"vpc_id": one.vpc_id, "subnet_id": one.subnet_id, "address": one.address}
            interfaces[one.nat_1_1] = one.interface_id if one.config_id is None else None
    for record in records.all_of(account, "interface", linode.id):
        for entry in (record.body.get("public") or {}).get("ipv4", {}).get("addresses", []):
            interfaces[entry["address"]] = record.id
    entity = {name: linode.entity[name] for name in ("id", "type", "label", "url")}
    return {
        address: Owner(linode.id, entity, interfaces.get(address), nats.get(address))
        for address in linode.body["ipv4"]
    }


def linode_ipv4_rows(account: Account, linode: Linode) -> list[Json]:
    kept = reserved(account)
    return [
        addresses.ipv4_row(address, linode.body["region"], owner, reserved=address in kept)
        for address, owner in owners(account, linode).items()
    ]


def linode_ips(account: Account, linode: Linode) -> Json:
    """GET /linode/instances/{id}/ips: an object, not a page."""
    rows = linode_ipv4_rows(account, linode)
    found = [one for one in subnets.attachments(account) if one.linode_id == linode.id]
    public = [row for row in rows if row["public"]]
    return {
        "ipv4": {
            "public": [row for row in public if not row["reserved"]],
            "private": [row for row in rows if not row["public"]],
            "shared": [],
            "reserved": [row for row in public if row["reserved"]],
            "vpc": [subnets.address_row(account, one) for one in found],
        },
        "ipv6": ipv6_part(linode),
    }


def ipv6_part(linode: Linode) -> Json:
    region = linode.body["region"]
    address = (linode.body["ipv6"] or "").partition("/")[0]
    local = "fe80::f03c:" + address.partition(":f03c:")[2]
    return {
        "slaac": addresses.ipv6_row(linode.id, region, address, public=True) if address else None,
        "link_local": addresses.ipv6_row(linode.id, region, local, public=False) if address else None,
        "global": [],
        "vpc": [],
    }


def all_rows(account: Account) -> list[Json]:
    """GET /networking/ips: IPv4 only; reserved ones without a Linode come last."""
    free = {one.body["address"] for one in waiting(account)}
    rows = [
        row | {"tags": []}
        for linode in linodes.all_linodes(account)
        for row in linode_ipv4_rows(account, linode)
        if row["address"] not in free  # a Linode that is being deleted has left it already
    ]
    return rows + [reserved_row(account, one) for one in waiting(account)]


def waiting(account: Account) -> list[Record]:
    return [one for one in records.all_of(account, "reserved") if one.body["linode_id"] is None]


def reserved_row(account: Account, one: Record) -> Json:
    address, region_id, linode_id = (one.body[name] for name in ("address", "region", "linode_id"))
    owner = owners(account, linodes.find_linode(account, linode_id))[address] if linode_id else None
    return addresses.ipv4_row(address, region_id, owner, reserved=True) | {"tags": one.body["tags"]}


def find_row(account: Account, address: str) -> Json:
    for row in all_rows(account):
        if row["address"] == address:
            return row
    raise not_found()


def reserve(account: Account, body: Body) -> Record:
    """POST /networking/reserved/ips. Raises ApiError 400 past the account's limit."""
    if str(body.get("region")) not in catalogs().region_by_id:
        raise bad_request("region is not valid", "region")
    return keep(account, new_public(account), str(body["region"]), None, list(body.get("tags") or []))


def keep(
    account: Account, address: str, region_id: str, linode_id: int | None, tags: list[str] | None = None
) -> Record:
    if len(records.all_of(account, "reserved")) >= MOST_RESERVED:
        raise bad_request(TOO_MANY)
    body = {"address": address, "region": region_id, "linode_id": linode_id, "tags": tags or []}
    return records.add(account, "reserved", body)


def find_reserved(account: Account, address: str) -> Record:
    if address not in reserved(account):
        raise not_found()
    return reserved(account)[address]


def unreserve(account: Account, address: str) -> None:
    """An address in use stays with its Linode as an ordinary one."""
    records.remove(account, find_reserved(account, address))


def release(account: Account, linode_id: int) -> None:
    """A Linode that goes, or moves, leaves its reserved addresses behind."""
    for one in records.all_of(account, "reserved"):
        if one.body["linode_id"] == linode_id:
            records.change(account, one, {"linode_id": None})


def assign_reserved(account: Account, address: str, linode_id: int) -> None:
    records.change(account, find_reserved(account, address), {"linode_id": linode_id})
