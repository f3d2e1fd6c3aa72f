"""Addresses of Linodes: from ranges that route nowhere, since nothing answers on them.

Public IPv4 from 198.18.0.0/15 (benchmarking), private from 192.168.128.0/17 as in the real API,
IPv6 from 2001:db8::/32 (documentation). Shape: recording TestIPAddress_Instance_Delete.
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Any

from emulators.linode_api.linodes import Linode

Json = dict[str, Any]

PUBLIC = ipaddress.IPv4Network("198.18.0.0/15")
PRIVATE = ipaddress.IPv4Network("192.168.128.0/17")
SUBNET_SIZE = 256
HOSTS_IN_SUBNET = 250


def host_in(network: ipaddress.IPv4Network, number: int) -> str:
    """The number-th usable address; .0 to .4 and .255 of every /24 stay free. Repeats when all are used."""
    subnets = network.num_addresses // SUBNET_SIZE
    subnet, host = divmod(number % (subnets * HOSTS_IN_SUBNET), HOSTS_IN_SUBNET)
    return str(network[subnet * SUBNET_SIZE + host + 5])


def public_ipv4(linode_id: int) -> str:
    return host_in(PUBLIC, linode_id)


def private_ipv4(linode_id: int) -> str:
    return host_in(PRIVATE, linode_id)


def ipv6(linode_id: int) -> str:
    """With its /128, as the API writes it."""
    low = f"{linode_id & 0xFFFFFF:06x}"
    return f"2001:db8::f03c:95ff:fe{low[:2]}:{low[2:]}/128"


def host_uuid(region_id: str, linode_id: int) -> str:
    """40 hex digits: one of eight hosts of the region."""
    return hashlib.sha1(f"{region_id}/{linode_id % 8}".encode(), usedforsecurity=False).hexdigest()


def ips_row(linode: Linode) -> Json:
    """GET /linode/instances/{id}/ips."""
    rows = [ipv4_row(linode, address) for address in linode.body["ipv4"]]
    address = linode.body["ipv6"].partition("/")[0]
    return {
        "ipv4": {
            "public": [row for row in rows if row["public"]],
            "private": [row for row in rows if not row["public"]],
            "shared": [],
            "reserved": [],
            "vpc": [],
        },
        "ipv6": {
            "slaac": ipv6_row(linode, address, public=True),
            "link_local": ipv6_row(linode, "fe80::" + address.partition("::")[2], public=False),
            "global": [],
            "vpc": [],
        },
    }


def ipv4_row(linode: Linode, address: str) -> Json:
    public = ipaddress.IPv4Address(address) in PUBLIC
    gateway = address.rpartition(".")[0] + ".1"
    return {
        "address": address,
        "gateway": gateway if public else None,
        "subnet_mask": "255.255.255.0" if public else "255.255.128.0",
        "prefix": 24 if public else 17,
        "type": "ipv4",
        "public": public,
        "rdns": address.replace(".", "-") + ".ip.linodeusercontent.com" if public else None,
        "linode_id": linode.id,
        "interface_id": None,
        "region": linode.body["region"],
        "vpc_nat_1_1": None,
        "reserved": False,
        "assigned_entity": {
            "id": linode.id,
            "type": "linode",
            "label": linode.label,
            "url": linode.entity["url"],
        },
    }


def ipv6_row(linode: Linode, address: str, *, public: bool) -> Json:
    return {
        "address": address,
        "gateway": "fe80::1",
        "subnet_mask": "ffff:ffff:ffff:ffff::",
        "prefix": 64,
        "type": "ipv6",
        "rdns": None,
        "linode_id": linode.id,
        "region": linode.body["region"],
        "public": public,
    }
