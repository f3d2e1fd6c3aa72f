"""Pure: what can be done to one resource, and which of it the provider's answer asks for.

No provider, no state file, no threads: what they have to say is passed in.
Source: the real engine's ``pkg/resource/deploy/step_generator.go``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from emulators.engine.plan.diffs import Difference, covers, differences, parse_path
from emulators.engine.state.checkpoint import Resource
from emulators.engine.values import Json, Properties

Op = Literal[
    "same", "create", "update", "delete", "replace", "create-replacement", "delete-replaced",
    "read", "refresh", "import",
]  # fmt: skip
Kind = Literal["same", "update", "replace"]


@dataclass(frozen=True)
class Step:
    """One thing to do to one resource.

    keys: what forces a replacement. detailed: the engine's own diff, and what of it forces the replacement.
    """

    op: Op
    urn: str
    old: Resource | None
    new: Resource | None
    keys: tuple[str, ...] = ()
    detailed: tuple[Difference, ...] | None = None
    forced: tuple[str, ...] = ()

    @property
    def resource(self) -> Resource:
        found = self.new or self.old
        if found is None:
            raise ValueError("a step without a resource")
        return found

    @property
    def protection_changes(self) -> bool:
        return bool(self.old and self.new and self.old.protect != self.new.protect)

    @property
    def changed_keys(self) -> list[str]:
        """The top-level properties that the engine's own diff names."""
        return sorted({change.key for change in self.detailed or ()})

    def detailed_json(self, kind: str) -> Json | None:
        """The engine's own diff by path; kind is the name of the field for what happens there."""
        found: Json = {}
        for change in self.detailed or ():
            what = f"{change.kind}-replace" if change.key in self.forced else change.kind
            found[change.path] = {kind: what, "inputDiff": True}
        return found or None


@dataclass(frozen=True)
class Diff:
    """What the provider says of a difference; changes is None when it leaves the decision to the engine.

    detailed: where it differs, None when the provider doesn't say.
    """

    changes: bool | None
    replaces: tuple[str, ...] = ()
    delete_before_replace: bool = False
    detailed: tuple[Difference, ...] | None = None


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

    Undecided: the engine compares old and new inputs itself. Only where one of them says what differs has
    replace_on_changes paths to match. A resource with init errors is updated even when nothing differs.
    """
    first = diff.delete_before_replace if delete_before_replace is None else delete_before_replace
    forced: list[str] = []
    changes, replaces, detailed = diff.changes, diff.replaces, diff.detailed
    if changes is None:
        detailed = tuple(differences(old.inputs, inputs))
        changes = bool(detailed)
    if changes and detailed is not None:
        patterns = [parse_path(pattern) for pattern in replace_on_changes]
        forced = [d.key for d in detailed if any(covers(p, parse_path(d.path)) for p in patterns)]
        replaces = tuple(dict.fromkeys([*replaces, *forced]))
    if changes and replaces:
        return Decision("replace", replaces, first, detailed, tuple(forced))
    return Decision("update" if changes or old.init_errors else "same", (), first, detailed)


def decide_component(old: Resource, inputs: Properties) -> Decision:
    """A component is same when its inputs are equal, else an update; no provider is asked."""
    return Decision("update" if differences(old.inputs, inputs) else "same")
