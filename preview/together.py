"""Which servers of a group are off at the same time: steps without a dependency between them run in parallel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from preview.model import Change
from preview.names import canonical, group_of


@dataclass(frozen=True)
class GroupOff:
    """names: off for certain at once; all_names: with the perhaps ones. size: members of the group."""

    group: str
    names: tuple[str, ...]
    all_names: tuple[str, ...]
    size: int

    @property
    def at_once(self) -> int:
        return len(self.names)

    @property
    def at_most(self) -> int:
        return len(self.all_names)

    @property
    def whole(self) -> bool:
        """Whether nobody of the group is left running."""
        return self.size > 1 and self.at_once == self.size


def groups_off(servers: Sequence[Change]) -> tuple[GroupOff, ...]:
    """Every group with somebody off, in the order of names. Deleted and new servers are nobody's outage."""
    groups: dict[str, list[Change]] = {}
    for change in servers:
        if change.op not in ("create", "delete"):
            groups.setdefault(group_of(change.name), []).append(change)
    needs = {change.name: change.depends_on for change in servers}
    found = []
    for group, members in sorted(groups.items()):
        certain = [item.name for item in members if goes_down(item) and item.certainty == "certain"]
        possible = [item.name for item in members if goes_down(item)]
        if possible:
            names, all_names = _at_once(certain, needs), _at_once(possible, needs)
            found.append(GroupOff(group, names, all_names, len(members)))
    return tuple(found)


def goes_down(change: Change) -> bool:
    """Whether the server, if the change comes, is off for a while. A new one made first covers for the old."""
    if change.op == "replace":
        return change.delete_first is not False
    rebuilt = change.level == "data loss" and any(
        effect.level == "data loss" and canonical(effect.property) != "backups_enabled"
        for effect in change.effects
    )
    return change.op == "update" and (change.level == "power off" or rebuilt)


def _at_once(names: Sequence[str], needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The largest set of them that stands at the same place of a chain of dependencies."""
    inside = set(names)
    levels: dict[int, list[str]] = {}
    depths: dict[str, int] = {}
    for name in sorted(names):
        levels.setdefault(_depth(name, inside, needs, depths), []).append(name)
    widest = max(map(len, levels.values()), default=0)
    return next((tuple(level) for level in levels.values() if len(level) == widest), ())


def _depth(name: str, inside: set[str], needs: Mapping[str, Sequence[str]], depths: dict[str, int]) -> int:
    """How many of the others have to be done before it, along the longest chain. No recursion: chains are long."""
    stack = [name]
    while stack:
        here = stack[-1]
        if here in depths and depths[here] >= 0:
            stack.pop()
            continue
        depths.setdefault(here, -1)
        below = [other for other in needs.get(here, ()) if other != here]
        open_ones = [other for other in below if other not in depths]
        if open_ones:
            stack.extend(open_ones)
            continue
        before = [depths[other] + (other in inside) for other in below if depths.get(other, -1) >= 0]
        depths[here] = max(before, default=0)
        stack.pop()
    return depths[name]
