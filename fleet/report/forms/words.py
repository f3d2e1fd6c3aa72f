"""The words that every form of the report shares: signs, plans, amounts, rows, groups, choices from the catalog."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from fleet.report.judge.cost import dollars, total
from fleet.report.judge.heading import counts
from fleet.report.judge.outages import time_off
from fleet.report.model import DATA, Change, Choice, Finding, OutputState, Path, Report, StackReport, Verdict
from fleet.report.names import top_level
from fleet.report.phrases import Phrase, code, counted, joined, listed, phrase, said
from fleet.report.read.files import Level

MINUS = "−"
LEGEND = "+ new, ~ changed in place, ± rebuilt, ±? perhaps rebuilt, − deleted, 🔒 protected"
TO_DECIDE: tuple[Verdict, ...] = ("failed", "blocked")
MOST_STACKS = 8
"""Columns of the catalog's table."""

ROW_VERDICT: dict[Level, Verdict] = {
    "none": "changes",
    "billing": "changes",
    "unknown": "look",
    "power off": "danger",
    "data loss": "danger",
}


def sign(change: Change) -> str:
    """`±?` for a perhaps; `=` for what stays."""
    base = {"create": "+", "update": "~", "replace": "±", "delete": MINUS, "same": "="}[change.op]
    return f"{base}?" if change.certainty == "perhaps" else base


def row_verdict(change: Change) -> Verdict:
    """How much attention a row wants; decides in which order rows give way."""
    return "look" if change.certainty == "perhaps" else ROW_VERDICT[change.level]


def name(change: Change) -> Phrase:
    return phrase(code(change.name), " 🔒" if change.protected else "")


def what(change: Change) -> Phrase:
    """What changes: for new and deleted ones what they are, else each property's before and after."""
    if change.op in ("create", "delete") or not change.paths:
        told = [item.text for item in (change.plan_type, change.image, change.region) if item.kind == "text"]
        if change.server and told:
            return joined((phrase(code(item)) for item in told), ", ")
        return phrase(code(change.type.rsplit("/", 1)[-1]))
    more = f"; {len(change.paths) - 6} more" if len(change.paths) > 6 else ""
    return phrase(joined([_path(path) for path in change.paths[:6]], "; "), more)


def _path(path: Path) -> Phrase:
    if path.kind in ("add", "delete") and path.path.endswith("]"):
        mark, side = ("+", path.after) if path.kind == "add" else (MINUS, path.before)
        return phrase(code(top_level(path.path)), f": {mark} ", side.words())
    return phrase(code(path.path), ": ", path.before.words(), " → ", path.after.words())


def effect(change: Change) -> Phrase:
    """Each effect once; one of several that is nothing is left out."""
    told = [what for what in dict.fromkeys(item.what for item in change.effects) if what != phrase("none")]
    return joined(told, "; ") or phrase("none")


def month(change: Change) -> str:
    """What it costs: `+$5.00` new, `−$5.00` gone, `$5.00 → $12.00` changed, `not known`."""
    before, after = change.cost_before, change.cost_after
    if not change.priced:
        return "–"
    if before is None and after is None:
        return "not known"
    if change.op == "create" and after is not None:
        return dollars(after, sign=True)
    if change.op == "delete" and before is not None:
        return dollars(-before)
    left, right = (("not known" if item is None else dollars(item)) for item in (before, after))
    return left if left == right else f"{left} → {right}"


def row(change: Change) -> tuple[str, Phrase, Phrase, Phrase, str]:
    """The cells of a change in every form's table: sign, resource, what, effect, a month."""
    return sign(change), name(change), what(change), effect(change), month(change)


def plan(stack: StackReport) -> str:
    text = ", ".join(counts(stack.changes))
    if stack.form == "none":
        return "none"
    return text if stack.complete else f"not complete: {text} so far"


def now(stack: StackReport) -> str:
    return "not known" if stack.form == "none" else total(stack.now)


def then(stack: StackReport) -> str:
    return total(stack.then) if stack.complete else "not known"


def change(stack: StackReport) -> str:
    if not stack.complete or not stack.change_known:
        return "not known"
    return dollars(stack.then.amount - stack.now.amount, sign=True)


