"""What a reaper may delete, decided from what the states and the account say. Pure.

A resource is ours only if its one owner tag is the digest of this account, this project and a stack of it: nobody
else's tag can be. Deleted unasked is only what a pull request's stack has left behind and what has passed its end;
a resource of another stack only if it is an orphan of that stack and somebody named it, or the stack. What has no
tags is shown as what it may be, and deleted only where somebody named it.
"""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Literal

from fleet.delivery.pull_requests import PREFIX, PrStack
from providers.linode.api.advice import typed
from providers.linode.core.leftovers import Tagged
from providers.linode.core.owner import Owner, is_owner_tag
from providers.linode.core.state_files import TYPE_TOKENS, not_ours
from providers.linode.nearest import listed
from providers.linode.provider import SPECS
from stacks import expiry

Action = Literal["delete", "keep"]
UNPROVEN = "in no state, and whose it is only its label, the Linodes in it or the address that it names tell"


@dataclass(frozen=True)
class StackFacts:
    """One stack of the backend. `ids`: kind and id of all that it has; `creating`: what is not settled yet, by name;
    `not_ours`: what had its tag before it came into this backend, as `Instance/98000001`.
    """

    name: str
    account: str | None = None
    ids: frozenset[tuple[str, str]] = frozenset()
    creating: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)
    not_ours: frozenset[str] = frozenset()


def facts_of(name: str, deployment: Mapping[str, object], tags: Mapping[str, str]) -> StackFacts:
    """What a stack's exported state says; every id counts, also of resources that are marked for deletion.

    Source: apitype.DeploymentV3 and ResourceV3 of the engine.
    """
    pending = [entry.get("resource") for entry in _maps(deployment.get("pending_operations"))]
    accounts = {id_ for kind, id_ in _of_kinds("id", deployment.get("resources")) if kind == "Account"}
    return StackFacts(
        name,
        account=accounts.pop() if len(accounts) == 1 else None,
        ids=frozenset(key for key in _of_kinds("id", deployment.get("resources")) if key[0] in SPECS),
        creating=frozenset(
            urn.rpartition("::")[2] for kind, urn in _of_kinds("urn", pending) if kind in SPECS
        ),
        tags=dict(tags),
        not_ours=frozenset(not_ours(_maps(deployment.get("resources")))),
    )


def _of_kinds(key: str, entries: object) -> Iterator[tuple[str, str]]:
    """Kind and that value of all our resources which have one."""
    for entry in _maps(entries):
        space, _, kind = str(entry.get("type", "")).rpartition(":")
        if f"{space}:" == TYPE_TOKENS and entry.get(key):
            yield kind, str(entry[key])


def _maps(value: object) -> Iterator[Mapping[str, object]]:
    return (entry for entry in value if isinstance(entry, Mapping)) if isinstance(value, list) else iter(())


@dataclass(frozen=True)
class Scope:
    """What this run is about. `named`: ids to delete; `stack`: whose orphans go, if so all or those named."""

    account: str
    project: str
    environments: frozenset[str]
    pattern: str
    now: datetime
    named: frozenset[str] = frozenset()
    stack: str = ""

    def covers(self, stack: str) -> bool:
        """Whether it is a pull request's stack that the pattern matches, and never an environment."""
        return (
            stack not in self.environments
            and PrStack.of_name(stack) is not None
            and fnmatch.fnmatchcase(stack, self.pattern)
        )


@dataclass(frozen=True)
class Verdict:
    """What to do with a stack (`one` None) or with one resource, and why."""

    action: Action
    stack: str
    why: str
    one: Tagged | None = None
    ends: datetime | None = None


def judge_stack(facts: StackFacts, scope: Scope) -> Verdict | None:
    """Whether a stack is to be taken down; None if it is none of the reaper's business."""
    if not scope.covers(facts.name):
        return None
    ends = expiry.of_stack_tag(facts.tags.get("expires"))
    pr = PrStack.of_name(facts.name)
    if pr is None or facts.tags.get("pr") != str(pr.number) or ends is None:
        return Verdict("keep", facts.name, "its tags `pr` and `expires` are not those of `pr-up`")
    if facts.account != scope.account and (facts.account or facts.ids):
        return Verdict(
            "keep", facts.name, f"it belongs to another account, {facts.account or '?'}", ends=ends
        )
    if ends > scope.now:
        return Verdict("keep", facts.name, "not yet at its end", ends=ends)
    return Verdict("delete", facts.name, "past its end", ends=ends)


