"""A firewall: its rules, and what stands behind it. Source: POST /networking/firewalls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated, Any, Literal, overload

import pulumi
from pydantic import Field, field_validator
from typing_extensions import NotRequired, TypedDict

from providers.linode.api.records import INTERFACE_DEVICE, Entity, Owned
from providers.linode.api.refusals import if_allowed
from providers.linode.core.args import Args, In, InIds, InList, InRows, Of, arg, by_name, ids
from providers.linode.core.effects import ACTION, PUT
from providers.linode.core.forms import BALANCERS, LINODES, Networks, Ports, Tag, Text, label
from providers.linode.core.problems import Problem
from providers.linode.core.spec import BY_LABEL_AND_TAG, Checking, Spec, Update
from providers.linode.core.values import is_unknown
from providers.linode.resources.base import Resource
from providers.linode.resources.instance import spec as instance
from providers.linode.resources.reach import CLOSED, FAMILIES, Wall, opened

MOST, SSH = 25, 22
TYPES = {"linodes": ("linode",), "interfaces": INTERFACE_DEVICE, "nodebalancers": ("nodebalancer",)}
NOUNS = {"linodes": "Linode", "interfaces": "interface", "nodebalancers": "NodeBalancer"}
Policy = Literal["ACCEPT", "DROP"]


class RuleArgs(TypedDict):
    """One rule. `ports` of TCP and UDP alone, all of them if left out."""

    action: Of[Policy]
    protocol: Of[Literal["TCP", "UDP", "ICMP", "IPENCAP"]]
    addresses: NotRequired[Of[Networks]]
    ports: NotRequired[Of[Ports]]
    label: NotRequired[Of[Text]]
    description: NotRequired[Of[Text]]


def _set_rules(update: Update[FirewallArgs, FirewallRecord]) -> None:
    ours = {name: update.wanted.value(name) for name, each in SPEC.fields.items() if each.step is _set_rules}
    rules = {name: update.record.rules.get(name) if value is None else value for name, value in ours.items()}
    update.session.client.put(f"{SPEC.record_path(update.record.id)}/rules", rules)


def _guard(update: Update[FirewallArgs, FirewallRecord]) -> None:
    """What is no longer declared goes first: a machine has one enabled firewall at most."""
    client, wall_id = update.session.client, update.record.id
    devices = client.devices(wall_id)
    for key, types in TYPES.items():
        there = {device.entity.id: device for device in devices if device.entity.type in types}
        wanted: Any = update.wanted.value(key)
        for id_ in (id_ for id_ in there if wanted is not None and id_ not in wanted):
            client.detach(wall_id, there[id_])
        for id_ in (id_ for id_ in wanted or () if id_ not in there):
            client.attach(wall_id, types, id_)


class FirewallArgs(Args):
    label: In[Annotated[str, label(3, 32)] | None] = arg(PUT, default=None, else_="<project>-<stack>-<name>")
    """Unique in the account."""

    inbound: InRows[RuleArgs] = arg(ACTION, step=_set_rules, default=None, wire="rules.inbound")
    """Rules for what comes in, in the order in which they are tried."""

    inbound_policy: In[Policy] = arg(ACTION, step=_set_rules, wire="rules.inbound_policy")
    """What happens to what comes in and no rule names."""

    outbound: InRows[RuleArgs] = arg(ACTION, step=_set_rules, default=None, wire="rules.outbound")
    """Rules for what goes out."""

    outbound_policy: In[Policy] = arg(ACTION, step=_set_rules, wire="rules.outbound_policy")
    """What happens to what goes out and no rule names."""

    status: In[Literal["enabled", "disabled"] | None] = arg(PUT, default=None, wire="", else_="enabled")
    """A disabled one lets everything through."""

    tags: InList[Tag] = arg(PUT, default=None, unordered=True)
    """Each 3 to 50 characters. One of our own is added."""

    linodes: InIds = ids(ACTION, step=_guard, default=None, wire="devices.linodes", of=LINODES)
    """Linodes with legacy interfaces behind it, by id; without a list they are left as they are."""

    interfaces: InIds = ids(ACTION, step=_guard, default=None, wire="devices.interfaces")
    """Linode interfaces behind it, by id."""

    nodebalancers: InIds = ids(ACTION, step=_guard, default=None, wire="devices.nodebalancers", of=BALANCERS)
    """NodeBalancers behind it, by id."""


class FirewallRecord(Owned):
    """Source: GET /networking/firewalls/{firewallId}."""

    status: str = ""
    rules: Mapping[str, Any] = Field(exclude=True)
    entities: tuple[Entity, ...] = Field(exclude=True)

    @field_validator("rules", mode="after")
    @classmethod
    def _none_is_empty(cls, rules: Mapping[str, Any]) -> Mapping[str, Any]:
        """The API keeps a null that it was sent."""
        return {key: [] if value is None else value for key, value in rules.items()}

    linodes = property(lambda self: self.behind("linodes"))
    interfaces = property(lambda self: self.behind("interfaces"))
    nodebalancers = property(lambda self: self.behind("nodebalancers"))

    def behind(self, key: str) -> list[int | str | None]:
        return [entity.id for entity in self.entities if entity.type in TYPES[key]]


class Firewall(Resource):
    label: pulumi.Output[str]
    status: pulumi.Output[str]
    tags: pulumi.Output[list[str]]
    created: pulumi.Output[str]

    @overload
    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    @by_name(FirewallArgs)
    def __init__(self, name: str) -> None: ...
    def __init__(self, name: str, args: Any = None, opts: Any = None, **by_name: Any) -> None:
        self._declare(name, args, opts, by_name)


def _rules(check: Checking[FirewallArgs]) -> Iterator[Problem]:
    both = {"inbound": check.args.inbound or [], "outbound": check.args.outbound or []}
    if (count := sum(map(len, both.values()))) > MOST:
        yield Problem("inbound", f"and outbound are {count} rules, the API takes {MOST}. Next: drop some.")
    for key, rules in both.items():
        for number, rule in enumerate(rules):
            if "ports" in rule and rule.get("protocol") in ("ICMP", "IPENCAP"):
                yield Problem(key, f"[{number}].ports: {rule['protocol']} has none. Next: leave it out.")


def _whole(check: Checking[FirewallArgs]) -> Iterator[Problem]:
    """Linodes that are put behind it as a whole; one with Linode interfaces has a firewall for each of these."""
    known = {*((check.old.linodes if check.old is not None else None) or ())}
    for id_ in (each for each in check.args.linodes or () if each not in known):
        linode = if_allowed(partial(check.session.listed, instance.SPEC, str(id_)))
        if linode is not None and linode.interface_generation == "linode":
            yield Problem(
                "linodes",
                f"has {id_}, which has Linode interfaces. Next: name these in interfaces, or this firewall in "
                "each of them as firewall_id.",
            )


def _doubts(check: Checking[FirewallArgs]) -> Iterator[str]:
    wall = Wall(check.args.inbound or (), check.args.inbound_policy)
    first = {net: wall.first("TCP", family, SSH) for family, net in FAMILIES.items()}
    if met := [net for net, rule in first.items() if rule is not None and rule["action"] == "ACCEPT"]:
        yield f"SSH (port {SSH}) is open to everybody: {' and '.join(met)}"
    if None in first.values() and check.args.inbound_policy == "ACCEPT":
        yield f"SSH (port {SSH}) is open to everybody: inbound_policy accepts what no rule drops"


class _FirewallSpec(Spec[FirewallArgs, FirewallRecord]):
    def opens(self, olds: Mapping[str, object], news: Mapping[str, object]) -> Iterator[str]:
        """By its rules, and what it no longer stands before."""
        yield from opened(Wall.of(olds) if olds else CLOSED, Wall.of({**olds, **news}))
        before, after = self.args.normal(olds), self.args.normal(news)
        for key, noun in NOUNS.items():
            old, new = before.get(key), after.get(key)
            if isinstance(old, list) and isinstance(new, list) and not is_unknown(new):
                yield from (
                    f"{noun} {id_}, unless another firewall takes it" for id_ in old if id_ not in new
                )


SPEC = _FirewallSpec(
    "Firewall", "/networking/firewalls", FirewallArgs, FirewallRecord, BY_LABEL_AND_TAG, "firewall:read_write",
    noun="firewall", rules=(_rules, _whole), doubts=_doubts,
)  # fmt: skip
