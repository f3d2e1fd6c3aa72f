"""A record of a domain. Source: POST /domains/{domainId}/records.

The API keeps names below the domain (`www`, nothing for the domain itself) and targets without their last dot; what a
program declares is put in that form, so that `www`, `www.example.org` and `www.example.org.` are the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Annotated, Any, Literal, overload

import pulumi
from pydantic import Field, model_validator

from providers.linode.api.cache import is_offline
from providers.linode.api.records import Owned
from providers.linode.api.refusals import if_allowed
from providers.linode.core import runtime
from providers.linode.core.args import Args, In, InId, arg, by_name
from providers.linode.core.effects import PUT, REPLACE
from providers.linode.core.forms import DOMAINS, canonical_address, matching, whole
from providers.linode.core.owner import Owner
from providers.linode.core.problems import Problem, told
from providers.linode.core.runtime import Session
from providers.linode.core.spec import Checking, Spec, by_content
from providers.linode.core.values import as_id, whole_numbers
from providers.linode.resources import domain
from providers.linode.resources.base import Resource
from providers.linode.resources.domain import Seconds, lower, seconds

if TYPE_CHECKING:
    from providers.linode.resources.domain import Domain

LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST = rf"(\*\.)?{LABEL}(\.{LABEL})*\.?"
Name = Annotated[
    str,
    Field(max_length=253),
    matching(rf"|@|\*|{HOST}"),
    told("must be a name such as www, www.example.org, * or @. Next: correct it."),
]
Target = Annotated[
    str, Field(max_length=65_535), told("must be a text of up to 65535 characters. Next: correct it.")
]
Word = Annotated[str, matching(LABEL), told("must be a word such as sip or tcp. Next: correct it.")]
Priority = Annotated[int, whole(0, 255)]
Number = Annotated[int, whole(0, 65_535)]
LONGEST_NAME = 100
"""Below the domain. Source: POST /domains/{domainId}/records."""

HOSTS = ("CNAME", "MX", "NS", "PTR", "SRV")
"""Types whose target is a name."""

NEEDS: Mapping[str, tuple[str, ...]] = {
    "MX": (),
    "CNAME": ("name", "target"),
    "CAA": ("target", "tag"),
    "SRV": ("target", "service", "protocol", "port", "priority", "weight"),
}
"""What a type can't do without; else a target."""

ONLY_OF: Mapping[str, tuple[str, ...]] = {
    "priority": ("MX", "SRV"), "tag": ("CAA",), **dict.fromkeys(("weight", "port", "service", "protocol"), ("SRV",)),
}  # fmt: skip


def bare(word: str) -> str:
    """A service or protocol without the underscore that the API puts before it."""
    return word.strip("_.")


def below(name: str, zone: str) -> str:
    """A name as the API keeps it; one in full that is not in the domain stays as it is."""
    name = "" if name == "@" else name.lower()
    full = name.removesuffix(".")
    if zone and (full == zone or full.endswith(f".{zone}")):
        return full.removesuffix(zone).removesuffix(".")
    return name


def as_kept(kind: object, target: str, zone: str) -> str:
    """A target as the API keeps it; that of an SRV record may be below the domain."""
    if kind in ("A", "AAAA"):
        return canonical_address(target)
    if kind in HOSTS:
        target = lower(target)
    return f"{target}.{zone}" if kind == "SRV" and zone and target and "." not in target else target


class DomainRecordArgs(Args):
    domain_id: InId["Domain"] = arg(REPLACE, wire="", seen="domain_id", ids_of=DOMAINS)
    """The domain that it is a part of, a master."""

    type: In[Literal["A", "AAAA", "CNAME", "MX", "TXT", "SRV", "NS", "CAA", "PTR"]] = arg(REPLACE)
    """The record's type."""

    name: In[Name | None] = arg(PUT, default=None, text=str.lower, else_="the domain itself")
    """Below the domain or in full: `www` and `www.example.org` are the same. `@` is the domain itself."""

    target: In[Target | None] = arg(PUT, default=None, else_="none: of an MX, that no mail is taken")
    """The address, name or text that the record gives."""

    priority: In[Priority | None] = arg(PUT, default=None, else_="0", note="of MX and SRV")
    """The lowest is tried first."""

    weight: In[Number | None] = arg(PUT, default=None, else_="0", note="of SRV")
    """Among those of one priority."""

    port: In[Number | None] = arg(PUT, default=None, else_="0", note="of SRV")
    """Where the service is."""

    service: In[Word | None] = arg(PUT, default=None, text=bare, note="of SRV")
    """Such as sip; the name is made of it and the protocol."""

    protocol: In[Word | None] = arg(PUT, default=None, text=bare, note="of SRV")
    """Such as tcp."""

    tag: In[Literal["issue", "issuewild", "iodef"] | None] = arg(PUT, default=None, note="of CAA")
    """What the target may do."""

    ttl_sec: In[Seconds | None] = seconds("the domain's")
    """How long resolvers keep it; rounded up to one of the API's steps."""