def judge_resource(
    one: Tagged, stack: str | None, states: Mapping[str, StackFacts], scope: Scope
) -> Verdict | None:
    """Whether one resource is to be deleted; None if it is in a state, a stranger's, or of no stack of this run.

    `stack` is what `stack_of` found. `states` has every stack of the backend that a resource was found of.
    """
    facts = states.get(stack or "")
    if stack is None or one.spec.is_leaving(one.record) or _is_in_one(one, states.values()):
        return None
    id_ = str(one.record.id)
    ends, named = expiry.of_tags(one.record.tags), id_ in scope.named

    def keep(why: str) -> Verdict:
        return Verdict("keep", stack, why, one, ends)

    if facts and "/".join(one.key) in facts.not_ours:
        return keep("it was there before this backend had the stack, so another backend may have it")
    if facts and any(_is_of(one, stack, name, scope) for name in facts.creating):
        return keep(f"its create is under way or was cut off. Next: {typed('unlock', stack)}")
    if stack == scope.stack or not scope.covers(stack):
        return _of_other(one, stack, facts, scope, ends)
    if named:
        return Verdict("delete", stack, "named, and in no state", one, ends)
    if doubt := _doubt(one, stack, scope):
        return keep(f"{doubt}. Next: --id {id_}")
    if ends is None or ends > scope.now:
        return keep("in no state, but not yet at its end")
    left = "not in its stack's state" if facts else "its stack is gone"
    return Verdict("delete", stack, f"{left}, past its end", one, ends)


def _doubt(one: Tagged, stack: str, scope: Scope) -> str:
    """Why nobody but a person can say that it goes; empty where there is no reason."""
    if not one.spec.identity.tagged:
        return UNPROVEN
    if not _label_agrees(one, stack, scope):
        return "its label is not the one that its stack gives"
    return "" if expiry.of_tags(one.record.tags) else "in no state, and no end is written on it"


def _of_other(
    one: Tagged, stack: str, facts: StackFacts | None, scope: Scope, ends: datetime | None
) -> Verdict | None:
    """A resource of the stack that was asked for, of an environment's, or of one that the pattern leaves out.

    A destroyed stack has no account any more, and nothing else: its state is empty.
    """
    if stack != scope.stack and stack not in scope.environments:
        return None
    named = str(one.record.id) in scope.named
    if facts is None or (facts.account != scope.account and (facts.account or facts.ids)):
        why = "the state of its stack is not in this backend, so nobody can tell whether it is an orphan"
        return Verdict("keep", stack, why, one, ends) if named or stack == scope.stack else None
    is_proven = one.spec.identity.tagged
    if named or (is_proven and stack == scope.stack and not scope.named):
        return Verdict("delete", stack, "not in its stack's state", one, ends)
    why = "not in its stack's state" if is_proven else UNPROVEN
    return Verdict("keep", stack, f"{why}. Next: --id {one.record.id}", one, ends)


def _is_in_one(one: Tagged, states: Iterable[StackFacts]) -> bool:
    """Whether a state has it, or a Linode in it."""
    keys = {one.key, *(("Instance", str(id_)) for id_ in one.record.linodes_inside)}
    return any(keys & facts.ids for facts in states)


def digests(names: Iterable[str], account: str, project: str) -> dict[str, str]:
    """What owner tags begin with, `pulumi:<digest>:`, to the stack that it stands for."""
    return {Owner(account, project, name, "").stack_tag(): name for name in names}


def stack_of(one: Tagged, known: Mapping[str, str]) -> str | None:
    """The stack that the resource's owner tag stands for; None for strangers, and for more than one such tag."""
    tags = [tag.casefold() for tag in one.record.tags if is_owner_tag(tag)]
    parts = tags[0].split(":") if len(tags) == 1 else []
    if len(parts) != 4 or not parts[3].isdigit() or len(parts[2]) != 12:
        return None
    return known.get(f"{parts[0]}:{parts[1]}:")


def guessed(
    one: Tagged, names: Iterable[str], by_tag: Mapping[tuple[str, str], str], project: str
) -> str | None:
    """The stack that something without tags may be of: that of whose address it names, else the one of whose labels it
    has, else that of all Linodes in it; `by_tag` has these. None where nothing speaks for one.
    """
    if one.of is not None:
        return by_tag.get(one.of)
    fitting = [name for name in names if one.record.label.startswith(f"{project}-{name}-")]
    around = {by_tag.get(("Instance", str(id_))) for id_ in one.record.linodes_inside}
    return max(fitting, key=len, default=None) or (around.pop() if len(around) == 1 else None)


