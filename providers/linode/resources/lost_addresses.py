"""What becomes of an address when its Linode goes, and what still names it. Source: GET /networking/ips.

Apart from the kinds that ask: each of them is imported alone, in whatever order a stack's resources come.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from providers.linode.api.refusals import if_allowed
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Checking
from providers.linode.resources import ports

PATH = "/networking/ips"

NAMING = "ReverseDNS"
"""The kind that gives an address its name."""

MAY_BE_ONE = re.compile(r"\d+\.|\[?[0-9A-Fa-f]*:")
"""How every address and network begins: most texts of a program are none, and to parse one takes long."""

BY_OUTPUT = "Next: name it by the Linode's output, such as public_ipv4, or give it a reserved address."


def lost(session: Session, address: str, linode: Checking[Any] | None) -> str:
    """How it goes with the Linode of that check; a reserved one stays."""
    return loses(linode, address) if unreserved(session, [address]) else ""


def named_still(session: Session, going: Iterable[object]) -> list[str]:
    """The inputs that hold an address of what is going, or of a range that is: alone, as a network, or with a port."""
    networks = [network for each in going for network in _networks(each)]
    return [
        f"{name} of {each.owner.name}"
        for each in [*session.planned.values()]
        for name in each.args.fields()
        if any(_is_in(part, network) for part in _networks(each.args.value(name)) for network in networks)
    ]


def unreserved(session: Session, addresses: Iterable[object]) -> list[object]:
    """Those that go with their Linode."""
    known = rows(session) or {}
    return [each for each in addresses if not known.get(str(each), {}).get("reserved")]


def _networks(value: object) -> Iterator[IPv4Network | IPv6Network]:
    """Every address and network in a value, whatever it is a part of."""
    if isinstance(value, Mapping):
        value = [*value.values()]
    if isinstance(value, list):
        for each in value:
            yield from _networks(each)
    elif isinstance(value, str) and MAY_BE_ONE.match(value):
        with suppress(ValueError):
            yield ip_network(value, strict=False)
        with suppress(ValueError):
            yield ip_network(ports.split(value)[0])


def _is_in(part: IPv4Network | IPv6Network, network: IPv4Network | IPv6Network) -> bool:
    if isinstance(part, IPv4Network):
        return isinstance(network, IPv4Network) and part.subnet_of(network)
    return isinstance(network, IPv6Network) and part.subnet_of(network)


def rows(session: Session) -> Mapping[str, Mapping[str, Any]] | None:
    """By address; None where the token may not list them."""
    listed = if_allowed(lambda: session.listing(PATH))
    return None if listed is None else {str(row.get("address")): row for row in listed}


def loses(planned: Checking[Any] | None, address: str) -> str:
    """How a Linode loses an address in this run, as far as it was checked; empty where it keeps it, or gets it."""
    linode = None if planned is None else planned.mine
    if planned is None or linode is None or address not in {*linode.ipv4, (linode.ipv6 or "").split("/")[0]}:
        return ""
    if planned.is_recreated:
        return "is recreated"
    if all("addresses" not in each.destroys for each in planned.takes.values()):
        return ""
    return "moves" if "region" in planned.takes else "gives up its address"
