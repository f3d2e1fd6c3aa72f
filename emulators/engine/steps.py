"""Pure: which steps a registration or the end of a program leads to.

No provider, no state file, no threads: what they have to say is passed in. Numbers in brackets in the
comments of other modules are the rules of the real engine's ``pkg/resource/deploy/step_generator.go``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from emulators.engine import urns
from emulators.engine.diffs import Difference, covers, differences, parse_path, reset
from emulators.engine.state import Resource
from emulators.engine.values import Properties

Kind = Literal["same", "update", "replace"]


@dataclass(frozen=True)
class Diff:
    """What the provider says of a difference; changes is None when it leaves the decision to the engine."""

    changes: bool | None
    replaces: tuple[str, ...] = ()
    delete_before_replace: bool = False


@dataclass(frozen=True)
class AliasSpec:
    """A former identity: a whole URN, or the parts that differed."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass(frozen=True)
class Goal:
    """What the program wants one resource to be."""

    type: str
    name: str
    custom: bool
    inputs: Properties
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    provider: str = ""
    protect: bool | None = None
    retain_on_delete: bool | None = None
    deleted_with: str = ""
    delete_before_replace: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple[AliasSpec, ...] = ()
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    hide_diff: tuple[str, ...] = ()
    source_position: str = ""
    stack_trace: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class Decision:
    """What happens to an existing resource, and why."""

    kind: Kind
    replace_keys: tuple[str, ...] = ()
    delete_before_replace: bool = False
    detailed: tuple[Difference, ...] | None = None
    forced: tuple[str, ...] = ()


def decide(
    diff: Diff,
    old: Resource,
    inputs: Properties,
    replace_on_changes: Iterable[str],
    delete_before_replace: bool | None,
) -> Decision:
    """Same, update or replace, from what the provider said.

    Undecided: the engine compares old and new inputs itself, and only then does replace_on_changes have
    paths to match. A resource with init errors is updated even when nothing differs.
    """
    first = diff.delete_before_replace if delete_before_replace is None else delete_before_replace
    detailed: tuple[Difference, ...] | None = None
    forced: list[str] = []
    changes, replaces = diff.changes, diff.replaces
    if changes is None:
        detailed = tuple(differences(old.inputs, inputs))
        changes = bool(detailed)
        forced = _forced(detailed, replace_on_changes)
        replaces = tuple(dict.fromkeys([*(replaces if changes else ()), *forced]))
    if changes and replaces:
        return Decision("replace", replaces, first, detailed, tuple(forced))
    if changes or old.init_errors:
        return Decision("update", (), first, detailed)
    return Decision("same", (), first, detailed)


def _forced(detailed: tuple[Difference, ...], replace_on_changes: Iterable[str]) -> list[str]:
    patterns = [parse_path(pattern) for pattern in replace_on_changes]
    found = []
    for difference in detailed:
        path = parse_path(difference.path)
        if any(covers(pattern, path) for pattern in patterns):
            found.append(str(path[0]))
    return found


def decide_component(old: Resource, inputs: Properties) -> Decision:
    """A component is same when its inputs are equal, else an update; no provider is asked."""
    return Decision("update" if differences(old.inputs, inputs) else "same")


def with_ignored(inputs: Properties, old_inputs: Properties, ignored: Iterable[str]) -> Properties:
    """The inputs with what is to be ignored reset to the old inputs; a path that is none is no reason to stop."""
    for text in ignored:
        with contextlib.suppress(ValueError):
            inputs = reset(inputs, old_inputs, parse_path(text))
    return inputs


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
        if urns.provider_urn(entry.provider) in replaced or entry.deleted_with in replaced:
            asked = True
        else:
            touched = any(replaced.intersection(deps) for deps in entry.property_dependencies.values())
            asked = touched and asks_replacement(entry, replaced)
        if asked:
            replaced.add(entry.urn)
            found.append(entry)
    return found
