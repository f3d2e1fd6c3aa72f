"""A subnet of a VPC: what its Linodes are in together. Source: POST /vpcs/{vpcId}/subnets."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Annotated, Any, overload

import pulumi
from pydantic import AfterValidator

from providers.linode.api.refusals import if_allowed
from providers.linode.core.args import Args, In, InId, InRows, arg, by_name
from providers.linode.core.effects import PUT, REPLACE
from providers.linode.core.forms import VPCS, VPCRangeArgs, is_a_range_of
from providers.linode.core.problems import Problem, told
from providers.linode.core.spec import Checking, Spec, by_content
from providers.linode.resources import vpc
from providers.linode.resources.base import Resource
from providers.linode.resources.places import occupied
from providers.linode.resources.vpc import Inhabited, Label, Ranged, inside

if TYPE_CHECKING:
    from providers.linode.resources.vpc import VPC

LONGEST, LONGEST_IPV6 = 29, 64


def _range(text: str) -> str:
    network = IPv4Network(text)
    if "/" not in text or network.prefixlen > LONGEST or network.overlaps(vpc.ELSEWHERE):
        raise ValueError
    return text


Range = Annotated[
    str,
    AfterValidator(_range),
    told(
        f"must be a network of /{LONGEST} at the longest, such as 10.0.1.0/24, apart from {vpc.ELSEWHERE}. "
        "Next: correct it."
    ),
]


class SubnetArgs(Args):
    vpc_id: InId["VPC"] = arg(REPLACE, wire="", seen="vpc_id", ids_of=VPCS)
    """The VPC that it is a part of."""

    label: In[Label | None] = arg(PUT, default=None, else_="<project>-<stack>-<name>")
    """Unique in the VPC."""

    ipv4: In[Range] = arg(REPLACE)
    """Its range, which overlaps with that of no other subnet of the VPC."""

    ipv6: InRows[VPCRangeArgs] = arg(REPLACE, default=None, none=[], covers=is_a_range_of)
    """Its IPv6 range, a part of the VPC's."""


class SubnetRecord(Inhabited, Ranged):
    """Source: GET /vpcs/{vpcId}/subnets/{vpcSubnetId}."""

    vpc_id: int
    ipv4: str = ""

    @property
    def inside(self) -> dict[str, frozenset[int]]:
        return inside([self])


class Subnet(Resource):
    label: pulumi.Output[str]
    vpc_id: pulumi.Output[int]
    ipv4: pulumi.Output[str]
    ipv6_ranges: pulumi.Output[list[str]]
    created: pulumi.Output[str]

    @overload
    def __init__(self, name: str, args: SubnetArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    @by_name(SubnetArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


def _overlaps(check: Checking[SubnetArgs]) -> Iterator[Problem]:
    if not check.args.ipv4 or not check.is_new("ipv4", "vpc_id"):
        return
    wanted, own = IPv4Network(check.args.ipv4), check.mine.id if check.mine is not None else None
    claimed = check.session.asked(("ranges", check.args.vpc_id), dict[str, IPv4Network])
    claimed[check.owner.name] = wanted
    for name, range_ in (*claimed.items(),) if check.args.vpc_id else ():
        if name != check.owner.name and wanted.overlaps(range_):
            why = f"overlaps {range_} of {name}, in the same program. Next: choose another range."
            yield Problem("ipv4", why)
    for other in check.session.rows(SPEC.within(check.props)):
        same = SPEC.identity.matches(other, {"label": check.args.label, "ipv4": check.args.ipv4})
        if other.id != own and not same and other.ipv4 and wanted.overlaps(IPv4Network(other.ipv4)):
            why = f"overlaps subnet {other.id} ({other.label}, {other.ipv4}). Next: choose another range."
            yield Problem("ipv4", why)


def _in_ranges(check: Checking[SubnetArgs]) -> Iterator[Problem]:
    """Within the ranges of its VPC, or of any that the program declares: which of them is its own may not be known."""
    if not check.args.ipv4 or not check.is_new("ipv4", "vpc_id"):
        return
    vpc_id = str(check.args.vpc_id or "")
    home = if_allowed(lambda: check.session.listed(vpc.SPEC, vpc_id)) if vpc_id else None
    own = (home.networks if home is not None else ()) or vpc.USUAL
    declared = check.session.asked(vpc.DECLARED, dict[str, list[IPv4Network]])
    ranges = [*own, *(each for networks in declared.values() for each in networks)]
    if not any(map(IPv4Network(check.args.ipv4).subnet_of, ranges)):
        yield Problem(
            "ipv4", f"is not within {', '.join(map(str, own))}, which its VPC has. Next: correct it."
        )


def _within(check: Checking[SubnetArgs]) -> Iterator[Problem]:
    """One range, a part of what its VPC has, where that is there already."""
    ranges = [str(row.get("range") or "auto") for row in check.args.ipv6 or ()]
    if len(ranges) > 1:
        yield Problem("ipv6", vpc.ONE_RANGE)
    if not ranges or not check.is_new("vpc_id", "ipv6"):
        return
    home = if_allowed(lambda: check.session.listed(vpc.SPEC, str(check.args.vpc_id or "")))
    if home is not None and not home.ipv6_ranges:
        yield Problem(
            "ipv6", f"is asked for, and VPC {home} has none. Next: leave it out, or name another VPC."
        )
    for own in map(IPv6Network, home.ipv6_ranges if home is not None else ()):
        for text in ranges:
            length = int(text.rpartition("/")[2]) if text != "auto" else own.prefixlen
            is_outside = ":" in text and not IPv6Network(text).subnet_of(own)
            if is_outside or not own.prefixlen <= length <= LONGEST_IPV6:
                why = f"asks for {text}, and VPC {home} has {own}, with subnets of /{LONGEST_IPV6} at the longest"
                yield Problem("ipv6", f"{why}. Next: correct it.")


def _occupied(check: Checking[SubnetArgs]) -> Iterator[Problem]:
    yield from occupied(check, "subnet", "interfaces")


SPEC = Spec(
    "Subnet", "/vpcs/{vpc_id}/subnets", SubnetArgs, SubnetRecord,
    by_content("label", "ipv4", unique=True), "vpc:read_write", "subnet", lasting={"ipv6_ranges": ()},
    rules=(_overlaps, _in_ranges, _within, _occupied),
)  # fmt: skip
