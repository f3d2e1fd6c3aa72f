"""What a run tells of itself while it goes: steps, diagnostics, outputs. The text and the digest listen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from emulators.engine.diffs import Difference, parse_path
from emulators.engine.state import Resource
from emulators.engine.values import Properties

Op = Literal[
    "same", "create", "update", "delete", "replace", "create-replacement", "delete-replaced",
    "read", "read-replacement", "refresh", "import",
]  # fmt: skip
Severity = Literal["info", "info#err", "warning", "error"]


@dataclass(frozen=True)
class Step:
    """One thing to do to one resource. Keys are what forces a replacement; detailed is the engine's own diff."""

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

    def detailed_json(self, kind: str) -> dict[str, dict[str, object]]:
        """The engine's own diff by path; kind is the name of the field for what happens there."""
        found: dict[str, dict[str, object]] = {}
        for change in self.detailed or ():
            forced = str(parse_path(change.path)[0]) in self.forced
            found[change.path] = {
                kind: f"{change.kind}-replace" if forced else change.kind,
                "inputDiff": True,
            }
        return found


@dataclass(frozen=True)
class StepBegun:
    step: Step


@dataclass(frozen=True)
class StepEnded:
    """A step that is done; result is what a refresh turned out to be, else the step's own op."""

    step: Step
    result: Op
    seconds: float = 0.0


@dataclass(frozen=True)
class StepBroke:
    """A step that failed; status as the protocol has it: 0 nothing was done, 1 partly, 2 not known."""

    step: Step
    status: int = 0


@dataclass(frozen=True)
class Diagnostic:
    severity: Severity
    message: str
    urn: str = ""


@dataclass(frozen=True)
class OutputsSet:
    """A component's outputs arrived, some time after the step that registered it."""

    step: Step


@dataclass(frozen=True)
class StackOutputs:
    """The stack's outputs at the end; with its step, if the program came so far as to give them."""

    old: Properties
    new: Properties
    step: Step | None = None


Event = StepBegun | StepEnded | StepBroke | Diagnostic | OutputsSet | StackOutputs
Sink = Callable[[Event], None]
