"""The name that an address stands for. Source: PUT /networking/ips/{address}.

Every public IPv4 address has a name of the API's own; one of these resources is there where it has another. The API
looks the name up first, and refuses it until its A or AAAA record answers with the address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Annotated, Any, overload

import pulumi
from pydantic import Field

from providers.linode.api.cache import is_offline
from providers.linode.api.errors import ApiRefused, ApiUnreachable, NotFound, WaitExpired
from providers.linode.api.records import Address, Owned
from providers.linode.api.refusals import if_allowed
from providers.linode.core import engine
from providers.linode.core.args import Args, In, InRef, arg, by_name
from providers.linode.core.effects import PUT, REPLACE
from providers.linode.core.forms import AnyAddress, canonical_address, matching
from providers.linode.core.problems import Problem, told
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Checking, Identity, Spec, Update
from providers.linode.core.waiting.until import Pace, timeout_for, until
from providers.linode.nearest import did_you_mean, there_are
from providers.linode.resources import ipv6_range, lost_addresses
from providers.linode.resources.base import Resource
from providers.linode.resources.domain import lower
from providers.linode.resources.domain_record import HOST

if TYPE_CHECKING:
    from providers.linode.resources.ipv6_range import IPv6Range
    from providers.linode.resources.reserved_ip import ReservedIP

DEFAULTS = (".ip.linodeusercontent.com", ".members.linode.com")
"""What the names end with that the API gives by itself; the second are older."""

NOT_YET = ("unable to perform a lookup", "matching forward entry")
"""What the API says of a name without its record, in the words that clients report."""

PACE = Pace(first_s=1.0, longest_s=15.0)
"""Nameservers take minutes to have a new record."""

Host = Annotated[
    str,
    Field(max_length=253),
    matching(HOST),
    told("must be a name such as web.example.org. Next: correct it."),
]


class ReverseDNSArgs(Args):
    address: InRef[AnyAddress, "ReservedIP | IPv6Range"] = arg(REPLACE, text=canonical_address)
    """A public IPv4 or IPv6 address of the account, or one in an IPv6 range of it."""

    rdns: In[Host] = arg(PUT, text=lower)
    """The name of the address. Its A or AAAA record has to lead to the address: that is waited for."""


class ReverseDNSRow(Owned):
    """Source: GET /networking/ips/{address}. It has no other id than the address."""

    id: Address = Field(validation_alias="address")
    label: str = Field("", validation_alias="address", exclude=True)
    address: Address
    rdns: str | None = None
    linode_id: int | None = None
    region: str = ""

    @property
    def is_named(self) -> bool:
        return bool(self.rdns) and not lower(self.rdns or "").endswith(DEFAULTS)


class ReverseDNS(Resource):
    address: pulumi.Output[str]
    rdns: pulumi.Output[str]
    region: pulumi.Output[str]

    @overload
    def __init__(
        self, name: str, args: ReverseDNSArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    @by_name(ReverseDNSArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


def _of_the_account(check: Checking[ReverseDNSArgs]) -> Iterator[Problem]:
    address, session = check.args.address, check.session
    if not address or is_offline() or (there := lost_addresses.rows(session)) is None:
        return
    linode_id = there.get(address, {}).get("linode_id")
    if how := lost_addresses.lost(session, address, session.planned.get(("Instance", str(linode_id)))):
        why = f"is of a Linode that {how} in the same run, and goes with it"
        yield Problem("address", f"{why}. {lost_addresses.BY_OUTPUT}")
    if not check.is_new("address"):
        return
    if (
        address not in there
        and session.lacks(SPEC.record_path(address))
        and not _is_in_a_range(session, address)
    ):
        near = did_you_mean(address, there) or there_are((each, "") for each in there)
        yield Problem("address", f"is no address of this account{near}. Next: correct it.")
    elif there.get(address, {}).get("public") is False:
        yield Problem("address", "is private: nobody looks it up. Next: name a public one.")


def _is_in_a_range(session: Session, address: str) -> bool:
    """Of these the API lists only what has a name already."""
    if ":" not in address:
        return False
    rows = if_allowed(lambda: session.rows(ipv6_range.SPEC)) or ()
    ranges = [*rows, *session.made_of(ipv6_range.SPEC.kind)]
    return any(ip_address(address) in ip_network(f"{each.range}/{each.prefix_length}") for each in ranges)


def _own_name(check: Checking[ReverseDNSArgs]) -> Iterator[Problem]:
    if (check.args.rdns or "").endswith(DEFAULTS):
        yield Problem("rdns", "is a name of the API's own. Next: give another, or leave the resource out.")


def _named(session: Session, address: str, rdns: str, timeout_s: float) -> ReverseDNSRow:
    """The address with that name, set once its forward record answers with the address.

    Raises ApiRefused, also where that was waited for in vain.
    """
    refusals: list[ApiRefused] = []

    def answered() -> Mapping[str, object] | None:
        try:
            return session.client.put(SPEC.record_path(address), {"rdns": rdns})
        except ApiRefused as refused:
            if not any(words in reason for _, reason in refused.reasons for words in NOT_YET):
                raise
            if not refusals:
                engine.tell(
                    f"waits up to {timeout_s:.0f} s until {rdns} answers with {address}", warning=False
                )
            refusals.append(refused)
            return None

    try:
        answer = until(answered, bool, rdns, timeout_s, PACE)
    except WaitExpired:
        last = refusals[-1]
        raise ApiRefused(
            f"{address} can't be named {rdns}: its {'AAAA' if ':' in address else 'A'} record did not answer with the "
            f"address for {timeout_s:.0f} s ({'; '.join(reason for _, reason in last.reasons)}). Next: declare that "
            "record, see that the domain's nameservers have it, then run `up` again.",
            status=last.status,
            reasons=last.reasons,
        ) from None
    with suppress(ApiUnreachable):
        return SPEC.read(answer or {})
    return SPEC.get(session, address)


class _ReverseSpec(Spec[ReverseDNSArgs, ReverseDNSRow]):
    def is_one(self, record: ReverseDNSRow) -> bool:
        return record.is_named

    def get(self, session: Session, id_: int | str) -> ReverseDNSRow:
        found = super().get(session, id_)
        if not found.is_named:
            raise NotFound(f"{id_} has no name but the API's own. Next: `refresh`, then `up`.", status=404)
        return found

    def create(self, session: Session, args: ReverseDNSArgs, body: object) -> ReverseDNSRow:  # noqa: ARG002 - of a POST
        return _named(session, args.address, args.rdns, timeout_for(args, "create"))

    def update(self, update: Update[ReverseDNSArgs, ReverseDNSRow]) -> ReverseDNSRow:
        session, args = update.session, update.wanted
        if not self.put_body(update):
            return update.record
        return _named(session, args.address, args.rdns, update.timeout_s)

    def delete(self, session: Session, id_: str, args: ReverseDNSArgs, timeout_s: float) -> None:  # noqa: ARG002
        """The API's own name is back. Gone is success: an address goes with its Linode."""
        with suppress(NotFound):
            session.client.put(self.record_path(id_), {"rdns": None})


SPEC = _ReverseSpec(
    lost_addresses.NAMING, lost_addresses.PATH, ReverseDNSArgs, ReverseDNSRow,
    Identity(("address", "rdns"), unique=True),
    "ips:read_write", "reverse name", rules=(_of_the_account, _own_name),
)  # fmt: skip
