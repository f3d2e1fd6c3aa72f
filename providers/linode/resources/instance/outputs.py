"""What an Instance gives back to the program."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

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


def outputs(inputs: Mapping[str, object], linode: Linode, *, ready: bool = True) -> dict[str, object]:
    """All inputs, and what the API says of the Linode.

    ipv4: the addresses, public ones first. status: when it was last looked at. specs: MB of memory and disk,
    GB of transfer a month. created: UTC without a zone. ready: False where a create or update broke off after
    the Linode was made, so that the next run finishes it. ssh: the command to log in. The inputs are among them
    because the engine hands a provider its old outputs, never its old inputs.
    """
    found = addresses(linode)
    return {
        **inputs,
        "label": linode.label,
        "status": linode.status,
        "ready": ready,
        **found,
        "specs": linode.specs.model_dump(),
        "host_uuid": linode.host_uuid,
        "created": linode.created,
        "ssh": f"ssh root@{found['public_ipv4']}" if found["public_ipv4"] else None,
        "backups": linode.backups.model_dump(),
    }
