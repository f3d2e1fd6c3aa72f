"""A reserved IPv4 address, and the Linode that has it. Source: POST /networking/reserved/ips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, overload

import pulumi
from pydantic import Field

from providers.linode.api.cache import is_offline
from providers.linode.api.records import Address, BalancerId, Owned
from providers.linode.api.refusals import if_allowed
from providers.linode.core.args import NONE, Args, In, InIdOrNone, InList, arg, by_name
from providers.linode.core.effects import ACTION, PUT, REPLACE
from providers.linode.core.forms import LINODES, Tag, Text, address_path
from providers.linode.core.problems import Problem
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Checking, Identity, Refusal, Spec, Update
from providers.linode.core.waiting.until import until_free
from providers.linode.resources.attached import apart, taken
from providers.linode.resources.base import Resource
from providers.linode.resources.instance import spec as instance
from providers.linode.resources.lost_addresses import named_still
from providers.linode.resources.places import able, claimed
from providers.linode.resources.prices import monthly_usd

if TYPE_CHECKING:
    from providers.linode.resources.instance.resource import Instance

BOUND = "linode_id=0 keeps the address there, unassigned; region='{region}' reserves another one in its place"


def _assign(update: Update[ReservedIPArgs, ReservedIPRecord]) -> None:
    """To the Linode that is declared, after it has left another one; neither need be off."""
    client, address, wanted = update.session.client, update.record.id, update.wanted.linode_id
    there = SPEC.get(update.session, address).linode_id
    if there and there != wanted:
        leave = partial(client.delete, f"/linode/instances/{there}/ips/{address}")
        until_free(leave, f"address {address} is to leave Linode {there}", update.timeout_s)
    if wanted and there != wanted:
        what = f"address {address} is to be assigned"
        until_free(lambda: client.add_address(wanted, str(address)), what, update.timeout_s)


class ReservedIPArgs(Args):
    region: In[Text] = arg(REPLACE)
    """Region id. Its Linode has to be there."""

    linode_id: InIdOrNone["Instance"] = arg(
        ACTION, step=_assign, default=None, wire="", seen="linode_id", none=NONE, ids_of=LINODES,
        note="The Linode that has it, as one more address; 0 is none.",
    )  # fmt: skip
    """The Linode that has it."""

    tags: InList[Tag] = arg(PUT, default=None, unordered=True)
    """Each 3 to 50 characters. One of our own is added."""


class ReservedIPRecord(Owned):
    """Source: GET /networking/reserved/ips/{address}."""

    id: Address = Field(validation_alias="address")
    label: str = Field(default="", validation_alias="address", exclude=True)
    address: str
    region: str = ""
    linode_id: int | None = None
    gateway: str | None = None
    subnet_mask: str = ""
    prefix: int = 0
    rdns: str | None = None
    nodebalancer_id: BalancerId = Field(default=None, validation_alias="assigned_entity")


class ReservedIP(Resource):
    address: pulumi.Output[str]
    region: pulumi.Output[str]
    gateway: pulumi.Output[str]
    prefix: pulumi.Output[int]
    rdns: pulumi.Output[str]
    nodebalancer_id: pulumi.Output[int]
    monthly_usd: pulumi.Output[float]
    tags: pulumi.Output[list[str]]

    @overload
    def __init__(
        self, name: str, args: ReservedIPArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    @by_name(ReservedIPArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


def _placed(check: Checking[ReservedIPArgs]) -> Iterator[Problem]:
    yield from able(check, {})
    if not is_offline():
        yield from apart(check, "reserved address", BOUND, "region")
        yield from _by_interface(check)
        yield from _claimed(check)


def _claimed(check: Checking[ReservedIPArgs]) -> Iterator[Problem]:
    """One Linode has it: not another one, or a NodeBalancer, as `reserved_ipv4`. One that this run has made may be
    either.
    """
    id_, mine = check.args.linode_id, check.mine
    if id_ is None or mine is None or check.is_recreated:
        return
    if id_ and if_allowed(partial(check.session.listed, instance.SPEC, str(id_))) is None:
        return
    for other in claimed(check, mine.address, SPEC.kind, id_):
        where = (
            f"gives {mine.address} to Linode {id_}, and {other}"
            if id_
            else f"takes {mine.address} from {other}, which"
        )
        yield Problem("linode_id", f"{where} declares it as reserved_ipv4. Next: leave one of the two out.")


def _refused(check: Checking[ReservedIPArgs]) -> Iterator[Refusal]:
    yield from taken(check, "address")
    holder = check.mine.nodebalancer_id if check.mine is not None and not check.replaces else None
    if holder and check.args.linode_id and "linode_id" in check.takes:
        why = f"can't change: NodeBalancer {holder} has the address, for as long as it is there"
        todo = "delete that one in a run before, or leave linode_id out"
        yield Refusal(["linode_id"], Problem("linode_id", f"{why}. Next: {todo}."))


def _by_interface(check: Checking[ReservedIPArgs]) -> Iterator[Problem]:
    """A Linode with Linode interfaces has its addresses there."""
    id_ = check.args.linode_id
    if not check.is_new("linode_id"):
        return
    linode = if_allowed(partial(check.session.known, instance.SPEC, id_))
    if linode is not None and linode.interface_generation == "linode":
        why = f"is {id_}, which has Linode interfaces. Next: name the address in one of these."
        yield Problem("linode_id", why)


class _ReservedIPSpec(Spec[ReservedIPArgs, ReservedIPRecord]):
    def paths(self, record: ReservedIPRecord) -> Iterator[str]:
        """It is among the account's addresses, too."""
        yield from (self.record_path(record.id), address_path(record.address))

    def still_named(self, session: Session, id_: str, outs: Mapping[str, object]) -> list[str]:
        """By the address: nothing has an id of it."""
        return [*super().still_named(session, id_, outs), *named_still(session, [id_])]

    def monthly_usd(self, session: Session, args: ReservedIPArgs) -> float | None:
        return monthly_usd(session, f"{self.path}/types", args.region)


SPEC = _ReservedIPSpec(
    "ReservedIP", "/networking/reserved/ips", ReservedIPArgs, ReservedIPRecord, Identity(("region",), tagged=True),
    "ips:read_write", noun="reserved address", rules=(_placed,), refused=_refused, erases=("addresses", "id"),
    lasting=dict.fromkeys(("address", "gateway", "prefix"), ()),
)  # fmt: skip