class AllStacks(NamedTuple):
    """The row below those of the stacks."""

    plan: str
    erased: str
    off: str
    now: str
    then: str
    change: str


def all_stacks(report: Report) -> AllStacks:
    changes = [change for stack in report.stacks for change in stack.changes]
    erased, off = [item for item in changes if item.erased], sum(item.off for item in changes)
    what = "server" if all(item.server for item in erased) else "resource"
    moved = dollars(report.then.amount - report.now.amount, sign=True)
    return AllStacks(
        plan=", ".join(counts(changes)),
        erased=counted(len(erased), what) if erased else "–",
        off=counted(off, "server") if off else "–",
        now=total(report.now),
        then=total(report.then) if all(stack.complete for stack in report.stacks) else "not known",
        change=moved if report.change_known else "not known",
    )


def erased(stack: StackReport, most: int = 5) -> Phrase:
    """Whose disks, records or backups are lost for certain."""
    whose = {data: [item.name for item in stack.changes if item.lost == data] for data in DATA}
    found = (
        phrase("" if data == "disks" else f"{data} of ", listed(names, most))
        for data, names in whose.items()
        if names
    )
    return joined(found, "; ")


def perhaps_erased(stack: StackReport) -> list[Change]:
    return [item for item in stack.changes if item.perhaps_erased]


def off(stack: StackReport, most: int = 5) -> Phrase:
    """Who is off for a while, and for how long."""
    found = [item for item in stack.changes if item.off]
    times = time_off(found)
    return phrase(listed((item.name for item in found), most), f" ({times})" if times else "")


def unchanged(stack: StackReport) -> str:
    if not stack.unchanged_known:
        return "unchanged ones not told"
    return f"{sum(not item.changed for item in stack.changes)} unchanged"


def finding_groups(report: Report) -> list[tuple[str, int, list[Finding]]]:
    """Each with its title and the number of its first one: what must be decided, what is worth a look."""
    decide = [item for item in report.findings if item.verdict in TO_DECIDE]
    look = [item for item in report.findings if item.verdict not in TO_DECIDE]
    groups = [("Needs a decision", 1, decide), ("Worth a look", len(decide) + 1, look)]
    return [group for group in groups if group[2]]


def outputs_by_state(stack: StackReport) -> list[tuple[OutputState, list[str]]]:
    states: tuple[OutputState, ...] = ("unknown", "added", "changed", "removed")
    groups = [(state, [item.name for item in stack.outputs if item.state == state]) for state in states]
    return [group for group in groups if group[1]]


def policies(stack: StackReport) -> list[tuple[tuple[str, str, str], list[str]]]:
    """The first 20: level, name and message of each, and the resources that it is about."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for item in stack.policies:
        found.setdefault((item.level, item.name, item.message), set()).add(item.resource)
    return [(key, sorted(resources)) for key, resources in found.items()][:20]


class Move(NamedTuple):
    """A choice that moved or has a better match. pins: before and after in each stack, None where it has none."""

    choice: Phrase
    pins: tuple[tuple[str | None, str | None] | None, ...]
    newest: str | None


class Moves(NamedTuple):
    stacks: tuple[str, ...]
    rows: tuple[Move, ...]


def moves(stacks: Sequence[StackReport]) -> Moves:
    """Choices from the catalog: one row each, one column per stack that has one."""
    found = [stack for stack in stacks if stack.choices][:MOST_STACKS]
    keys = sorted({choice.key for stack in found for choice in stack.choices})
    return Moves(tuple(stack.stack for stack in found), tuple(_move(key, found) for key in keys))


def _move(key: str, stacks: Sequence[StackReport]) -> Move:
    choices = [next((item for item in stack.choices if item.key == key), None) for stack in stacks]
    there = [item for item in choices if item]
    what = _criteria(there[0])
    return Move(
        choice=phrase(code(key), (": ", said(what)) if what else ""),
        pins=tuple((item.before, item.after) if item else None for item in choices),
        newest=next((item.newest for item in there if item.newest), None),
    )


def _criteria(choice: Choice) -> str:
    """What was asked for. The pick's own sentence also names the choice, its price and the next one."""
    front = f"{choice.after or choice.before}: "
    return re.split(r"; | \(", choice.what.removeprefix(front), maxsplit=1)[0]
