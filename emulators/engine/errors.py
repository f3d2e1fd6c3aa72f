"""Every error that the engine reports itself, as one line for people.

EngineError            the command stops; carries the exit code of the real command line
├── StackNotFound      no such stack (exit 6)
├── StateCorrupt       a state file that cannot be trusted; it is never overwritten
├── StackLocked        another update holds the stack
├── NotSupported       something that this engine refuses rather than approximates
└── UnexpectedChanges  --expect-no-changes and there were some (exit 7)
StepFailed             one resource's step failed; the run goes on to save what was done
InitFailed             a resource that exists but is not ready: kept with its id and the reasons
RunStopped             the run failed or was cancelled, as was reported: nothing new begins
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulators.engine.values import Properties


class EngineError(Exception):
    """The command stops with this one line."""

    exit_code = 1


class StackNotFound(EngineError):
    """The stack that was asked for does not exist."""

    exit_code = 6


class StateCorrupt(EngineError):
    """A state file that cannot be trusted."""


class StackLocked(EngineError):
    """Another update of this stack is running, or died and left its lock."""


class NotSupported(EngineError):
    """The real engine can do this, this one refuses."""


class UnexpectedChanges(EngineError):
    """There are changes although none were expected."""

    exit_code = 7


class StepFailed(Exception):
    """One step failed; the message is what the provider said."""


class InitFailed(Exception):
    """Created or updated, but not ready: id and outputs are known, and so are the reasons."""

    def __init__(self, resource_id: str, outputs: Properties, inputs: Properties, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.resource_id = resource_id
        self.outputs = outputs
        self.inputs = inputs
        self.reasons = reasons


class RunStopped(Exception):
    """The run failed or was cancelled: nothing new begins. What is wrong was reported already."""
