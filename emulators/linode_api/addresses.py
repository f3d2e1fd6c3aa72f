"""Addresses of Linodes: from ranges that route nowhere, since nothing answers on them.

Public IPv4 from 198.18.0.0/15 (benchmarking), private from 192.168.128.0/17 as in the real API,
IPv6 from 2001:db8::/32 (documentation). Shape: recording TestIPAddress_Instance_Delete.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

PUBLIC = ipaddress.IPv4Network("198.18.0.0/15")
FIRST, LATER = (
    PUBLIC.subnets()
)  # the address that a Linode is made with; those that come later, or are reserved
PRIVATE = ipaddress.IPv4Network("192.168.128.0/17")
SUBNET_SIZE = 256
HOSTS_IN_SUBNET = 250


@dataclass(frozen=True)
class Owner:
    """Who has an address; `entity` as in `assigned_entity`."""

    linode_id: int
    entity: Json
    interface_id: int | None = None
    vpc_nat_1_1: Json | None = None


def host_in(network: ipaddress.IPv4Network, number: int) -> str:
    """The number-th usable address; .0 to .4 and .255 of every /24 stay free. Repeats when all are used."""
    subnets = network.num_addresses // SUBNET_SIZE
    subnet, host = divmod(number % (subnets * HOSTS_IN_SUBNET), HOSTS_IN_SUBNET)
    return str(network[subnet * SUBNET_SIZE + host + 5])


def public_ipv4(linode_id: int) -> str:
    return host_in(FIRST, linode_id)


def later_ipv4(number: int) -> str:
    return host_in(LATER, number)


def private_ipv4(linode_id: int) -> str:
    return host_in(PRIVATE, linode_id)


def ipv6(linode_id: int, move: int = 0) -> str:
    """With its /128, as the API writes it; another one after each move to a region."""
    low = f"{linode_id & 0xFFFFFF:06x}"
    site = f"{move % 0xFFFF:x}:" if move else ""
    return f"2001:db8:{site}:f03c:95ff:fe{low[:2]}:{low[2:]}/128"


def host_uuid(region_id: str, linode_id: int) -> str:
    """40 hex digits: one of eight hosts of the region."""
    return hashlib.sha1(f"{region_id}/{linode_id % 8}".encode(), usedforsecurity=False).hexdigest()


def ipv4_row(address: str, region_id: str, owner: Owner | None, *, reserved: bool = False) -> Json:
    """One IPv4 address; without an owner it is a reserved one that waits."""
    public = ipaddress.IPv4Address(address) in PUBLIC
    gateway = address.rpartition(".")[0] + ".1"
    return {
        "address": address,
        "gateway": gateway if public else None,
        "subnet_mask": "255.255.255.0" if public else "255.255.128.0",
        "prefix": 24 if public else 17,
        "type": "ipv4",
        "public": public,
        "rdns": address.replace(".", "-") + ".ip.linodeusercontent.com" if public and owner else None,
        "linode_id": owner and owner.linode_id,
        "interface_id": owner and owner.interface_id,
        "region": region_id,
        "vpc_nat_1_1": owner and owner.vpc_nat_1_1,
        "reserved": reserved,
        "assigned_entity": owner and owner.entity,
    }


def ipv6_row(linode_id: int, region_id: str, address: str, *, public: bool) -> Json:
    return {
        "address": address,
        "gateway": "fe80::1",
        "subnet_mask": "ffff:ffff:ffff:ffff::",
        "prefix": 64,
        "type": "ipv6",
        "rdns": None,
        "linode_id": linode_id,
        "region": region_id,
        "public": public,
    }
