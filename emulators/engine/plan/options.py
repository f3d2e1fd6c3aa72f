"""What one run is asked to do, with which stack, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from emulators.engine import urns
from emulators.engine.plan.import_file import Import
from emulators.engine.plan.targets import Targets
from emulators.engine.state.config import StackConfig
from emulators.engine.state.stack import Stack

Kind = Literal["update", "refresh", "destroy", "resource-import"]


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    kind: Kind
    preview: bool
    parallel: int
    refresh: bool = False
    clear_pending_creates: bool = False
    continue_on_error: bool = False
    run_program: bool = False
    message: str = ""
    targets: Targets = field(default_factory=Targets)
    imports: tuple[Import, ...] = ()
    protect: bool = True


@dataclass(frozen=True)
class RunInfo:
    """What is the same for a whole run."""

    stack: Stack
    config: StackConfig
    options: Options

    @property
    def root_name(self) -> str:
        """The name of the stack's own resource."""
        return f"{self.stack.project.name}-{self.stack.name}"

    def urn(self, parent: str, type_: str, name: str) -> str:
        return urns.make(self.stack.name, self.stack.project.name, parent, type_, name)


@dataclass(frozen=True)
class Result:
    counts: dict[str, int]
    errors: int
    seconds: float
    cancelled: bool = False

    @property
    def changes(self) -> int:
        return sum(number for op, number in self.counts.items() if op != "same")
