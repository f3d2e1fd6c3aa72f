"""Subnets of VPCs as Linodes see them: who is attached, which addresses are free.

The first two and the last two addresses of a subnet are nobody's.
Source: recordings TestVPC_Subnet_WithInstance, TestVPC_ListIPAddresses; API page "Create a VPC subnet".
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from emulators.linode_api import configs, linodes, records
from emulators.linode_api.account import Account
from emulators.linode_api.errors import bad_request
from emulators.linode_api.linodes import Linode
from emulators.linode_api.records import Record

Json = dict[str, Any]

SET_APART = 2


@dataclass(frozen=True)
class Attachment:
    """One address of a Linode in a subnet; `config_id` is None for an interface of the Linode itself."""

    linode_id: int
    config_id: int | None
    interface_id: int
    vpc_id: int
    subnet_id: int
    address: str
    nat_1_1: str | None
    active: bool


def find(account: Account, subnet_id: int) -> Record:
    return records.find(account, "subnet", subnet_id)


def in_region(account: Account, subnet_id: object, region_id: str) -> Record | None:
    subnet = records.get(account, "subnet", subnet_id)
    vpc = subnet and records.get(account, "vpc", subnet.parent_id)
    return subnet if vpc and vpc.body["region"] == region_id else None


def network(subnet: Record) -> ipaddress.IPv4Network:
    return ipaddress.IPv4Network(subnet.body["ipv4"])


def is_usable(subnet: Record, address: object) -> bool:
    if not isinstance(address, str):
        return False
    try:
        place = int(ipaddress.IPv4Address(address)) - int(network(subnet).network_address)
    except ValueError:
        return False
    return SET_APART <= place < network(subnet).num_addresses - SET_APART


def take_address(account: Account, subnet: Record, wanted: str | None, interface_id: int) -> str:
    """The wanted address, or the one this interface has, or the first free one. Raises ApiError 400."""
    held = [one for one in attachments(account) if one.subnet_id == subnet.id]
    taken = {one.address for one in held if one.interface_id != interface_id}
    if wanted and wanted not in (None, "auto"):
        if wanted in taken:
            raise bad_request("Address is already in use in this subnet", "ipv4.vpc")
        return wanted
    own = [one.address for one in held if one.interface_id == interface_id]
    if own:
        return own[0]
    ours = network(subnet)
    for place in range(SET_APART, ours.num_addresses - SET_APART):
        address = str(ours[place])
        if address not in taken:
            return address
    raise bad_request("The subnet has no free address", "subnet_id")


def attachments(account: Account) -> list[Attachment]:
    """Of every Linode of the account, both generations of interfaces."""
    found = []
    with account.database.lock:
        rows = account.database.sql.execute(
            "SELECT configs.* FROM configs JOIN linodes ON linodes.id = linode_id"
            ' WHERE account_id = ? AND configs.body LIKE \'%"vpc": "%\' ORDER BY configs.id',
            (account.id,),
        ).fetchall()
    for row in rows:
        config = configs.from_row(row)
        linode = linodes.find_linode(account, config.linode_id)
        found += [
            Attachment(
                linode_id=linode.id,
                config_id=config.id,
                interface_id=one["id"],
                vpc_id=one["vpc_id"],
                subnet_id=one["subnet_id"],
                address=one["ipv4"]["vpc"],
                nat_1_1=one["ipv4"]["nat_1_1"],
                active=one["active"],
            )
            for one in configs.interface_rows(account, linode, config)
            if one["purpose"] == "vpc"
        ]
    return found + own_attachments(account)


def own_attachments(account: Account) -> list[Attachment]:
    """Of Linode interfaces (see interfaces.py), which are active while their Linode is up."""
    found = []
    for record in records.all_of(account, "interface"):
        vpc = record.body.get("vpc")
        if vpc and record.parent_id is not None:
            linode = linodes.find_linode(account, record.parent_id)
            up = linodes.is_up(account, linode)
            found += [
                Attachment(
                    linode_id=linode.id,
                    config_id=None,
                    interface_id=record.id,
                    vpc_id=vpc["vpc_id"],
                    subnet_id=vpc["subnet_id"],
                    address=entry["address"],
                    nat_1_1=entry["nat_1_1_address"],
                    active=up,
                )
                for entry in vpc["ipv4"]["addresses"]
            ]
    return found


def address_row(account: Account, one: Attachment) -> Json:
    """An address as GET /vpcs/{id}/ips and GET /linode/instances/{id}/ips list it."""
    subnet = find(account, one.subnet_id)
    ours = network(subnet)
    region = records.find(account, "vpc", one.vpc_id).body["region"]
    return {
        "address": one.address,
        "address_range": None,
        "vpc_id": one.vpc_id,
        "subnet_id": one.subnet_id,
        "region": region,
        "linode_id": one.linode_id,
        "config_id": one.config_id,
        "interface_id": one.interface_id,
        "nodebalancer_id": None,
        "database_id": None,
        "active": one.active,
        "nat_1_1": one.nat_1_1,
        "gateway": str(ours[1]),
        "prefix": ours.prefixlen,
        "subnet_mask": str(ours.netmask),
    }


def linodes_in(account: Account, subnet_id: int) -> list[Json]:
    """The `linodes` of a subnet: each with the interfaces that it has there."""
    by_linode: dict[int, list[Json]] = {}
    for one in attachments(account):
        if one.subnet_id == subnet_id:
            row = {"id": one.interface_id, "config_id": one.config_id, "active": one.active}
            by_linode.setdefault(one.linode_id, []).append(row)
    return [{"id": linode_id, "interfaces": rows} for linode_id, rows in by_linode.items()]


def has_vpc(account: Account, linode: Linode) -> bool:
    return any(one.linode_id == linode.id for one in attachments(account))


def leave(account: Account, linode_id: int) -> None:
    """A Linode that is deleted holds no address in a subnet any more, nor interfaces."""
    with account.database.transaction() as sql:
        for config in configs.all_configs(account, linode_id):
            configs.save_config(account, config, {"interfaces": []})
        sql.execute("DELETE FROM records WHERE kind = 'interface' AND parent_id = ?", (linode_id,))
