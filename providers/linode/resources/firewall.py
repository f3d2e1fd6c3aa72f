"""A firewall: its rules, and what stands behind it. Source: POST /networking/firewalls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, overload

import pulumi
from pydantic import AfterValidator, Field
from typing_extensions import NotRequired, TypedDict

from providers.linode.api.records import Owned, Record
from providers.linode.core.args import Args, In, InList, InRows, Of, arg, by_name
from providers.linode.core.effects import ACTION, PUT
from providers.linode.core.forms import LIST, MAP, Id, Network, Tag, Text
from providers.linode.core.owner import Owner
from providers.linode.core.problems import Problem, among, told
from providers.linode.core.spec import BY_LABEL_AND_TAG, Checking, Spec, Update
from providers.linode.resources.base import Resource

PORTS = re.compile(r"\d{1,5}(-\d{1,5})?(, ?\d{1,5}(-\d{1,5})?){0,14}")
WITHOUT_PORTS = ("ICMP", "IPENCAP")
MOST_RULES = 25
EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})
POLICIES = ("ACCEPT", "DROP")

Policy = Annotated[Literal["ACCEPT", "DROP"], among(POLICIES)]
Protocol = Annotated[Literal["TCP", "UDP", "ICMP", "IPENCAP"], among(("TCP", "UDP", "ICMP", "IPENCAP"))]
Status = Annotated[Literal["enabled", "disabled"], among(("enabled", "disabled"))]
Label = Annotated[
    str,
    Field(pattern=r"\A[A-Za-z0-9](?!.*(--|__|\.\.))[A-Za-z0-9._-]{1,30}[A-Za-z0-9]\Z"),
    told(
        "must have 3 to 32 letters, digits, '-', '_' or '.', and begin and end with one. Next: correct the label."
    ),
]


def _ports(text: str) -> str:
    ends = (
        [int(end) for part in text.split(",") for end in part.strip().split("-")]
        if PORTS.fullmatch(text)
        else []
    )
    if not ends or not all(1 <= end <= 65_535 for end in ends):
        raise ValueError
    return text


Ports = Annotated[
    str, AfterValidator(_ports), told("must be ports such as 22, 80, 8000-8080. Next: correct it.")
]


class Networks(TypedDict):
    """Where packets come from or go to: networks with their prefix."""

    ipv4: NotRequired[Of[Annotated[list[Network], LIST]]]
    ipv6: NotRequired[Of[Annotated[list[Network], LIST]]]


class RuleArgs(TypedDict):
    """One rule. `ports` of TCP and UDP alone, all of them if left out."""

    action: Of[Policy]
    protocol: Of[Protocol]
    addresses: NotRequired[Of[Annotated[Networks, MAP]]]
    ports: NotRequired[Of[Ports]]
    label: NotRequired[Of[Text]]
    description: NotRequired[Of[Text]]


Networks.__pydantic_config__ = RuleArgs.__pydantic_config__ = {"extra": "forbid"}  # type: ignore[attr-defined]  # pydantic's own hook


class FirewallArgs(Args):
    label: In[Label | None] = arg(PUT, default=None, else_="<project>-<stack>-<name>")
    """Unique in the account."""

    inbound: InRows[Annotated[RuleArgs, MAP]] = arg(ACTION, default=None, seen="rules.inbound", wire="")
    """Rules for what comes in, in the order in which they are tried."""

    inbound_policy: In[Policy] = arg(ACTION, seen="rules.inbound_policy", wire="")
    """What happens to what comes in and no rule names."""

    outbound: InRows[Annotated[RuleArgs, MAP]] = arg(ACTION, default=None, seen="rules.outbound", wire="")
    """Rules for what goes out."""

    outbound_policy: In[Policy] = arg(ACTION, seen="rules.outbound_policy", wire="")
    """What happens to what goes out and no rule names."""

    status: In[Status | None] = arg(PUT, default=None, wire="", else_="enabled")
    """A disabled one lets everything through."""

    tags: InList[Tag] = arg(PUT, default=None, unordered=True)
    """Each 3 to 50 characters. One of our own is added."""

    linodes: InList[Id] = arg(ACTION, default=None, unordered=True, wire="", seen="linodes")
    """Linodes with legacy interfaces behind it, by id; those of no list are left alone."""

    interfaces: InList[Id] = arg(ACTION, default=None, unordered=True, wire="", seen="interfaces")
    """Linode interfaces behind it, by id."""

    nodebalancers: InList[Id] = arg(ACTION, default=None, unordered=True, wire="", seen="nodebalancers")
    """NodeBalancers behind it, by id."""

    @classmethod
    def normalised(cls, key: str, value: object) -> object:
        """Rules without what the API adds as null; an absent list is an empty one."""
        if key in ("inbound", "outbound"):
            rows = value if isinstance(value, (list, tuple)) else []
            return [{name: each for name, each in row.items() if each not in (None, [], "")} for row in rows]
        return super().normalised(key, value)


class Entity(Record):
    id: int
    type: str


class FirewallRecord(Owned):
    """Source: GET /networking/firewalls/{firewallId}."""

    status: str = ""
    rules: Mapping[str, Any] = Field(default_factory=dict, exclude=True)
    entities: tuple[Entity, ...] = Field(default=(), exclude=True)
    created: str = ""
    updated: str = ""

    linodes = property(lambda self: self.behind("linode"))
    nodebalancers = property(lambda self: self.behind("nodebalancer"))
    interfaces = property(lambda self: self.behind("linode_interface", "interface"))

    def behind(self, *types: str) -> list[int]:
        return [entity.id for entity in self.entities if entity.type in types]


class Firewall(Resource):
    label: pulumi.Output[str]
    status: pulumi.Output[str]
    tags: pulumi.Output[list[str]]
    created: pulumi.Output[str]
    updated: pulumi.Output[str]

    @overload
    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    @by_name(FirewallArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


BEHIND = {"linodes": "linode", "interfaces": "linode_interface", "nodebalancers": "nodebalancer"}
RULES = ("inbound", "inbound_policy", "outbound", "outbound_policy")


def _rules(check: Checking[FirewallArgs]) -> Iterator[Problem]:
    inbound, outbound = check.args.inbound or [], check.args.outbound or []
    if (count := len(inbound) + len(outbound)) > MOST_RULES:
        yield Problem(
            "inbound", f"and outbound are {count} rules, and the API takes {MOST_RULES}. Next: drop some."
        )
    for key, rules in (("inbound", inbound), ("outbound", outbound)):
        for number, rule in enumerate(rules):
            if "ports" in rule and rule.get("protocol") in WITHOUT_PORTS:
                yield Problem(key, f"[{number}].ports: {rule['protocol']} has none. Next: leave it out.")


def _doubts(check: Checking[FirewallArgs]) -> Iterator[str]:
    for rule in check.args.inbound or ():
        nets = {net for nets in _nets(rule) for net in nets}
        ports = re.split(r"\D+", str(rule.get("ports", "22")))
        if (everybody := sorted(nets & EVERYWHERE)) and rule["action"] == "ACCEPT" and "22" in ports:
            yield f"SSH (port 22) is open to {' and '.join(everybody)}"


def _nets(rule: Mapping[str, Any]) -> list[list[str]]:
    return list((rule.get("addresses") or {}).values())


def _set_rules(update: Update[FirewallArgs, FirewallRecord]) -> None:
    wanted = {key: value for key in RULES if (value := update.wanted.value(key)) is not None}
    there = {key: update.record.rules.get(key) for key in RULES}
    update.session.client.put(f"{SPEC.record_path(update.record.id)}/rules", {**there, **wanted})


def _set_devices(update: Update[FirewallArgs, FirewallRecord]) -> None:
    """What is no longer declared goes first: a machine has one enabled firewall at most."""
    client, path = update.session.client, f"{SPEC.record_path(update.record.id)}/devices"
    devices = {(row["entity"]["type"], row["entity"]["id"]): row["id"] for row in client.list_rows(path)}  # type: ignore[index]  # as the API has them
    wanted = {(type_, id_) for key, type_ in BEHIND.items() for id_ in update.wanted.value(key) or ()}  # type: ignore[attr-defined]  # a list
    judged = {type_ for key, type_ in BEHIND.items() if update.wanted.value(key) is not None}
    for place, device_id in devices.items():
        if place[0] in judged and place not in wanted:
            client.delete(f"{path}/{device_id}")
    for type_, id_ in sorted(wanted - set(devices)):
        client.post(path, {"type": type_, "id": id_})


class FirewallSpec(Spec[FirewallArgs, FirewallRecord]):
    def body(self, args: FirewallArgs, owner: Owner) -> dict[str, object]:
        rules = {key: args.value(key) if args.value(key) is not None else [] for key in RULES}
        devices = {key: args.value(key) for key in BEHIND if args.value(key)}
        return {**super().body(args, owner), "rules": rules, **({"devices": devices} if devices else {})}


SPEC = FirewallSpec(
    "Firewall", "/networking/firewalls", FirewallArgs, FirewallRecord, BY_LABEL_AND_TAG, "firewall:read_write",
    noun="firewall", rules=(_rules,), doubts=_doubts,
    steps={**dict.fromkeys(RULES, _set_rules), **dict.fromkeys(BEHIND, _set_devices)},
)  # fmt: skip
