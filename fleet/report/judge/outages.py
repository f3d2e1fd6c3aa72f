"""Which servers of a group may be off at the same time: steps without a dependency between them run in parallel.

Dependencies are in the digest. Where there are events alone, none is known, and all count as off together.

That many are off at most as there are in the largest set of which none needs another. By Dilworth's theorem it is as
large as the fewest chains that hold all; those are found by a matching of each with one that comes after it, and the
set by Kőnig's theorem. Sets of names are the bits of a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from fleet.report.model import Change
from fleet.report.names import group_of


@dataclass(frozen=True)
class GroupOff:
    """names: off for certain at once; all_names: with the perhaps ones. size: members of the group."""

    group: str
    names: tuple[str, ...]
    all_names: tuple[str, ...]
    size: int

    @property
    def whole(self) -> bool:
        """Whether nobody of the group is left running."""
        return self.size > 1 and len(self.names) == self.size


def groups_off(changes: Sequence[Change]) -> tuple[GroupOff, ...]:
    """Every group with somebody off, in the order of names. Deleted and new servers are nobody's outage, unless the
    new one is adopted and goes down for it.

    All resources are given: one may wait for another through what is no server.
    """
    groups: dict[str, list[Change]] = {}
    for change in changes:
        if change.server and change.op != "delete" and (change.op != "create" or goes_down(change)):
            groups.setdefault(group_of(change.name), []).append(change)
    needs = {change.name: change.depends_on for change in changes}
    found = []
    for group, members in sorted(groups.items()):
        possible = [item for item in members if goes_down(item)]
        certain = [item.name for item in possible if item.certainty == "certain"]
        if possible:
            names = largest_independent(certain, needs)
            all_names = largest_independent([item.name for item in possible], needs)
            found.append(GroupOff(group, names, all_names, len(members)))
    return tuple(found)


def goes_down(change: Change) -> bool:
    """Whether the server, if the change comes, is off for a while. A new one made first covers for the old."""
    if change.op == "replace":
        return change.delete_first is not False
    levels = {effect.level for effect in change.effects}
    erased_or_moved = "data loss" in levels and change.destroys != ("backups",)
    return change.op in ("update", "create") and (erased_or_moved or "power off" in levels)


def time_off(changes: Iterable[Change]) -> str:
    """From the shortest to the longest that one is off for its change in place: `3 to 5 min`; "" where none is told."""
    told = [change.seconds_off for change in changes if change.seconds_off]
    if not told:
        return ""
    least, most = min(low for low, _ in told), max(high for _, high in told)
    if most > 90 and least < 45:
        return f"{least} s to {round(most / 60)} min"
    unit = "s" if most <= 90 else "min"
    low, high = (least, most) if unit == "s" else (max(1, round(least / 60)), round(most / 60))
    return f"about {high} {unit}" if low == high else f"{low} to {high} {unit}"


def largest_independent(inside: Sequence[str], needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """In the order of names. needs: what a name waits for, also names outside; a circle counts as no waiting."""
    names = sorted(set(inside))
    below = _below(names, needs)
    partner_of = _matching(below)
    left = set(range(len(names))) - set(partner_of.values())
    right, waiting = 0, list(left)
    while waiting:  # what a path from a name without a partner comes by
        ahead = below[waiting.pop()] & ~right
        right |= ahead
        new = {partner_of[index] for index in _bits(ahead)} - left
        left |= new
        waiting += new
    return tuple(name for index, name in enumerate(names) if index in left and not right >> index & 1)


def _below(names: Sequence[str], needs: Mapping[str, Sequence[str]]) -> list[int]:
    """For each name all others that it needs, directly or not."""
    graph = {name: [other for other in needs.get(name, ()) if other != name] for name in (*needs, *names)}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError:
        return [0] * len(names)
    bit = {name: 1 << index for index, name in enumerate(names)}
    found: dict[str, int] = {}
    for name in order:
        found[name] = 0
        for other in graph.get(name, ()):
            found[name] |= found[other] | bit.get(other, 0)
    return [found[name] for name in names]


def _matching(below: Sequence[int]) -> dict[int, int]:
    """The lower to the upper of as many pairs as there can be, each name once on either side."""
    lower_of: dict[int, int] = {}
    upper_of: dict[int, int] = {}
    for start in range(len(below)):
        came_from: dict[int, int] = {}
        unseen, waiting, end = (1 << len(below)) - 1, [start], None
        while waiting and end is None:
            here = waiting.pop()
            ahead = below[here] & unseen
            unseen &= ~ahead
            came_from.update(dict.fromkeys(_bits(ahead), here))
            end = next((index for index in _bits(ahead) if index not in upper_of), None)
            waiting += [upper_of[index] for index in _bits(ahead) if index in upper_of]
        while end is not None:  # swaps the pairs along the path, which makes one more
            upper = came_from[end]
            upper_of[end], lower_of[upper], end = upper, end, lower_of.get(upper)
    return upper_of


def _bits(number: int) -> list[int]:
    found = []
    while number:
        lowest = number & -number
        found.append(lowest.bit_length() - 1)
        number ^= lowest
    return found
