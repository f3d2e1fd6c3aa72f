"""What one run knows of its resources: the old ones by name, the registered ones, and which old ones are taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

from emulators.engine import urns
from emulators.engine.executor import Executor, RunStopped
from emulators.engine.state import Resource
from emulators.engine.steps import Goal
from emulators.engine.values import Properties


class PlanFailed(RunStopped):
    """A registration cannot be carried out; already reported."""


@dataclass(frozen=True)
class RunSettings:
    """What a run is told from outside."""

    stack: str
    project: str
    config: Properties
    continue_on_error: bool = False


@dataclass
class Registry:
    """Shared by the parts of a deployment; changed only while a registration is planned."""

    executor: Executor
    settings: RunSettings
    registered: dict[str, Resource] = field(default_factory=dict)
    olds: dict[str, Resource] = field(default_factory=dict)
    _taken: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for entry in self.executor.snapshot.base:
            if not entry.delete:
                self.olds[entry.urn] = entry

    def urn(self, parent: str, type_: str, name: str) -> str:
        return urns.make(self.settings.stack, self.settings.project, parent, type_, name)

    def urn_of(self, goal: Goal) -> str:
        return self.urn(goal.parent, goal.type, goal.name)

    def take(self, old: Resource | None) -> None:
        """Note that an old entry has found its new one, so that no alias finds it again."""
        if old is not None:
            self._taken.add(id(old))

    def is_taken(self, old: Resource) -> bool:
        return id(old) in self._taken

    def refuse(self, message: str, urn: str) -> NoReturn:
        """Report why a registration cannot be. Raises PlanFailed."""
        self.executor.error(message, urn)
        raise PlanFailed

    def refuse_second(self, urn: str) -> None:
        """Raises PlanFailed if something of that name is registered."""
        if urn in self.registered:
            self.refuse(f"Duplicate resource URN '{urn}'; try giving it a unique name", urn)
