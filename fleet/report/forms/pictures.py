"""Pictures in SVG: a stack's servers with what hangs on them and what changes, and what each stack costs a month."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from fleet.report.forms import words
from fleet.report.judge.cost import dollars
from fleet.report.judge.effects import RECORDS
from fleet.report.model import Change, StackReport, Verdict
from fleet.report.names import group_of, top_level
from fleet.report.phrases import counted, plain

ROW, GAP, TOP, BARS = 40, 8, 12, 620
"""Pixels: of a box and between two, above the first one, of the longest bar."""

CURVE = 90
"""Pixels: the height of a curve."""

MOST_LEAVES = 400
"""Resources drawn one by one; changed ones come first, the rest is a number in its group."""


class Leaf(NamedTuple):
    """One box of the last column. name: None for a box that stands for several unchanged resources."""

    name: str | None
    group: str
    title: str
    note: str
    money: str
    verdict: Verdict
    y: int


def picture(stack: StackReport) -> Mapping[str, object]:
    """What the picture of a stack is drawn from: who is made from whom is an arrow at the right."""
    servers = {change.name: group_of(change.name) for change in stack.changes if change.server}
    shown = [change for change in stack.changes if change.type not in RECORDS]
    group = {change.urn: _group(change, servers) for change in shown}
    leaves = _leaves(shown, group)
    height = max(TOP * 2 + len(leaves) * (ROW + GAP) - GAP, TOP * 2 + ROW)
    spans: dict[str, tuple[int, int]] = {}
    for leaf in leaves:
        spans[leaf.group] = (spans.get(leaf.group, (leaf.y, 0))[0], leaf.y + ROW)
    members = list(group.values())
    groups = {
        name: ((top + bottom) // 2, counted(members.count(name), "resource"))
        for name, (top, bottom) in spans.items()
    }
    at = {leaf.name: leaf.y + ROW // 2 for leaf in leaves if leaf.name is not None}
    arrows = [
        (at[source], at[change.name])
        for change in shown
        if change.name in at
        for source in change.depends_on
        if source in at
    ]
    return {"leaves": leaves, "groups": groups, "arrows": arrows[:MOST_LEAVES], "height": height}


def _group(change: Change, servers: Mapping[str, str]) -> str:
    """The servers' own, also of what hangs on one of them or is called like it; else what it is."""
    if change.server:
        return group_of(change.name)
    parts = change.name.split("-")
    near = (*change.depends_on, *("-".join(parts[:end]) for end in range(1, len(parts))))
    hangs_on = {servers[name] for name in near if name in servers}
    return hangs_on.pop() if len(hangs_on) == 1 else change.type.rsplit(":", 1)[-1]


def _leaves(shown: Sequence[Change], group_of_urn: Mapping[str, str]) -> list[Leaf]:
    """Every changed resource, and the unchanged ones while there is room; groups in the order of names."""
    by_group: dict[str, list[Change]] = {}
    for change in shown:
        by_group.setdefault(group_of_urn[change.urn], []).append(change)
    budget = MOST_LEAVES
    room = max(MOST_LEAVES - sum(change.changed for change in shown), 0)
    leaves: list[Leaf] = []
    for group, members in sorted(by_group.items()):
        changed = [change for change in members if change.changed]
        same = [change for change in members if not change.changed]
        alone = same if len(same) <= min(3, room) else []
        room -= len(alone)
        drawn = changed[: max(budget, 0)]
        budget -= len(changed)
        told = sorted([*drawn, *alone], key=lambda change: change.name)
        leaves += [_leaf(change, group, _y(len(leaves) + index)) for index, change in enumerate(told)]
        if left := len(members) - len(told):
            hidden = len(changed) - len(drawn)
            note = f"{hidden} changed, in the table below" if hidden else "stay as they are"
            title = f"{left} more" if told else f"{left} unchanged"
            leaves.append(
                Leaf(None, group, title, note, "", "look" if hidden else "nothing", _y(len(leaves)))
            )
    return leaves


def _y(index: int) -> int:
    return TOP + index * (ROW + GAP)


def _leaf(change: Change, group: str, y: int) -> Leaf:
    note = plain(words.effect(change)) if change.changed else "stays as it is"
    if change.op == "update":
        tops = ", ".join(dict.fromkeys(top_level(path.path) for path in change.paths))
        note = f"{tops}: {'no effect' if note == 'none' else note}"
    verdict: Verdict = words.row_verdict(change) if change.changed else "nothing"
    title = f"{words.sign(change)} {change.name}{' (protected)' if change.protected else ''}"
    return Leaf(change.name, group, title, note, words.month(change) if change.priced else "", verdict, y)


class Bars(NamedTuple):
    """What a stack costs now and then, and its budget, as widths to one scale; 0 for what is not known."""

    stack: StackReport
    now: int
    then: int
    budget: int | None


def chart(stacks: Sequence[StackReport]) -> list[Bars]:
    limits = [_budget(stack) for stack in stacks]
    amounts = [amount for stack in stacks for amount in (stack.now.amount, stack.then.amount)]
    largest = max([*amounts, *(limit for limit in limits if limit is not None), Decimal(1)])

    def width(amount: Decimal) -> int:
        return int(amount / largest * BARS)

    return [
        Bars(
            stack,
            width(stack.now.amount) if stack.form != "none" else 0,
            width(stack.then.amount) if stack.complete else 0,
            None if limit is None else width(limit),
        )
        for stack, limit in zip(stacks, limits, strict=True)
    ]


class Curve(NamedTuple):
    """What a stack has cost: its steps as an SVG path, and the amounts and days at its ends."""

    path: str
    least: str
    most: str
    first: str
    last: str


def curves(stacks: Sequence[StackReport]) -> list[tuple[StackReport, Curve]]:
    """Of those with two days to show. A day without a report keeps the amount of the one before."""
    return [(stack, _curve(stack)) for stack in stacks if len(stack.costs) > 1]


def _curve(stack: StackReport) -> Curve:
    days = [cost.day.toordinal() for cost in stack.costs]
    amounts = [cost.monthly.amount for cost in stack.costs]
    least, most = min(amounts), max(amounts)
    span, height = days[-1] - days[0] or 1, most - least or Decimal(1)
    points = [
        (int((day - days[0]) / span * BARS), int((most - amount) / height * CURVE))
        for day, amount in zip(days, amounts, strict=True)
    ]
    steps = "".join(f" H{x} V{y}" for x, y in points[1:])
    first, last = str(stack.costs[0].day), str(stack.costs[-1].day)
    return Curve(f"M{points[0][0]} {points[0][1]}{steps}", dollars(least), dollars(most), first, last)


def _budget(stack: StackReport) -> Decimal | None:
    """The budget as the guard told it: the second amount of "$202.00 of $210.00 a month"."""
    told = next((plain(guard.what) for guard in stack.guards if guard.name == "max_monthly"), "")
    found = re.search(r" of \$([\d,]+\.\d\d)", told)
    return Decimal(found.group(1).replace(",", "")) if found else None