def candidates(found: Iterable[Tagged], project: str) -> set[str]:
    """The pull requests' stacks that labels speak of: names to try digests with, no proof of anything."""
    prefix = f"{project}-{PREFIX}"
    labels = (one.record.label for one in found if one.record.label.startswith(prefix))
    names = {f"{PREFIX}{label.removeprefix(prefix).partition('-')[0]}" for label in labels}
    return {name for name in names if PrStack.of_name(name)}


def _label_agrees(one: Tagged, stack: str, scope: Scope) -> bool:
    """Whether label and tag name the same resource: a copy of a machine has its tags, and never its label. What is
    not given one has no copies.
    """
    if "label" not in one.spec.fields:
        return True
    prefix = f"{scope.project}-{stack}-"
    label = one.record.label
    return label.startswith(prefix) and _is_of(one, stack, label.removeprefix(prefix), scope)


def _is_of(one: Tagged, stack: str, name: str, scope: Scope) -> bool:
    owner = Owner(scope.account, scope.project, stack, name)
    is_called_so = not one.spec.identity.tagged and one.record.label == owner.default_label
    return is_called_so or owner.owns(one.record.tags)


COLUMNS = ("what", "stack", "resources", "ends (UTC)", "USD/month>", "verdict")


@dataclass(frozen=True)
class Row:
    """A verdict with the resources that it is about. `monthly_usd` None: there is no price for one."""

    verdict: Verdict
    resources: Sequence[Tagged]
    monthly_usd: float | None

    def place(self) -> tuple[bool, str, tuple[str, str]]:
        verdict = self.verdict
        return verdict.action != "delete", verdict.stack, verdict.one.key if verdict.one else ("", "")

    def what(self) -> str:
        return str(self.verdict.one or f"stack {self.verdict.stack}")

    def cells(self) -> tuple[str, ...]:
        """As COLUMNS name them."""
        verdict, usd = self.verdict, self.monthly_usd
        ends = f"{verdict.ends.astimezone(timezone.utc):%Y-%m-%d %H:%M}" if verdict.ends else "–"
        price, said = "?" if usd is None else f"{usd:.2f}", f"{verdict.action}: {verdict.why}"
        return (self.what(), verdict.stack, str(len(self.resources)), ends, price, said)

    def as_json(self) -> dict[str, object]:
        one = self.verdict.one
        return {
            "action": self.verdict.action,
            "stack": self.verdict.stack,
            "kind": one.spec.kind if one else None,
            "id": one.record.id if one else None,
            "resources": [{"kind": each.spec.kind, "id": each.record.id} for each in self.resources],
            "ends": expiry.stack_tag(self.verdict.ends) if self.verdict.ends else None,
            "monthly_usd": self.monthly_usd,
            "why": self.verdict.why,
        }


def rows(
    verdicts: Iterable[Verdict],
    in_stack: Mapping[str, Sequence[Tagged]],
    price: Callable[[Tagged], float | None],
) -> list[Row]:
    """What is deleted first; by stack, then by resource."""
    made = []
    for verdict in verdicts:
        resources = [verdict.one] if verdict.one else list(in_stack.get(verdict.stack, ()))
        prices = [price(each) for each in resources]
        known = [one for one in prices if one is not None]
        made.append(Row(verdict, resources, round(sum(known), 2) if len(known) == len(prices) else None))
    return sorted(made, key=Row.place)


def total(found: Iterable[Row]) -> str:
    """`4 to delete: 3 Linodes and 1 firewall, 21.00 USD a month`."""
    doomed = [row for row in found if row.verdict.action == "delete"]
    if not doomed:
        return "nothing to delete"
    prices = [row.monthly_usd for row in doomed]
    known = sum(price for price in prices if price is not None)
    more = ", and some without a known price" if None in prices else ""
    counts = Counter(each.spec.name for row in doomed for each in row.resources)
    named = [f"{count} {name}{'' if count == 1 else 's'}" for name, count in sorted(counts.items())]
    return f"{len(doomed)} to delete: {listed(named or ['nothing in it'])}, {known:.2f} USD a month{more}"
