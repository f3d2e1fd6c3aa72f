"""A VPC: a private network of a region, whose subnets Linodes are in. Source: POST /vpcs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Annotated, Any, overload

import pulumi
from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from providers.linode.api.records import Numbered, Owned, Record, from_rows
from providers.linode.api.refusals import if_allowed
from providers.linode.core.args import Args, In, InRows, Of, arg, by_name
from providers.linode.core.effects import PUT, REPLACE
from providers.linode.core.forms import Text, VPCRangeArgs, is_a_range_of, matching
from providers.linode.core.problems import Problem, told
from providers.linode.core.spec import Checking, Spec, by_content
from providers.linode.resources.base import Resource
from providers.linode.resources.places import able, occupied

USUAL = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/17")))
"""The ranges of a VPC that has none of its own. Source: GET /vpcs/default-ranges."""

USED_TO_BE = {"192.168.0.0/16"}
"""A range that VPCs had by themselves, and older ones still have. Source: a recorded create of May 2026."""

ELSEWHERE = IPv4Network("192.168.128.0/17")
"""The private addresses of Linodes outside of VPCs."""

DECLARED = "IPv4 ranges of VPCs"
"""What a session keeps the ranges under that its program declares: of a VPC that is not there yet nothing is known."""

ONE_RANGE = "has more than one range. Next: give one."
LABEL = "must have 1 to 64 letters, digits or '-', and no '--'. Next: correct it."
Label = Annotated[str, matching(r"(?!.*--)[A-Za-z0-9-]{1,64}"), told(LABEL)]
Description = Annotated[
    str, Field(max_length=255), told("must have at most 255 characters. Next: correct it.")
]


def _range4(text: str) -> str:
    if "/" not in text or IPv4Network(text).overlaps(ELSEWHERE):
        raise ValueError
    return text


class VPCRange4Args(TypedDict):
    """IPv4 addresses of a VPC."""

    range: Of[
        Annotated[
            str,
            AfterValidator(_range4),
            told(f"must be an IPv4 network such as 10.0.0.0/8, apart from {ELSEWHERE}. Next: correct it."),
        ]
    ]


class VPCArgs(Args):
    label: In[Label | None] = arg(PUT, default=None, else_="<project>-<stack>-<name>")
    """Unique in the account."""

    region: In[Text] = arg(REPLACE)
    """Region id, with VPCs. Its Linodes have to be there."""

    description: In[Description | None] = arg(PUT, default=None)
    """What it is for, at most 255 characters."""

    ipv4: InRows[VPCRange4Args] = arg(PUT, default=None, unordered=True, else_="10/8, 172.16/12, 192.168/17")
    """Ranges of its own for its subnets, in regions with Custom VPC IPv4 Ranges."""

    ipv6: InRows[VPCRangeArgs] = arg(REPLACE, default=None, none=[], covers=is_a_range_of)
    """One range of IPv6 addresses, in regions with VPC Dual Stack; its subnets have parts of it."""


class Ranged(Owned):
    """What has ranges of addresses; those of IPv6 by themselves, too, as an input says what was asked for."""

    ipv6: tuple[Mapping[str, object], ...] | None = None
    ipv6_ranges: Annotated[tuple[str, ...], from_rows("range")] = Field(default=(), validation_alias="ipv6")


class Inhabited(Record):
    """What is in a subnet."""

    linodes: tuple[Numbered, ...] = Field(default=(), exclude=True)
    nodebalancers: tuple[Numbered, ...] = Field(default=(), exclude=True)
    databases: tuple[Numbered, ...] = Field(default=(), exclude=True)


class Part(Inhabited, Numbered):
    """A subnet, as its VPC has it."""


def inside(parts: Sequence[Inhabited]) -> dict[str, frozenset[int]]:
    """The ids of what is in these, by kind; no program declares a database."""
    return {
        "Instance": frozenset(each.id for part in parts for each in part.linodes),
        "NodeBalancer": frozenset(each.id for part in parts for each in part.nodebalancers),
        "database": frozenset(each.id for part in parts for each in part.databases),
    }


class VPCRecord(Ranged):
    """Source: GET /vpcs/{vpcId}."""

    subnets: tuple[Part, ...] = Field(default=(), exclude=True)
    region: str = ""
    description: str = ""
    ipv4: tuple[Mapping[str, object], ...] | None = None
    ipv4_ranges: Annotated[tuple[str, ...], from_rows("range")] = Field(default=(), validation_alias="ipv4")

    @property
    def inside(self) -> dict[str, frozenset[int]]:
        return inside(self.subnets)

    @property
    def networks(self) -> tuple[IPv4Network, ...]:
        """Those that its subnets are in."""
        return tuple(map(IPv4Network, self.ipv4_ranges))


class VPC(Resource):
    label: pulumi.Output[str]
    region: pulumi.Output[str]
    description: pulumi.Output[str]
    ipv4_ranges: pulumi.Output[list[str]]
    ipv6_ranges: pulumi.Output[list[str]]
    created: pulumi.Output[str]

    @overload
    def __init__(self, name: str, args: VPCArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    @by_name(VPCArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


def _placed(check: Checking[VPCArgs]) -> Iterator[Problem]:
    needs = {"VPC Dual Stack": "ipv6", "Custom VPC IPv4 Ranges": "ipv4"}
    asked = {way: name for way, name in needs.items() if check.args.value(name)}
    yield from able(check, {"VPCs": "a VPC", **asked}, with_=["ipv4", "ipv6"])


def _declared(check: Checking[VPCArgs]) -> Iterator[Problem]:
    """Its own ranges, which the checks of its subnets ask for."""
    if check.props.get("ipv4") == []:
        yield Problem("ipv4", "has no range. Next: name one, or leave it out.")
    known = check.session.asked(DECLARED, dict[str, list[IPv4Network]])
    known[check.owner.name] = [
        IPv4Network(text) for row in check.args.ipv4 or () if (text := row.get("range"))
    ]


def _ranged(check: Checking[VPCArgs]) -> Iterator[Problem]:
    """One range, of a length that the region gives this account, where the API names any."""
    ranges = [str(row.get("range")) for row in check.args.ipv6 or ()]
    if len(ranges) > 1:
        yield Problem("ipv6", ONE_RANGE)
    lengths = [text for text in ranges if text.startswith("/")]
    if not lengths or not check.is_new("region", "ipv6"):
        return
    rows = if_allowed(lambda: check.session.listing("/regions/vpc-availability")) or ()
    given = {row.get("region"): row.get("available_ipv6_prefix_lengths") for row in rows}
    able = [f"/{length}" for length in given.get(check.args.region) or ()]
    for text in lengths:
        if able and text not in able:
            why = f"asks for {text}, but {check.args.region} offers only {' and '.join(able)}"
            yield Problem("ipv6", f"{why}. Next: correct it.")


def _occupied(check: Checking[VPCArgs]) -> Iterator[Problem]:
    yield from occupied(check, "VPC", "interfaces")


class _VPCSpec(Spec[VPCArgs, VPCRecord]):
    def imported(self, record: VPCRecord) -> dict[str, object]:
        """The usual ranges are none of its own, and a region may take no others."""
        found = super().imported(record)
        if {*map(str, USUAL), *USED_TO_BE} >= {*record.ipv4_ranges}:
            found.pop("ipv4", None)
        return found


SPEC = _VPCSpec(
    "VPC", "/vpcs", VPCArgs, VPCRecord, by_content("label", "region", unique=True), "vpc:read_write",
    rules=(_placed, _declared, _ranged, _occupied), lasting={"ipv4_ranges": ("ipv4",), "ipv6_ranges": ()},
)  # fmt: skip
