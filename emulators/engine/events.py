"""What a run tells of itself while it goes: steps, diagnostics, outputs. The text and the digest listen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from emulators.engine.diffs import Difference
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
    step: Step


@dataclass(frozen=True)
class Diagnostic:
    severity: Severity
    message: str
    urn: str = ""


@dataclass(frozen=True)
class StackOutputs:
    old: Properties
    new: Properties


Event = StepBegun | StepEnded | StepBroke | Diagnostic | StackOutputs
Sink = Callable[[Event], None]
