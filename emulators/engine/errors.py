"""Every error that the engine reports itself, as one line for people: what failed, why, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulators.engine.values import Properties


class EngineError(Exception):
    """The command stops with this one line, and the exit code of the real command line."""

    exit_code = 1


class StackNotFound(EngineError):
    """The stack that was asked for does not exist."""

    exit_code = 6

    def __init__(self, name: str) -> None:
        super().__init__(f"no stack named '{name}' found")


class StateCorrupt(EngineError):
    """A state file that cannot be trusted; it is never overwritten."""


class StackLocked(EngineError):
    """Another update of this stack is running, or died and left its lock."""


class NotSupported(EngineError):
    """The real engine can do this, this one refuses rather than approximates."""

    def __init__(self, what: str, only: str = "", next_step: str = "use pulumi") -> None:
        why = f" (only {only})" if only else ""
        super().__init__(f"{what} is not supported by the embedded engine{why}. Next: {next_step}")


class UnexpectedChanges(EngineError):
    """There are changes although none were expected."""

    exit_code = 7


class StepFailed(Exception):
    """One resource's step failed, with what the provider said; the run goes on to save what was done."""


class InitFailed(Exception):
    """Created or updated, but not ready: it is kept with its id and outputs, and the reasons."""

    def __init__(self, resource_id: str, outputs: Properties, inputs: Properties, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.resource_id, self.outputs, self.inputs, self.reasons = resource_id, outputs, inputs, reasons


class RunStopped(Exception):
    """The run failed or was cancelled: nothing new begins. What is wrong was reported already."""
