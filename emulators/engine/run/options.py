"""What one run is asked to do, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from emulators.engine.plan.import_file import Import
from emulators.engine.plan.targets import Targets

Kind = Literal["update", "refresh", "destroy", "resource-import"]


@dataclass(frozen=True)
class UpdateOptions:
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
class UpdateResult:
    counts: dict[str, int]
    errors: int
    seconds: float
    cancelled: bool = False

    @property
    def changes(self) -> int:
        return sum(number for op, number in self.counts.items() if op != "same")