class DomainRecordRow(Owned):
    """Source: GET /domains/{domainId}/records/{recordId}. `label`: name and type."""

    label: str = Field("", exclude=True)
    domain_id: int
    type: str = ""
    name: str = ""
    target: str = ""
    priority: int = 0
    weight: int = 0
    port: int = 0
    service: str | None = None
    protocol: str | None = None
    tag: str | None = None
    ttl_sec: int = 0

    @model_validator(mode="before")
    @classmethod
    def _as_compared(cls, row: Any) -> Any:
        """With a label, of which it has none, and as a declaration would have it."""
        if not isinstance(row, Mapping):
            return row
        kind, found = row.get("type"), dict(row)
        for key, form in (
            ("name", str.lower), ("service", bare), ("protocol", bare), ("target", partial(as_kept, kind, zone="")),
        ):  # fmt: skip
            if isinstance(text := row.get(key), str):
                found[key] = form(text)
        return {**found, "label": "-".join(str(part) for part in (found.get("name"), kind) if part)}


class DomainRecord(Resource):
    domain_id: pulumi.Output[int]
    type: pulumi.Output[str]
    name: pulumi.Output[str]
    target: pulumi.Output[str]
    created: pulumi.Output[str]

    @overload
    def __init__(
        self, name: str, /, args: DomainRecordArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    @by_name(DomainRecordArgs)
    def __init__(self, name: str, /) -> None: ...
    def __init__(self, name: str, /, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


def _zone(session: Session, id_: object) -> str:
    """The name of a domain; "" where that is not known."""
    if type(id_) is not int:
        return ""
    found = if_allowed(partial(session.known, domain.SPEC, id_))
    return found.domain.lower() if found is not None else ""


def _whole(check: Checking[DomainRecordArgs]) -> Iterator[Problem]:
    args, kind = check.args, check.args.type
    if not kind:
        return
    for name in NEEDS.get(kind, ("target",)):
        if not check.gives(name) or args.value(name) == "":
            yield Problem(name, f"is required for a record of type {kind}. Next: give it.")
    for name, kinds in ONLY_OF.items():
        if args.value(name) is not None and kind not in kinds:
            yield Problem(name, f"applies only to {' and '.join(kinds)}. Next: leave it out.")
    if kind == "SRV" and args.name:
        yield Problem("name", "is made of service and protocol. Next: leave it out.")
    if kind == "NS" and (args.name or "").startswith("*"):
        yield Problem("name", "can't be used for NS records. Next: leave the * out.")
    if kind == "MX" and not check.gives("target") and (args.name or args.priority):
        yield Problem("target", "is required, unless the domain takes no mail at all: then name and priority go too. "
                      "Next: give it.")  # fmt: skip
    yield from _target(kind, args.target or "")
    yield from _name(check, args.name or "")


def _name(check: Checking[DomainRecordArgs], name: str) -> Iterator[Problem]:
    """Of a domain that isn't there yet it may be in full."""
    is_long, is_full = len(name) > LONGEST_NAME, name.endswith(".")
    if (is_long or is_full) and (zone := _zone(check.session, check.args.domain_id)):
        if is_full:
            yield Problem("name", f"is not below {zone}. Next: correct it, or leave the last dot out.")
        elif is_long and check.is_new("name", "domain_id"):
            why = f"has {len(name)} characters below {zone}, and the API takes {LONGEST_NAME}"
            yield Problem("name", f"{why}. Next: shorten it.")


def _target(kind: str, target: str) -> Iterator[Problem]:
    forms = {"A": ("an IPv4 address", IPv4Address), "AAAA": ("an IPv6 address", IPv6Address)}
    if target and kind in forms:
        what, form = forms[kind]
        try:
            form(target)
        except ValueError:
            yield Problem("target", f"must be {what}. Next: correct it.")
    if target and kind in HOSTS and not re.fullmatch(HOST, target):
        yield Problem("target", "must be a name such as www.example.org. Next: correct it.")


def _beside(check: Checking[DomainRecordArgs]) -> Iterator[Problem]:
    """What may not stand beside others, among those that are in the account."""
    args, kind = check.args, check.args.type
    if kind == "CNAME" and args.name and check.is_new("domain_id", "type", "name"):
        for other in _others(check, lambda one: one.type == kind and one.name == args.name):
            yield Problem(
                "name", f"has a CNAME already, record {other.id}. Next: correct it, or delete that one."
            )
    is_null = kind == "MX" and check.props.get("target") in (None, "")
    if is_null and not (args.name or args.priority) and check.is_new("domain_id", "type", "target"):
        for other in _others(check, lambda one: one.type == kind):
            why = f"is none, and the domain has MX record {other.id} ({other.target})"
            yield Problem("target", f"{why}. Next: give one, or delete that record first.")


def _doubts(check: Checking[DomainRecordArgs]) -> Iterator[str]:
    """The API takes it."""
    args = check.args
    if args.type == "CNAME" and args.name and check.is_new("domain_id", "type", "name"):
        for other in _others(check, lambda one: one.type != "CNAME" and one.name == args.name):
            yield f"{args.name} has a {other.type} record, too: resolvers see the CNAME alone"


def _others(
    check: Checking[DomainRecordArgs], is_meant: Callable[[DomainRecordRow], bool]
) -> Iterator[DomainRecordRow]:
    own = runtime.current().own_id()
    rows = if_allowed(partial(check.session.rows, SPEC.within(check.props))) or ()
    same = {"name": check.args.name, "type": check.args.type, "target": check.args.target}
    return (
        row
        for row in rows
        if is_meant(row)
        and str(row.id) != own
        and not (check.old is None and SPEC.identity.matches(row, same))
    )


def _of_a_master(check: Checking[DomainRecordArgs]) -> Iterator[Problem]:
    parent = if_allowed(partial(check.session.known, domain.SPEC, check.args.domain_id))
    if parent is not None and parent.type == "slave" and check.is_new("domain_id"):
        why = f"names {parent.domain}, a slave, whose records come from its masters"
        yield Problem("domain_id", f"{why}. Next: declare it there, or name a master.")


class _RecordSpec(Spec[DomainRecordArgs, DomainRecordRow]):
    def canonical(self, session: Session, news: Mapping[str, object]) -> Mapping[str, object]:
        """Names below their domain, and targets in the API's form."""
        found, kind = dict(news), news.get("type")
        name, target = found.get("name"), found.get("target")
        in_full = isinstance(name, str) and "." in name
        is_short = kind == "SRV" and isinstance(target, str) and "." not in target
        id_ = as_id(whole_numbers(found.get("domain_id")))
        zone = _zone(session, id_) if (in_full or is_short) and not is_offline() else ""
        if isinstance(name, str):
            found["name"] = below(name, zone)
        if isinstance(target, str):
            found["target"] = as_kept(kind, target, zone)
        return found

    def body(self, args: DomainRecordArgs, owner: Owner) -> dict[str, object]:
        """With what a record has that leaves it out, for one with another value is another record: the domain's own
        name, and for MX no target and priority 0.
        """
        unsaid: dict[str, object] = {} if args.type == "SRV" else {"name": ""}
        if args.type == "MX":
            unsaid |= {"target": "", "priority": 0}
        return {**unsaid, **super().body(args, owner)}

    def goes_first(self, olds: Mapping[str, object], news: Mapping[str, object]) -> bool:
        """A CNAME stands beside no other record of its name."""
        return "CNAME" in (olds.get("type"), news.get("type"))

    def imported(self, record: DomainRecordRow) -> dict[str, object]:
        """What the type doesn't use is 0 in the API's answer, or what somebody has left there, or is made of other
        inputs.
        """
        kind, needs = record.type, NEEDS.get(record.type, ())
        return {
            name: value
            for name, value in super().imported(record).items()
            if (value not in (0, "") or name in needs)
            and kind in ONLY_OF.get(name, (kind,))
            and (kind, name) != ("SRV", "name")
        }


SPEC = _RecordSpec(
    "DomainRecord", "/domains/{domain_id}/records", DomainRecordArgs, DomainRecordRow,
    by_content("name", "type", "target", "service", "protocol", "port", "weight", "priority", "tag"),
    "domains:read_write", "domain record", rules=(_whole, _beside, _of_a_master), doubts=_doubts,
)  # fmt: skip
