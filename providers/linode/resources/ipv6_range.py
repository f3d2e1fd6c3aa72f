"""An IPv6 range, routed to one Linode by its own IPv6 address. Source: POST /networking/ipv6/ranges.

The lists have it by that address, and not by the Linode's id: so it is declared by that, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv6Address
from typing import Annotated, Any, Literal, overload

import pulumi
from pydantic import AfterValidator, Field, model_validator

from providers.linode.api.cache import is_offline
from providers.linode.api.errors import NotFound
from providers.linode.api.records import Address, Linode, Owned
from providers.linode.api.refusals import if_allowed
from providers.linode.core.args import Args, In, arg, by_name
from providers.linode.core.effects import REPLACE
from providers.linode.core.forms import address_path, canonical_address
from providers.linode.core.problems import Problem, told
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Checking, Spec, by_content
from providers.linode.nearest import did_you_mean, there_are
from providers.linode.resources.base import Resource
from providers.linode.resources.instance import spec as instance
from providers.linode.resources.lost_addresses import loses, named_still

BY_OUTPUT = "Next: name it by the Linode's output, ipv6."
Target = Annotated[
    str,
    AfterValidator(lambda text: str(IPv6Address(text))),
    told("must be an IPv6 address. Next: correct it."),
]
Length = Annotated[Literal[56, 64], told("must be 56 or 64. Next: correct it.")]


class IPv6RangeArgs(Args):
    route_target: In[Target] = arg(REPLACE, text=canonical_address)
    """The IPv6 address of the Linode that it is routed to: that one's output `ipv6`."""

    prefix_length: In[Length] = arg(REPLACE)
    """Its length, 56 or 64."""


class IPv6RangeRow(Owned):
    """Source: GET /networking/ipv6/ranges. It has no other id than its first address."""

    id: Address = Field(validation_alias="range")
    label: str = Field("", exclude=True)
    range: str
    prefix_length: int
    route_target: Address | None = None

    @model_validator(mode="before")
    @classmethod
    def _in_one_form(cls, row: Any) -> Any:
        """The answer to a create has the length behind the address, the lists have it beside that."""
        if not isinstance(row, Mapping) or not isinstance(row.get("range"), str):
            return row
        first, _, length = row["range"].partition("/")
        length = row.get("prefix", length)
        return {**row, "range": first, "prefix_length": length, "label": f"{first}/{length}"}


class IPv6Range(Resource):
    range: pulumi.Output[str]
    prefix_length: pulumi.Output[int]
    route_target: pulumi.Output[str]

    @overload
    def __init__(
        self, name: str, args: IPv6RangeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    @by_name(IPv6RangeArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


def _routed(check: Checking[IPv6RangeArgs]) -> Iterator[Problem]:
    """A Linode of the account has that address, and keeps it."""
    target, session = check.args.route_target, check.session
    if not target or is_offline():
        return
    rows = if_allowed(lambda: session.rows(instance.SPEC))
    there = {_own(each): each for each in (*(rows or ()), *session.made_of(instance.SPEC.kind)) if each.ipv6}
    if (linode := there.get(target)) is not None:
        if how := loses(session.planned.get((instance.SPEC.kind, str(linode.id))), target):
            yield Problem(
                "route_target", f"is of a Linode that {how} in the same run, and goes with it. {BY_OUTPUT}"
            )
    elif rows is not None and check.is_new("route_target") and session.lacks(address_path(target)):
        near = did_you_mean(target, there) or there_are((each, one.label) for each, one in there.items())
        yield Problem("route_target", f"is the IPv6 address of no Linode of this account{near}. {BY_OUTPUT}")


def _own(linode: Linode) -> str:
    return canonical_address(linode.ipv6 or "")


class _RangeSpec(Spec[IPv6RangeArgs, IPv6RangeRow]):
    def get(self, session: Session, id_: int | str) -> IPv6RangeRow:
        """As the list has it: what the API says of one alone leaves out where it is routed to."""
        for row in self.list(session):
            if str(row.id) == str(id_):
                return row
        raise NotFound(
            f"there is no {self.noun} {id_} in this account. Next: `refresh`, then `up`.", status=404
        )

    def alike(self, session: Session, body: Mapping[str, object]) -> list[IPv6RangeRow]:
        """The list takes no filter by the address that it is routed to."""
        return [row for row in self.list(session) if self.identity.holds(row, body)]

    def still_named(self, session: Session, id_: str, outs: Mapping[str, object]) -> list[str]:
        """By its addresses."""
        return named_still(session, [f"{id_}/{outs.get('prefix_length')}"])

    def goes_first(self, olds: Mapping[str, object], news: Mapping[str, object]) -> bool:  # noqa: ARG002 - the base's
        """An account has one in a region, unless support allows it more."""
        return True


SPEC = _RangeSpec(
    "IPv6Range", "/networking/ipv6/ranges", IPv6RangeArgs, IPv6RangeRow, by_content("route_target", "prefix_length"),
    "ips:read_write", "IPv6 range", rules=(_routed,), grant="", erases=("addresses", "id"),
)  # fmt: skip
