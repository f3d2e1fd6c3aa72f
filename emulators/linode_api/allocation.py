"""Giving addresses to Linodes and taking them away. Texts marked * are a choice.

Source: recordings TestIPAddress_Instance_Allocate, TestIPAddress_Instance_Delete, TestInstance_CreateWith…; API
pages "Allocate an IPv4 address", "Delete an IPv4 address".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.linode_api import addresses, events, ips, linodes, records
from emulators.linode_api.account import Account
from emulators.linode_api.errors import Problem, bad_request, not_found
from emulators.linode_api.linodes import Linode, public_addresses, save, with_body
from emulators.linode_api.validation import raise_if

Json = dict[str, Any]
Body = Mapping[str, Any]


def create_problems(account: Account, body: Body) -> list[Problem]:
    """`ipv4` of a create: one reserved address without a Linode, in its region."""
    wanted = body.get("ipv4")
    if wanted is None:
        return []
    known = ips.reserved(account)
    if not isinstance(wanted, list) or len(wanted) != 1 or str(wanted[0]) not in known:
        return [("ipv4", "Must provide a single valid reserved ipv4 address")]
    one = known[wanted[0]]
    if one.body["linode_id"] is not None:
        return [("ipv4", "Address must be currently unassigned.")]
    if one.body["region"] != body.get("region"):
        return [("ipv4", "Address must belong to same region as linode.")]
    return []


def add_to_linode(account: Account, linode: Linode, body: Body) -> Json:
    """POST /linode/instances/{id}/ips: a private, a public, or a reserved `address`."""
    problems = [*type_problems(body), *address_problems(account, linode, body)]
    raise_if(problems)
    if body.get("public") is not True:
        return add_private(account, linode)
    address = body.get("address")
    with account.database.transaction():
        if address:
            ips.assign_reserved(account, address, linode.id)
        return attach(account, linode, address or ips.new_public(account))


def type_problems(body: Body) -> list[Problem]:
    known = body.get("type") == "ipv4"
    return [] if known else [(None, "Only addresses of type ipv4 are currently supported.")]


def address_problems(account: Account, linode: Linode, body: Body) -> list[Problem]:
    if "address" not in body:
        return []
    address = body["address"]
    if body.get("public") is not True:
        return [("address", "Cannot reserve a private address.")]
    if not isinstance(address, str) or address.count(".") != 3:
        return [("address", "Must provide a valid reserved address")]
    one = ips.reserved(account).get(address)
    if one is None or one.body["linode_id"] is not None:
        return [("address", "Address must be reserved and must be currently unassigned.")]
    if one.body["region"] != linode.body["region"]:
        return [("address", "Address must belong to same region as linode.")]
    return []


def add_private(account: Account, linode: Linode) -> Json:
    if len(linode.body["ipv4"]) > len(public_addresses(linode)):
        raise bad_request("Linode already has a private IPv4 address.")  # *
    return attach(account, linode, addresses.private_ipv4(linode.id))


def attach(account: Account, linode: Linode, address: str) -> Json:
    """Gives the Linode one more address. Raises ApiError 400 for Linode interfaces."""
    if linode.body["interface_generation"] == "linode":
        raise bad_request("Addresses of a Linode with Linode interfaces belong to its interfaces.")  # *
    with account.database.transaction():
        changed = with_body(linode, {"ipv4": [*linode.body["ipv4"], address]})
        save(account, replace(changed, updated=account.clock.now()))
        events.notify(account, "linode_addip", linode.entity)
    return next(row for row in ips.linode_ipv4_rows(account, changed) if row["address"] == address)


def allocate(account: Account, body: Body) -> Json:
    """POST /networking/ips, in the words of recording TestIPAddress_Instance_Allocate."""
    raise_if(type_problems(body))
    keeps, region, linode_id = (body.get(name) for name in ("reserved", "region", "linode_id"))
    if keeps and body.get("public") is not True:
        raise bad_request("Cannot reserve a private address.", "public")
    if linode_id is None:
        if not keeps:
            raise bad_request("Linode is a required argument when not reserving an IP address.", "linode_id")
        if not region:
            raise bad_request("A datacenter or a Linode must be provided when reserving an address.")
        return without_tags(ips.reserved_row(account, ips.reserve(account, {"region": region})))
    linode = linodes.get_linode(account, linode_id)
    if linode is None:
        raise bad_request("Linode is not active", "linode_id")
    if region and region != linode.body["region"]:
        raise bad_request("Region passed in must match Linode's region.", "region")
    if body.get("public") is not True:
        return add_private(account, linode)
    address = ips.new_public(account)
    with account.database.transaction():
        if keeps:
            ips.keep(account, address, linode.body["region"], linode.id)
        return attach(account, linode, address)


def without_tags(row: Json) -> Json:
    return {name: value for name, value in row.items() if name != "tags"}


def remove_from_linode(account: Account, linode: Linode, address: str) -> None:
    """DELETE /linode/instances/{id}/ips/{address}; the last public one stays."""
    owner = ips.owners(account, linode).get(address)
    if owner is None:
        raise not_found()
    if owner.interface_id:
        raise bad_request("The address belongs to an interface: update the interface.")  # *
    if public_addresses(linode) == [address]:
        raise bad_request("A Linode must have at least one public IPv4 address.")  # *
    if owner.vpc_nat_1_1:
        raise bad_request("The address has a 1:1 NAT with a VPC address.")  # *
    with account.database.transaction():
        kept = [one for one in linode.body["ipv4"] if one != address]
        save(account, replace(with_body(linode, {"ipv4": kept}), updated=account.clock.now()))
        if address in ips.reserved(account):
            records.change(account, ips.find_reserved(account, address), {"linode_id": None})
        events.notify(account, "linode_deleteip", linode.entity)
