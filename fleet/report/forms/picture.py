"""A stack as a tree in SVG: the stack, its groups, their resources, what changes, and who is made from whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fleet.report.escaping import html_text
from fleet.report.forms import words
from fleet.report.model import Change, StackReport, Verdict
from fleet.report.names import group_of, top_level
from fleet.report.phrases import counted, plain

ROW, GAP, TOP = 40, 8, 12
STACK_X, STACK_W = 8, 150
GROUP_X, GROUP_W = 206, 150
LEAF_X, LEAF_W = 404, 520
WIDTH = LEAF_X + LEAF_W + 80
MOST_LEAVES = 400
"""Resources drawn one by one; changed ones come first, the rest is a number in its group."""


@dataclass(frozen=True)
class Leaf:
    """One box of the last column. name: None for a box that stands for several unchanged resources."""

    name: str | None
    group: str
    title: str
    note: str
    money: str
    verdict: Verdict
    y: int


def stack_picture(stack: StackReport) -> str:
    """The picture, with a title and a description for people who can't see it."""
    leaves = _leaves(stack)
    height = max(TOP * 2 + len(leaves) * (ROW + GAP) - GAP, TOP * 2 + ROW)
    groups = _spans(leaves)
    middle = height // 2
    parts = [
        f'<svg role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'xmlns="http://www.w3.org/2000/svg">',
        f"<title>{html_text(stack.stack, 80)}: {html_text(words.plan(stack))}</title>",
        f"<desc>{html_text('; '.join(_described(leaf) for leaf in leaves[:50]))}</desc>",
    ]
    for top, bottom in groups.values():
        parts.append(_edge(STACK_X + STACK_W, middle, GROUP_X, (top + bottom) // 2))
    for leaf in leaves:
        top, bottom = groups[leaf.group]
        parts.append(_edge(GROUP_X + GROUP_W, (top + bottom) // 2, LEAF_X, leaf.y + ROW // 2))
    parts += _dependencies(stack.changes, leaves)
    parts.append(_box(STACK_X, middle - ROW // 2, STACK_W, "box", stack.stack, words.unchanged(stack)))
    for group, (top, bottom) in groups.items():
        number = counted(sum(_group(change) == group for change in stack.changes), "resource")
        parts.append(_box(GROUP_X, (top + bottom) // 2 - ROW // 2, GROUP_W, "box", group, number))
    parts += [_leaf(leaf) for leaf in leaves]
    if not leaves:
        parts.append(f'<text x="{GROUP_X}" y="{middle + 5}" class="quiet">nothing is known of it</text>')
    parts.append("</svg>")
    return "\n".join(parts)


def _described(leaf: Leaf) -> str:
    return f"{leaf.title}: {leaf.note}"


def _group(change: Change) -> str:
    return group_of(change.name) if change.server else change.type.rsplit(":", 1)[-1]


def _leaves(stack: StackReport) -> list[Leaf]:
    """Every changed resource, and the unchanged ones while there is room; groups in the order of names."""
    by_group: dict[str, list[Change]] = {}
    for change in stack.changes:
        by_group.setdefault(_group(change), []).append(change)
    drawn = sum(change.changed for change in stack.changes)
    room = MOST_LEAVES - min(drawn, MOST_LEAVES)
    budget = MOST_LEAVES
    leaves: list[Leaf] = []
    for group, members in sorted(by_group.items()):
        changed = [change for change in members if change.changed]
        same = [change for change in members if not change.changed]
        alone = same if len(same) <= min(3, room) else []
        room -= len(alone)
        shown = sorted([*changed[: max(budget, 0)], *alone], key=lambda change: change.name)
        budget -= len(changed)
        left = len(members) - len(shown)
        for change in shown:
            leaves.append(_leaf_of(change, group, _y(len(leaves))))
        if left:
            changed_left = len(changed) - sum(change.changed for change in shown)
            note = f"{changed_left} changed, in the table below" if changed_left else "stay as they are"
            verdict: Verdict = "look" if changed_left else "nothing"
            leaves.append(
                Leaf(
                    None,
                    group,
                    f"{left} more" if shown else f"{left} unchanged",
                    note,
                    "",
                    verdict,
                    _y(len(leaves)),
                )
            )
    return leaves


def _y(index: int) -> int:
    return TOP + index * (ROW + GAP)


def _leaf_of(change: Change, group: str, y: int) -> Leaf:
    note = plain(words.effect(change)) if change.changed else "stays as it is"
    if change.changed and change.op == "update":
        tops = ", ".join(dict.fromkeys(top_level(path.path) for path in change.paths))
        note = f"{tops}: {'no effect' if note == 'none' else note}"
    lock = " (protected)" if change.protected else ""
    verdict: Verdict = words.row_verdict(change) if change.changed else "nothing"
    title = f"{words.sign(change)} {change.name}{lock}"
    return Leaf(change.name, group, title, note, words.month(change) if change.server else "", verdict, y)


def _spans(leaves: Sequence[Leaf]) -> dict[str, tuple[int, int]]:
    spans: dict[str, tuple[int, int]] = {}
    for leaf in leaves:
        top, _ = spans.get(leaf.group, (leaf.y, 0))
        spans[leaf.group] = (top, leaf.y + ROW)
    return spans


def _edge(x1: int, y1: int, x2: int, y2: int) -> str:
    bend = (x1 + x2) // 2
    return f'<path class="edge" d="M{x1} {y1} C{bend} {y1} {bend} {y2} {x2} {y2}"/>'


def _box(x: int, y: int, width: int, style: str, title: str, note: str) -> str:
    return (
        f"<g><title>{html_text(title, 200)}</title>"
        f'<rect class="{style}" x="{x}" y="{y}" width="{width}" height="{ROW}" rx="6"/>'
        f'<text class="mono" x="{x + 10}" y="{y + 17}">{html_text(title, width // 9)}</text>'
        f'<text class="quiet" x="{x + 10}" y="{y + 33}">{html_text(note, width // 7)}</text></g>'
    )


def _leaf(leaf: Leaf) -> str:
    return (
        f"<g><title>{html_text(_described(leaf), 400)}</title>"
        f'<rect class="{leaf.verdict}" x="{LEAF_X}" y="{leaf.y}" width="{LEAF_W}" height="{ROW}" rx="6"/>'
        f'<text class="mono" x="{LEAF_X + 10}" y="{leaf.y + 17}">{html_text(leaf.title, 40)}</text>'
        f'<text class="quiet" x="{LEAF_X + 10}" y="{leaf.y + 33}">{html_text(leaf.note, 74)}</text>'
        f'<text x="{LEAF_X + LEAF_W - 10}" y="{leaf.y + 17}" text-anchor="end">{html_text(leaf.money)}</text></g>'
    )


def _dependencies(changes: Sequence[Change], leaves: Sequence[Leaf]) -> list[str]:
    """A dashed arrow at the right from what a resource is made from to the resource."""
    at = {leaf.name: leaf.y + ROW // 2 for leaf in leaves if leaf.name is not None}
    pairs = [
        (at[source], at[change.name])
        for change in changes
        if change.name in at
        for source in change.depends_on
        if source in at
    ]
    return [_arrow(start, end) for start, end in pairs[:MOST_LEAVES]]


def _arrow(start: int, end: int) -> str:
    x = LEAF_X + LEAF_W
    out = x + min(16 + abs(end - start) // 6, 72)
    head = f"M{x + 1} {end} l8 -4 v8 z"
    return (
        f'<path class="needs" d="M{x} {start} C{out} {start} {out} {end} {x + 9} {end}"/>'
        f'<path class="arrow" d="{head}"/>'
    )
