"""Pure: which resources are deleted together, and which without a call.

Source: the real engine's ``step_generator.go`` (ScheduleDeletes).
"""

from __future__ import annotations

from emulators.engine import urns
from emulators.engine.state import Resource


def delete_waves(doomed: list[Resource], kept: list[Resource]) -> list[list[Resource]]:
    """The doomed in groups: one goes when nothing that needs it is left, and all of a group go together.

    A dependency on a component is one on its children too. What something kept needs is in no group. A
    replaced entry is not needed by another entry of its own URN.
    """
    entries = [*doomed, *kept]
    children = _children(entries)
    holders = [0] * len(entries)  # how many entries that are left need the one at this place
    needs: list[list[int]] = []
    by_urn: dict[str, list[int]] = {}
    for place, entry in enumerate(entries):
        by_urn.setdefault(entry.urn, []).append(place)
    for entry in entries:
        needed = _expanded(entry.all_dependencies(), children, entry) - {entry.urn}
        places = [place for urn in needed for place in by_urn.get(urn, ())]
        needs.append(places)
        for place in places:
            holders[place] += 1
    waves = []
    wave = [place for place in range(len(doomed)) if not holders[place]]
    while wave:
        waves.append([entries[place] for place in wave])
        freed = []
        for gone in wave:
            for place in needs[gone]:
                holders[place] -= 1
                if not holders[place] and place < len(doomed):
                    freed.append(place)
        wave = sorted(freed)
    return waves


def _children(entries: list[Resource]) -> dict[str, set[str]]:
    children: dict[str, set[str]] = {}
    for entry in entries:
        if entry.parent:
            children.setdefault(entry.parent, set()).add(entry.urn)
    return children


def _expanded(needed: set[str], children: dict[str, set[str]], entry: Resource) -> set[str]:
    """The URNs with the children of those components that are not the entry's own ancestors."""
    found = set(needed)
    queue = [urn for urn in entry.dependencies if urn in children]
    while queue:
        for child in children.get(queue.pop(), ()):
            if child != entry.urn and child not in found:
                found.add(child)
                queue.append(child)
    return found


def needs_no_call(entry: Resource, deleted_here: set[str]) -> bool:
    """Whether the provider is not asked to delete it: there is nothing to delete, or it goes with another."""
    return (
        not entry.custom
        or entry.external
        or entry.retain_on_delete
        or urns.is_provider(entry.type)
        or entry.pending_replacement
        or entry.deleted_with in deleted_here
    )
