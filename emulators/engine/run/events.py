"""What a run tells of itself while it goes: steps, diagnostics, outputs. The displays listen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from emulators.engine.plan.steps import Op, Step
from emulators.engine.protocol.monitor import Severity
from emulators.engine.values import Properties


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
    severity: Severity | Literal["info#err"]
    message: str
    urn: str = ""

    @property
    def prefix(self) -> str:
        return f"{self.severity}: " if self.severity in ("error", "warning") else ""


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
