"""What a reaper may delete, decided from what the states and the account say. Pure.

A Linode is ours only if its one owner tag is the digest of this account, this project and a stack of it: nobody
else's tag can be. Deleted unasked is only what a pull request's stack has left behind and what has passed its end;
a machine of another stack only if it is an orphan of that stack and somebody named it.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Literal

from fleet.delivery.pull_requests import PREFIX, PrStack
from providers.linode.api.records import Linode
from providers.linode.core.owner import FIRST_GENERATION, Owner, is_owner_tag
from stacks import expiry

Action = Literal["delete", "keep"]


@dataclass(frozen=True)
class StackFacts:
    """One stack of the backend. `ids`: of its Linodes; `creating`: resources whose create is not settled."""

    name: str
    account: str | None = None
    ids: frozenset[str] = frozenset()
    creating: frozenset[str] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)


INSTANCE, ACCOUNT = "linode:Instance", "linode:Account"


def facts_of(name: str, deployment: Mapping[str, object], tags: Mapping[str, str]) -> StackFacts:
    """What a stack's exported state says; every id counts, also of resources that are marked for deletion.

    Source: apitype.DeploymentV3 and ResourceV3 of the engine.
    """
    pending = (entry.get("resource") for entry in _maps(deployment.get("pending_operations")))
    accounts = set(_of_type(ACCOUNT, "id", deployment.get("resources")))
    return StackFacts(
        name,
        account=accounts.pop() if len(accounts) == 1 else None,
        ids=frozenset(_of_type(INSTANCE, "id", deployment.get("resources"))),
        creating=frozenset(urn.rpartition("::")[2] for urn in _of_type(INSTANCE, "urn", list(pending))),
        tags=dict(tags),
    )


def _of_type(type_: str, key: str, entries: object) -> Iterator[str]:
    """That value of all resources of a type which have one."""
    found = (each for each in _maps(entries) if str(each.get("type", "")).endswith(type_))
    return (str(each[key]) for each in found if each.get(key))


def _maps(value: object) -> Iterator[Mapping[str, object]]:
    return (entry for entry in value if isinstance(entry, Mapping)) if isinstance(value, list) else iter(())


@dataclass(frozen=True)
class Scope:
    """What this run is about. `named`: ids of Linodes that somebody asked to delete."""

    account: str
    project: str
    environments: frozenset[str]
    pattern: str
    now: datetime
    named: frozenset[str] = frozenset()

    def covers(self, stack: str) -> bool:
        """Whether it is a pull request's stack that the pattern matches, and never an environment."""
        return (
            stack not in self.environments
            and PrStack.of_name(stack) is not None
            and fnmatch.fnmatchcase(stack, self.pattern)
        )


@dataclass(frozen=True)
class Verdict:
    """What to do with a stack (`linode` None) or with one machine, and why."""

    action: Action
    stack: str
    why: str
    linode: Linode | None = None
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


def judge_linode(
    linode: Linode, stack: str | None, states: Mapping[str, StackFacts], scope: Scope
) -> Verdict | None:
    """Whether one machine is to be deleted; None if it is in a state, a stranger's, or of no stack of this run.

    `stack` is what `stack_of` found. `states` has every stack of the backend that a machine was found of.
    """
    facts = states.get(stack or "")
    if stack is None or linode.status == "deleting" or (facts and str(linode.id) in facts.ids):
        return None
    ends, named = expiry.of_tags(linode.tags), str(linode.id) in scope.named

    def keep(why: str) -> Verdict:
        return Verdict("keep", stack, why, linode, ends)

    if facts and any(_is_of(linode, stack, name, scope) for name in facts.creating):
        return keep(f"its create is under way or was cut off. Next: fleet unlock --stack {stack}")
    if not scope.covers(stack):
        return _of_other(linode, stack, facts, scope, ends)
    if named:
        return Verdict("delete", stack, "named, and in no state", linode, ends)
    if not _label_agrees(linode, stack, scope):
        return keep(f"its label is not the one that its stack gives. Next: --id {linode.id}")
    if ends is None:
        return keep(f"in no state, and no end is written on it. Next: --id {linode.id}")
    if ends > scope.now:
        return keep("in no state, but not yet at its end")
    left = "not in its stack's state" if facts else "its stack is gone"
    return Verdict("delete", stack, f"{left}, past its end", linode, ends)


def _of_other(
    linode: Linode, stack: str, facts: StackFacts | None, scope: Scope, ends: datetime | None
) -> Verdict | None:
    """A machine of an environment's stack, or of one that the pattern leaves out."""
    if stack not in scope.environments:
        return None
    if facts is None or facts.account != scope.account:
        why = "the state of its stack is not in this backend, so nobody can tell whether it is an orphan"
        return Verdict("keep", stack, why, linode, ends) if str(linode.id) in scope.named else None
    if str(linode.id) in scope.named:
        return Verdict("delete", stack, "named, and not in its stack's state", linode, ends)
    return Verdict("keep", stack, f"not in its stack's state. Next: --id {linode.id}", linode, ends)


