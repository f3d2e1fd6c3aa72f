"""Which servers of a group may be off at the same time: steps without a dependency between them run in parallel.

Dependencies are in the digest. Where there are events alone, none is known, and all count as off together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fleet.report.judge.independent import largest_independent
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
    def at_once(self) -> int:
        return len(self.names)

    @property
    def at_most(self) -> int:
        return len(self.all_names)

    @property
    def whole(self) -> bool:
        """Whether nobody of the group is left running."""
        return self.size > 1 and self.at_once == self.size


def groups_off(changes: Sequence[Change]) -> tuple[GroupOff, ...]:
    """Every group with somebody off, in the order of names. Deleted and new servers are nobody's outage.

    All resources are given: one may wait for another through what is no server.
    """
    groups: dict[str, list[Change]] = {}
    for change in changes:
        if change.server and change.op not in ("create", "delete"):
            groups.setdefault(group_of(change.name), []).append(change)
    needs = {change.name: change.depends_on for change in changes}
    found = []
    for group, members in sorted(groups.items()):
        certain = [item.name for item in members if goes_down(item) and item.certainty == "certain"]
        possible = [item.name for item in members if goes_down(item)]
        if possible:
            names, all_names = largest_independent(certain, needs), largest_independent(possible, needs)
            found.append(GroupOff(group, names, all_names, len(members)))
    return tuple(found)


def goes_down(change: Change) -> bool:
    """Whether the server, if the change comes, is off for a while. A new one made first covers for the old."""
    if change.op == "replace":
        return change.delete_first is not False
    return change.op == "update" and any(
        effect.level == "power off" or (effect.level == "data loss" and not change.backups_only)
        for effect in change.effects
    )
