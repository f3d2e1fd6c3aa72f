"""A firewall: its rules, and what stands behind it. Source: POST /networking/firewalls."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, overload

import pulumi
from pydantic import Field, field_validator
from typing_extensions import Never

from providers.linode.api.records import Entity, Owned
from providers.linode.core.args import Args, In, InIds, InList, InRows, arg, by_name, ids
from providers.linode.core.effects import ACTION, PUT
from providers.linode.core.forms import BALANCERS, LINODES, Policy, RuleArgs, Tag, in_requests, label
from providers.linode.core.problems import Problem
from providers.linode.core.runtime import Session
from providers.linode.core.spec import BY_LABEL_AND_TAG, Checking, Spec, Update
from providers.linode.resources import behind, guards, reach
from providers.linode.resources.base import Resource
from providers.linode.resources.reach import CLOSED, Wall, opened, ssh_to_everybody

if TYPE_CHECKING:
    from providers.linode.resources.instance.resource import Instance
    from providers.linode.resources.nodebalancer import NodeBalancer

MOST, RULES = 25, ("inbound", "outbound")


def _set_rules(update: Update[FirewallArgs, FirewallRecord]) -> None:
    ours = {name: update.wanted.value(name) for name, each in SPEC.fields.items() if each.step is _set_rules}
    rules = {name: update.record.rules.get(name) if value is None else value for name, value in ours.items()}
    update.session.client.put(f"{SPEC.record_path(update.record.id)}/rules", rules)


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

    linodes: InIds["Instance"] = ids(
        ACTION, step=behind.guard, default=None, wire="devices.linodes", of=LINODES
    )
    """Linodes with legacy interfaces behind it, by id; without a list they are left as they are."""

    interfaces: InIds[Never] = ids(ACTION, step=behind.guard, default=None, wire="devices.interfaces")
    """Linode interfaces behind it, by id."""

    nodebalancers: InIds["NodeBalancer"] = ids(
        ACTION, step=behind.guard, default=None, wire="devices.nodebalancers", of=BALANCERS
    )
    """NodeBalancers behind it, by id."""


class FirewallRecord(Owned):
    """Source: GET /networking/firewalls/{firewallId}."""

    id: int
    status: str = ""
    rules: Mapping[str, Any] = Field(exclude=True)
    entities: tuple[Entity, ...] = Field(exclude=True)

    @field_validator("rules", mode="after")
    @classmethod
    def _none_is_empty(cls, rules: Mapping[str, Any]) -> Mapping[str, Any]:
        """The API keeps a null that it was sent, and a family of no networks: as programs have both."""
        return {key: [] if value is None else in_requests(value) for key, value in rules.items()}

    linodes = property(lambda self: guards.LINODE.among(self.entities))
    interfaces = property(lambda self: guards.INTERFACE.among(self.entities))
    nodebalancers = property(lambda self: guards.BALANCER.among(self.entities))


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

    def _told_besides(self, name: str, args: FirewallArgs, ignored: Collection[str]) -> Mapping[str, Any]:
        return behind.told_of_others(name, args, ignored)


def _rules(check: Checking[FirewallArgs]) -> Iterator[Problem]:
    both = {"inbound": check.args.inbound or [], "outbound": check.args.outbound or []}
    if (count := sum(map(len, both.values()))) > MOST:
        yield Problem("inbound", f"and outbound are {count} rules, the API takes {MOST}. Next: drop some.")
    for key, rules in both.items():
        for number, rule in enumerate(rules):
            protocol = reach.named_protocol(rule)
            if "ports" in rule and isinstance(rule.get("protocol"), str) and protocol not in reach.WITH_PORTS:
                yield Problem(key, f"[{number}].ports: protocol {protocol} has none. Next: leave it out.")


def _doubts(check: Checking[FirewallArgs]) -> Iterator[str]:
    yield from ssh_to_everybody(Wall(check.args.inbound or (), check.args.inbound_policy))
    yield from behind.taken(check)


class _FirewallSpec(Spec[FirewallArgs, FirewallRecord]):
    def canonical(self, session: Session, news: Mapping[str, object]) -> Mapping[str, object]:
        found = behind.noted(session, news)
        return {key: in_requests(each) if key in RULES else each for key, each in found.items()}

    def create(self, session: Session, args: FirewallArgs, body: Mapping[str, Any]) -> FirewallRecord:
        """Without what another one guards: see `behind.free`."""
        devices = body.get("devices")
        free = {"devices": behind.free(session.client, devices)} if devices else {}
        return super().create(session, args, {**body, **free})

    def opens(self, olds: Mapping[str, object], news: Mapping[str, object]) -> Iterator[str]:
        """By its rules, and what it no longer stands before."""
        yield from opened(Wall.of(olds) if olds else CLOSED, Wall.of({**olds, **news}))
        yield from behind.bare(self.args.normal(olds), self.args.normal(news))


SPEC = _FirewallSpec(
    "Firewall", "/networking/firewalls", FirewallArgs, FirewallRecord, BY_LABEL_AND_TAG, "firewall:read_write",
    noun="firewall", rules=(_rules, behind.whole, behind.alone, behind.agreed),
    agreed=(behind.alone, behind.agreed), doubts=_doubts,
)  # fmt: skip
