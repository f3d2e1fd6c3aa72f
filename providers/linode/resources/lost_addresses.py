"""What becomes of an address when its Linode goes, and what still names it. Source: GET /networking/ips.

Apart from the kinds that ask: each of them is imported alone, in whatever order a stack's resources come.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from providers.linode.api.refusals import if_allowed
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Checking

PATH = "/networking/ips"

NAMING = "ReverseDNS"
"""The kind that gives an address its name."""

BY_OUTPUT = "Next: name it by the Linode's output, such as public_ipv4, or give it a reserved address."


def lost(session: Session, address: str, linode: Checking[Any] | None) -> str:
    """How it goes with the Linode of that check; a reserved one stays."""
    return "" if _is_reserved(session, address) else loses(linode, address)


def named_still(session: Session, addresses: Collection[str]) -> list[str]:
    """The inputs that name one of these addresses, which go with their Linode, unless it is reserved."""
    return [
        f"address of {each.owner.name}"
        for (kind, _), each in [*session.planned.items()]
        if kind == NAMING and each.args.address in addresses
        if not _is_reserved(session, each.args.address)
    ]


def _is_reserved(session: Session, address: str) -> bool:
    return bool((rows(session) or {}).get(address, {}).get("reserved"))


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
