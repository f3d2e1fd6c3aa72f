"""What an Instance gives back to the program."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from providers.linode.records import Linode

PRIVATE_NETWORK = ipaddress.ip_network("192.168.128.0/17")
"""Where the API's private addresses lie. Source: POST /linode/instances, private_ip."""


def outputs(inputs: Mapping[str, object], linode: Linode) -> dict[str, object]:
    """All inputs, and what the API says of the Linode.

    ipv4: the addresses, public ones first. status: when it was last looked at. specs: MB of memory and disk,
    GB of transfer a month. created: UTC without a zone. The inputs are there because the engine hands a
    provider its old outputs, never its old inputs.
    """
    private = [address for address in linode.ipv4 if ipaddress.ip_address(address) in PRIVATE_NETWORK]
    public = [address for address in linode.ipv4 if address not in private]
    return {
        **inputs,
        "label": linode.label,
        "status": linode.status,
        "ipv4": [*public, *private],
        "public_ipv4": public[0] if public else None,
        "private_ipv4": private[0] if private else None,
        "ipv6": linode.ipv6,
        "specs": linode.specs.model_dump(),
        "host_uuid": linode.host_uuid,
        "created": linode.created,
    }
