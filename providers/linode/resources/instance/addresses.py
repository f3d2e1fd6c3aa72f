"""A Linode's addresses, sorted by what they are for."""

from __future__ import annotations

import ipaddress

from providers.linode.api.records import Linode

PRIVATE_NETWORK = ipaddress.ip_network("192.168.128.0/17")
"""Where the API's private addresses lie. Source: POST /linode/instances, private_ip."""


def is_private(address: str) -> bool:
    return ipaddress.ip_address(address) in PRIVATE_NETWORK


def addresses(linode: Linode) -> dict[str, object]:
    """ipv4: all addresses, public ones first; public_ipv4 and private_ipv4: the first of each; ipv6."""
    private = [address for address in linode.ipv4 if is_private(address)]
    public = [address for address in linode.ipv4 if address not in private]
    return {
        "ipv4": [*public, *private],
        "public_ipv4": public[0] if public else None,
        "private_ipv4": private[0] if private else None,
        "ipv6": linode.ipv6,
    }
