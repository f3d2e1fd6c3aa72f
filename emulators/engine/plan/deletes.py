"""Pure: which resources are deleted together, which without a call, and which a replacement takes along.

Source: the real engine's ``step_generator.go`` (ScheduleDeletes, calculateDependentReplacements).
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable
from graphlib import CycleError, TopologicalSorter

from emulators.engine import urns
from emulators.engine.state.checkpoint import Resource


def delete_waves(doomed: list[Resource], kept: list[Resource]) -> list[list[Resource]]:
    """The doomed in groups: one goes when nothing that needs it is left, and all of a group go together.

    A dependency on a component is one on its children too. What something kept needs is in no group. A
    replaced entry is not needed by another entry of its own URN.
    """
    entries = [*doomed, *kept]
    children, places = defaultdict(set), defaultdict(list)
    for place, entry in enumerate(entries):
        places[entry.urn].append(place)
        if entry.parent:
            children[entry.parent].add(entry.urn)
    order: TopologicalSorter[int] = TopologicalSorter()
    for place, entry in enumerate(entries):
        order.add(place)
        for urn in _with_children(entry, children) - {entry.urn}:
            for needed in places.get(urn, ()):
                order.add(needed, place)
    with contextlib.suppress(CycleError):  # what is in a circle stays
        order.prepare()
    waves = []
    while wave := sorted(place for place in order.get_ready() if place < len(doomed)):
        waves.append([entries[place] for place in wave])
        order.done(*wave)
    return waves


def _with_children(entry: Resource, children: dict[str, set[str]]) -> set[str]:
    """What an entry needs, with the children of those components that are not its own ancestors."""
    found = entry.all_dependencies()
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


def dependants(resource: Resource, resources: list[Resource]) -> list[Resource]:
    """Everything that needs the resource, directly or not, in the state's order."""
    needed = {resource.urn}
    found = []
    start = next((i for i, entry in enumerate(resources) if entry is resource), -1)
    for entry in resources[start + 1 :]:
        if entry.all_dependencies() & needed:
            needed.add(entry.urn)
            found.append(entry)
    return found


def dragged_along(
    root: Resource,
    resources: list[Resource],
    handled: Callable[[str], bool],
    asks_replacement: Callable[[Resource, set[str]], bool],
) -> list[Resource]:
    """The dependants that a delete-before-replace of the root takes with it, in the state's order.

    asks_replacement says whether a resource wants to be replaced when the inputs that depend on the given
    URNs are unknown. Components and external resources never are; depends_on alone does not count.
    """
    replaced = {root.urn}
    found = []
    for entry in dependants(root, resources):
        if entry.delete or not entry.custom or entry.external or handled(entry.urn):
            continue
        asked = urns.provider_urn(entry.provider) in replaced or entry.deleted_with in replaced
        if not asked and any(replaced.intersection(deps) for deps in entry.property_dependencies.values()):
            asked = asks_replacement(entry, replaced)
        if asked:
            replaced.add(entry.urn)
            found.append(entry)
    return found