def digests(names: Iterable[str], account: str, project: str) -> dict[str, str]:
    """The first part of owner tags, `pulumi:<digest>`, to the stack that it stands for."""
    return {Owner(account, project, name, "").tag().rsplit(":", 2)[0]: name for name in names}


def stack_of(linode: Linode, known: Mapping[str, str]) -> str | None:
    """The stack that the machine's owner tag stands for; None for strangers, and for more than one such tag."""
    tags = [tag.casefold() for tag in linode.tags if is_owner_tag(tag)]
    parts = tags[0].split(":") if len(tags) == 1 else []
    if len(parts) != 4 or not parts[3].isdigit() or len(parts[2]) != 12:
        return None
    return known.get(f"{parts[0]}:{parts[1]}")


def candidates(linodes: Iterable[Linode], project: str) -> set[str]:
    """The pull requests' stacks that labels speak of: names to try digests with, no proof of anything."""
    prefix = f"{project}-{PREFIX}"
    found = set()
    for linode in linodes:
        number = linode.label.removeprefix(prefix).partition("-")[0]
        if linode.label.startswith(prefix) and PrStack.of_name(f"{PREFIX}{number}"):
            found.add(f"{PREFIX}{number}")
    return found


def _label_agrees(linode: Linode, stack: str, scope: Scope) -> bool:
    """Whether label and tag name the same resource: a copy of a machine has its tags, and never its label."""
    prefix = f"{scope.project}-{stack}-"
    return linode.label.startswith(prefix) and _is_of(linode, stack, linode.label.removeprefix(prefix), scope)


def _is_of(linode: Linode, stack: str, name: str, scope: Scope) -> bool:
    wanted = Owner(scope.account, scope.project, stack, name, FIRST_GENERATION).tag().rpartition(":")[0]
    return any(tag.casefold().rpartition(":")[0] == wanted for tag in linode.tags)


COLUMNS = ("what", "stack", "machines", "ends (UTC)", "USD/month>", "verdict")


@dataclass(frozen=True)
class Row:
    """A verdict with the machines that it is about. `monthly_usd` None: the catalog has no price for one."""

    verdict: Verdict
    machines: Sequence[Linode]
    monthly_usd: float | None

    def place(self) -> tuple[bool, str, int]:
        verdict = self.verdict
        return verdict.action != "delete", verdict.stack, verdict.linode.id if verdict.linode else 0

    def what(self) -> str:
        linode = self.verdict.linode
        return f"Linode {linode.id} ({linode.label})" if linode else f"stack {self.verdict.stack}"

    def cells(self) -> tuple[str, ...]:
        """As COLUMNS name them."""
        verdict, usd = self.verdict, self.monthly_usd
        ends = f"{verdict.ends.astimezone(timezone.utc):%Y-%m-%d %H:%M}" if verdict.ends else "–"
        price, said = "?" if usd is None else f"{usd:.2f}", f"{verdict.action}: {verdict.why}"
        return (self.what(), verdict.stack, str(len(self.machines)), ends, price, said)

    def as_json(self) -> dict[str, object]:
        linode = self.verdict.linode
        return {
            "action": self.verdict.action,
            "stack": self.verdict.stack,
            "linode": linode.id if linode else None,
            "machines": [machine.id for machine in self.machines],
            "ends": expiry.stack_tag(self.verdict.ends) if self.verdict.ends else None,
            "monthly_usd": self.monthly_usd,
            "why": self.verdict.why,
        }


def rows(
    verdicts: Iterable[Verdict], in_stack: Mapping[str, Sequence[Linode]], price: Mapping[int, float | None]
) -> list[Row]:
    """What is deleted first; by stack, then by machine."""
    made = []
    for verdict in verdicts:
        machines = [verdict.linode] if verdict.linode else list(in_stack.get(verdict.stack, ()))
        prices = [price.get(machine.id) for machine in machines]
        known = [one for one in prices if one is not None]
        made.append(Row(verdict, machines, round(sum(known), 2) if len(known) == len(prices) else None))
    return sorted(made, key=Row.place)


def total(found: Iterable[Row]) -> str:
    """`2 to delete: 3 Linodes, 21.00 USD a month`."""
    doomed = [row for row in found if row.verdict.action == "delete"]
    if not doomed:
        return "nothing to delete"
    prices = [row.monthly_usd for row in doomed]
    known = sum(price for price in prices if price is not None)
    more = ", and some without a known price" if None in prices else ""
    count = sum(len(row.machines) for row in doomed)
    return f"{len(doomed)} to delete: {count} Linodes, {known:.2f} USD a month{more}"
