"""Parts of networks inside VPCs: a VPC has one IPv6 range, a subnet a part of it, and an interface parts of that.

Source: linodego's recordings TestVPC_ListIPv6Addresses; API pages "Add a Linode interface", "List regions with VPC
availability"; page `linode_interface` of Terraform's provider. Texts marked * are a choice, and so are lengths.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import chain
from typing import Any, TypeVar

from emulators.linode_api.core import Body, Json, bodies
from emulators.linode_api.core.bodies import problems_in
from emulators.linode_api.core.errors import Problem, bad_request, problem_if

N = TypeVar("N", IPv4Network, IPv6Network)
FOR_VPCS = IPv6Network("2001:db8:8000::/33")
LENGTHS = (48, 52)
"""Of the IPv6 range of a VPC; the last is the default."""

SUBNET_LENGTH, LONGEST = 56, 64
AUTOMATIC = {4: 32, 6: LONGEST}
"""The length of what an interface gets that asks for any range."""

NOT_A_PART = (
    "Must be an IPv6 network of a prefix length that is available"  # begins as linode_api4's suite says
)


def asked_length(wanted: object, default: int, able: Collection[int]) -> int | None:
    """Of the one range that a VPC or subnet asks for: `auto`, or a length such as /52, None where it is anything else.

    Prefixes of one's own are unknown here.
    """
    rows = wanted if isinstance(wanted, list) else []
    texts = [str(row.get("range") or "auto") for row in rows if isinstance(row, dict)]
    lengths = {"auto": default, **{f"/{length}": length for length in able}}
    return lengths.get(texts[0]) if len(rows) == len(texts) == 1 else None


def first_free(own: N, length: int, taken: Iterable[N]) -> N | None:
    """The first part of that length that nobody has."""
    held = list(taken)
    return next((part for part in own.subnets(new_prefix=length) if not any(map(part.overlaps, held))), None)


def named(wanted: object, own: N) -> N | None:
    """The part of `own` that a text names."""
    try:
        part: Any = ip_network(wanted) if isinstance(wanted, str) and "/" in wanted else None
    except ValueError:
        return None
    return part if type(part) is type(own) and part.subnet_of(own) else None


def length_of(wanted: object, own: N) -> int | None:
    """Of the part of `own` that is asked for: `auto`, a length, or the part itself. None where there is none."""
    if wanted in (None, "auto"):
        return AUTOMATIC[own.version]
    if not isinstance(wanted, str) or not re.fullmatch(r"/[0-9]{1,3}", wanted):
        part = named(wanted, own)
        return part.prefixlen if part else None
    length = int(wanted[1:])
    return length if own.prefixlen <= length <= own.max_prefixlen else None


def parts_of(
    own: N, wanted: Sequence[Body], had: Sequence[Body], held: Collection[N], also: Collection[N], at: str
) -> list[N]:
    """What `wanted` asks for of `own`; where what is there already fits, that stays. Raises ApiError 400. Texts *.

    `held`: what others have; `also`: what the same interface has, and may ask for again.
    """
    found: list[N] = []
    for number, row in enumerate(wanted):
        part, length = named(row.get("range"), own), length_of(row.get("range"), own)
        old = named(had[number]["range"], own) if number < len(had) else None
        wish = part or (old if old and old.prefixlen == length else None)
        chosen = None if wish is None or any(map(wish.overlaps, [*held, *found])) else wish
        if part and not chosen:
            raise bad_request("The range is in use in this subnet", f"{at}[{number}].range")
        taken = chain(held, also, found)
        chosen = chosen or first_free(own, length or AUTOMATIC[own.version], taken)
        if chosen is None:
            raise bad_request("The subnet has no free range of that length", f"{at}[{number}].range")
        found.append(chosen)
    return found


def mac_address(interface_id: int) -> str:
    low = f"{interface_id & 0xFFFFFFFF:08x}".upper()
    return ":".join(["22", "00", low[:2], low[2:4], low[4:6], low[6:]])


def slaac_address(range_: IPv6Network, interface_id: int) -> str:
    """What an interface makes of its MAC address in a /64 (EUI-64)."""
    digits = mac_address(interface_id).replace(":", "")
    return str(range_[int(f"{digits[:6]}fffe{digits[6:]}", 16) ^ 0x02 << 56])


def ipv6_rows(ipv6: Mapping[str, Any] | None) -> list[Json]:
    """The ranges of an interface, that of its address first."""
    return [*ipv6["slaac"], *ipv6["ranges"]] if ipv6 else []


def ipv6_ranges(ipv6: Mapping[str, Any] | None) -> list[IPv6Network]:
    return [IPv6Network(row["range"]) for row in ipv6_rows(ipv6)]


def ipv6_problems(wanted: object, own: IPv6Network | None) -> list[Problem]:
    """Why `ipv6` of an interface is refused, in a subnet with that range or with none. Texts *."""
    if wanted is None:
        return []
    if not isinstance(wanted, dict):
        return [("ipv6", "Must be an object")]
    problems = problems_in(wanted, {"is_public": bodies.flag}, "ipv6.")
    if own is None:
        return problems + problem_if(any(wanted.values()), "ipv6", "The subnet has no IPv6 addresses")
    if len(wanted.get("slaac") or ()) > 1:
        problems.append(("ipv6.slaac", "An interface has one SLAAC range at most"))
    able: dict[str, Collection[int]] = {"slaac": (LONGEST,), "ranges": range(own.prefixlen, LONGEST + 1)}
    for name, lengths in able.items():
        problems += [
            (f"ipv6.{name}[{number}].range", NOT_A_PART)
            for number, row in enumerate(wanted.get(name) or ())
            if length_of(row.get("range"), own) not in lengths
        ]
    return problems


def ipv6_of(
    own: IPv6Network, wanted: Body, had: Json | None, held: Collection[IPv6Network], interface_id: int
) -> Json:
    """`ipv6` of an interface, already checked: one address by SLAAC where nothing is asked for.

    What a change does not say stays as it is. Raises ApiError 400 where `held`, the parts of others, leave no room.
    """
    unsaid = all(wanted.get(name) is None for name in ("slaac", "ranges"))
    before = had or {"slaac": [{}] if unsaid else [], "ranges": [], "is_public": False}
    asked = {name: before[name] if wanted.get(name) is None else wanted[name] for name in before}
    old, also = had or {"slaac": [], "ranges": []}, ipv6_ranges(had)
    slaac = parts_of(own, asked["slaac"], old["slaac"], held, also, "ipv6.slaac")
    ranges = parts_of(own, asked["ranges"], old["ranges"], [*held, *slaac], also, "ipv6.ranges")
    return {
        "slaac": [{"range": str(one), "address": slaac_address(one, interface_id)} for one in slaac],
        "ranges": [{"range": str(one)} for one in ranges],
        "is_public": asked["is_public"],
    }
