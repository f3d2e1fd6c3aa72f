"""What is wrong with an Instance's network against the account's: firewalls, and subnets of VPCs. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

from providers.linode.core.account_records import Held, Subnet
from providers.linode.core.problems import Problem
from providers.linode.nearest import there_are
from providers.linode.resources.instance.interface_models import generation_of, kind_of

Props = Mapping[str, object]

KEPT_BY_THE_API = 2
"""Addresses at each end of a subnet that no interface gets. Source: POST /linode/instances, interfaces."""


def misconnected(inputs: Props, held: Held) -> Iterator[Problem]:
    """Everything wrong with firewalls and interfaces."""
    yield from _firewalls(inputs, held)
    yield from _unguarded(inputs, held)
    yield from _subnets(inputs, held)
    yield from _addresses(inputs, held)


def _firewalls(inputs: Props, held: Held) -> Iterator[Problem]:
    if held.firewalls is None:
        return
    listed = there_are((firewall.id, firewall.label) for firewall in held.firewalls.values())
    for firewall_id in firewall_ids(inputs):
        if firewall_id not in held.firewalls:
            field = "firewall_id" if inputs.get("firewall_id") == firewall_id else "interfaces"
            yield Problem(
                field, f"firewall {firewall_id} does not exist in this account{listed}. Next: correct it."
            )


def _unguarded(inputs: Props, held: Held) -> Iterator[Problem]:
    """Interfaces that leave their firewall to the account, where the account has no default one for their kind."""
    if held.default_firewalls is None:
        return
    for number, kind in unguarded(inputs):
        if not held.default_firewalls.get(f"{kind}_interface"):
            yield Problem(
                "interfaces",
                f"[{number}] needs firewall_id: the account has no default firewall for {kind} interfaces. "
                "Next: name one, or 0 for none.",
            )


def _subnets(inputs: Props, held: Held) -> Iterator[Problem]:
    if held.subnets is None:
        return
    region = inputs.get("region")
    for subnet_id in subnet_ids(inputs):
        subnet = held.subnets.get(subnet_id)
        if subnet is None:
            there = [each for each in held.subnets.values() if region in (None, each.region)]
            listed = there_are((each.id, each.label) for each in there)
            yield Problem(
                "interfaces", f"subnet {subnet_id} is in no VPC of this account{listed}. Next: correct it."
            )
        elif region is not None and subnet.region != region:
            yield Problem(
                "interfaces",
                f"subnet {subnet_id} is in {subnet.region}, and the Linode in {region}. Next: use one of there.",
            )


def _addresses(inputs: Props, held: Held) -> Iterator[Problem]:
    for item in _interfaces(inputs):
        subnet = (held.subnets or {}).get(_subnet_id(item) or 0)
        for address in _addresses_of(item) if subnet else ():
            if subnet and not _gives(subnet, address):
                yield Problem(
                    "interfaces",
                    f"{address} is no usable address of subnet {subnet.id} ({subnet.ipv4}). "
                    "Next: use another, or leave it to the API.",
                )


def _addresses_of(item: Mapping[str, object]) -> list[str]:
    """The addresses of a VPC that an interface of either generation asks for by name."""
    inner = item.get("vpc")
    asked = (inner if isinstance(inner, Mapping) else item).get("ipv4")
    if not isinstance(asked, Mapping):
        return []
    rows = asked.get("addresses")
    rows = rows if isinstance(rows, list) else []
    found = [asked.get("vpc"), *(row.get("address") for row in rows if isinstance(row, Mapping))]
    return [each for each in found if isinstance(each, str) and each not in ("", "auto")]


def _gives(subnet: Subnet, address: str) -> bool:
    """Whether a subnet may give an address; what is no address, or of no known range, is judged elsewhere."""
    try:
        network, wanted = ipaddress.IPv4Network(subnet.ipv4 or ""), ipaddress.IPv4Address(address)
    except ValueError:
        return True
    place = int(wanted) - int(network.network_address)
    return KEPT_BY_THE_API <= place < network.num_addresses - KEPT_BY_THE_API


def firewall_ids(inputs: Props) -> list[int]:
    """The firewalls that the Linode and its interfaces name; 0 is none."""
    own = inputs.get("firewall_id")
    found = [own, *(item.get("firewall_id") for item in _interfaces(inputs))]
    return [each for each in dict.fromkeys(found) if isinstance(each, int) and each]


def unguarded(inputs: Props) -> list[tuple[int, str]]:
    """Number and kind of the Linode interfaces that name no firewall; a VLAN has none."""
    return [
        (number, str(kind_of(item)))
        for number, item in enumerate(_interfaces(inputs))
        if generation_of(item) == "linode"
        and kind_of(item) in ("public", "vpc")
        and "firewall_id" not in item
    ]


def subnet_ids(inputs: Props) -> list[int]:
    """The subnets that interfaces of either generation name."""
    return [each for each in dict.fromkeys(map(_subnet_id, _interfaces(inputs))) if each]


def _subnet_id(item: Mapping[str, object]) -> int | None:
    inner = item.get("vpc")
    found = inner.get("subnet_id") if isinstance(inner, Mapping) else item.get("subnet_id")
    return found if isinstance(found, int) else None


def _interfaces(inputs: Props) -> list[Mapping[str, object]]:
    items = inputs.get("interfaces")
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []
