"""The words that every form of the report shares: signs, plans, amounts, rows, groups, choices from the catalog."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from fleet.report.forms.once import once
from fleet.report.judge.cost import dollars, total
from fleet.report.judge.heading import counts
from fleet.report.judge.outages import time_off
from fleet.report.model import (
    DATA,
    VERDICTS,
    Change,
    Choice,
    Finding,
    OutputState,
    Path,
    Report,
    StackReport,
    Verdict,
)
from fleet.report.names import top_level
from fleet.report.phrases import BREAK, Phrase, Words, code, joined, listed, longest_line, phrase, said
from fleet.report.read.files import Level

MINUS = "−"
LEGEND = "+ new, ~ changed in place, ± recreated, ±? perhaps recreated, − deleted"
BY_THE_STATE = phrase(
    "Compared with the state, not with the account (", code("refresh: true"), " in the settings does that)"
)  # fmt: skip
TO_DECIDE: tuple[Verdict, ...] = ("failed", "blocked")
LINE = 30
"""Characters of what changes in one line of a table."""

MOST_STACKS = 8
"""Columns of the catalog's table."""

ROW_VERDICT: dict[Level, Verdict] = {
    "none": "changes",
    "billing": "changes",
    "unknown": "look",
    "power off": "danger",
    "data loss": "danger",
}


_PLACE = re.compile(r"(\w+)\[\d+\]")


def legend(report: Report) -> str:
    """What the signs mean; the lock where there is one, for not every font has it."""
    locked = any(change.protected for _, change, _ in table(report))
    return f"{LEGEND}, 🔒 protected" if locked else LEGEND


def sign(change: Change) -> str:
    """`±?` for a perhaps; `=` for what stays."""
    base = {"create": "+", "update": "~", "replace": "±", "delete": MINUS, "same": "="}[change.op]
    return f"{base}?" if change.certainty == "perhaps" else base


def row_verdict(change: Change) -> Verdict:
    """How much attention a row wants; decides in which order rows give way."""
    return "look" if change.certainty == "perhaps" else ROW_VERDICT[change.level]


def name(change: Change) -> Phrase:
    """With its sign in front."""
    return phrase(f"{sign(change)} ", code(change.name), " 🔒" if change.protected else "")


def what(change: Change) -> Phrase:
    """What changes: for new and deleted ones what they are, else each property's before and after."""
    if change.op in ("create", "delete") or not change.paths:
        told = [item.text for item in (change.plan_type, change.region, change.image) if item.kind == "text"]
        if change.server and told:
            return _in_lines([phrase(code(item)) for item in told], ", ")
        return phrase(code(change.type.rsplit("/", 1)[-1]))
    paths = [path for _, group in groupby(change.paths, _list_of) for path in _by_value(list(group))]
    more = [phrase(f"{len(paths) - 6} more")] if len(paths) > 6 else []
    return _in_lines([*(_path(path, drifted=change.drifted) for path in paths[:6]), *more], "; ")


def _list_of(path: Path) -> str:
    """The list that a path such as `tags[1]` is a place of, else the path itself."""
    found = _PLACE.fullmatch(path.path)
    return found[1] if found else path.path


def _by_value(paths: list[Path]) -> list[Path]:
    """Of the places of a list what came and what went: one more at the front moves all the others along."""
    befores, afters = ([getattr(path, side) for path in paths] for side in ("before", "after"))
    if len(paths) < 2 or {value.kind for value in (*befores, *afters)} - {"text", "absent"}:
        return paths
    gone = [path for path in paths if path.before.kind == "text" and path.before not in afters]
    come = [path for path in paths if path.after.kind == "text" and path.after not in befores]
    if len(gone) + len(come) >= len(paths) or not (gone or come):
        return paths
    return [
        *(path.model_copy(update={"kind": "delete"}) for path in gone),
        *(path.model_copy(update={"kind": "add"}) for path in come),
    ]


def _in_lines(phrases: Sequence[Phrase], separator: str) -> Phrase:
    """Broken between two of them, where a line is full, and in none that fits a line."""
    found: list[Words] = [phrases[0]]
    used = longest_line(phrases[0])
    for each in phrases[1:]:
        more = longest_line(each)
        used = more if used + 3 + more > LINE else used + 3 + more
        found += [separator.rstrip(), BREAK if used == more else " ", each]
    return phrase(found)


def _path(path: Path, *, drifted: bool) -> Phrase:
    """`before → after` of what is planned, `is …, not …` of what was found."""
    if path.kind in ("add", "delete") and path.path.endswith("]"):
        mark, side = ("+", path.after) if path.kind == "add" else (MINUS, path.before)
        return phrase(code(top_level(path.path)), f": {mark} ", side.words())
    left, right = path.before.words(), path.after.words()
    if drifted:
        return _in_lines([phrase(code(path.path), " is ", right), phrase("not ", left)], ", ")
    return _in_lines([phrase(code(path.path), ": ", left), right], " → ")


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
    if change.op == "delete" and before:
        return dollars(-before)
    left, right = (("not known" if item is None else dollars(item)) for item in (before, after))
    return left if left == right else f"{left}, not {right}" if change.drifted else f"{left} → {right}"


class Row(NamedTuple):
    """The cells of a change in every form's table."""

    name: Phrase
    what: Phrase
    effect: Phrase
    month: str


def row(change: Change) -> Row:
    return Row(name(change), what(change), effect(change), month(change))


HEADS = ("Resource", "Change", "Effect", "A month")


def worst_first(stacks: Iterable[StackReport]) -> list[tuple[StackReport, Change]]:
    """Every change with its stack: data loss before what is off, then what wants a look, then the harmless ones."""
    found = [(stack, change) for stack in stacks for change in stack.changes if change.changed]

    def rank(item: tuple[StackReport, Change]) -> tuple[int, bool]:
        return VERDICTS.index(row_verdict(item[1])), not item[1].erased

    return sorted(found, key=rank)


@once
def table(report: Report) -> list[tuple[StackReport, Change, Row]]:
    """Every change of every stack, worst first, with the cells of its row."""
    return [(stack, change, row(change)) for stack, change in worst_first(report.stacks)]


def plan(stack: StackReport) -> str:
    text = ", ".join(counts(stack.changes))
    return text if stack.complete else f"not complete: {text} so far"


def cost(stack: StackReport) -> str:
    """A month, now and then: `$17.00 → $24.00 (+$7.00)`, or what it stays at."""
    now, then = total(stack.now), total(stack.then)
    if now == then or stack.form == "none":
        return now
    if stack.drifted:
        return f"{now}, declared {then}"
    known = stack.complete and stack.change_known
    return f"{now} → {then}{f' ({_moved(stack)})' if known else ''}"


def _moved(stack: StackReport) -> str:
    return dollars(stack.then.amount - stack.now.amount, sign=True)


def destroyed(stack: StackReport, most: int = 5) -> Phrase:
    """Whose disks, records or backups are lost for certain, and whose perhaps; what is no server is lost as a whole."""
    whose: dict[str, list[str]] = {}
    for item in sorted(filter(attrgetter("lost"), stack.changes), key=lambda item: DATA.index(item.lost)):
        whose.setdefault("all that is on" if item.loses_all else f"{item.lost} of", []).append(item.name)
    told = [phrase(f"{front} ", listed(names, most)) for front, names in whose.items()]
    told += [phrase("not complete")] if told and not stack.complete else []
    maybes = [item for item in stack.changes if item.perhaps_erased]
    for likely, end in (("likely", " (likely)"), ("open", ""), ("unlikely", " (unlikely)")):
        names = [item.name for item in maybes if item.likely == likely]
        told += [phrase("perhaps ", listed(names, most), end)] if names else []
    return joined(told, "; ") or phrase("–")


def off(stack: StackReport, most: int = 5) -> Phrase:
    """Who is off for a while, and for how long; and who stays off."""
    stay = [item.name for item in stack.changes if item.stays_off]
    back = [item for item in stack.changes if item.off and not item.stays_off]
    times = time_off(back)
    told = phrase(listed((item.name for item in back), most), f": {times}" if times else "")
    for_good = phrase(listed(stay, most), ": for good") if stay else ()
    return joined(filter(None, (told, for_good)), "; ")


def about(stack: StackReport) -> str:
    """How many of it change, and how many don't."""
    return "nothing is known of it" if stack.form == "none" else f"{plan(stack)}, {unchanged(stack)}"


def is_blind(stack: StackReport) -> bool:
    """Whether it is a preview that did not look at the account, where it could have."""
    return not (stack.refreshed or stack.offline or stack.drift or stack.form == "none")


def unchanged(stack: StackReport) -> str:
    if not stack.unchanged_known:
        return "unchanged ones not told"
    return f"{sum(not item.changed for item in stack.changes)} unchanged"


class Group(NamedTuple):
    """What must be decided, or is worth a look. first: the number of its first one."""

    title: str
    first: int
    found: list[Finding]


def finding_groups(report: Report) -> tuple[Group, Group]:
    """Those that must be decided and those worth a look, without what the tables say already."""
    decide, others = list[Finding](), list[Finding]()
    for item in report.findings:
        (decide if item.to_decide or item.verdict in TO_DECIDE else others).append(item)
    look = [item for item in others if not item.in_tables]
    return Group("To decide", 1, decide), Group("Worth a look", len(decide) + 1, look)


def outputs_by_state(stack: StackReport) -> list[tuple[OutputState, list[str]]]:
    states: tuple[OutputState, ...] = ("unknown", "added", "changed", "removed")
    groups = [(state, [item.name for item in stack.outputs if item.state == state]) for state in states]
    return [group for group in groups if group[1]]


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
