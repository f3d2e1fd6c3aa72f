"""What a run with targets is not about: kept as the state has it, or left out if it is not there.

Kept entries are written again in the order of registration, and what they need according to the state is
written before them, so that the state's order stays valid.
Source: the real engine's ``step_generator.go`` (NewUntargetedSameStep, NewSkippedCreateStep).
"""

from __future__ import annotations

from emulators.engine.events import Step
from emulators.engine.registry import Registry
from emulators.engine.state import Resource
from emulators.engine.targets import NOT_TARGETED_CREATE, Targets

NEEDED = (
    "Resource '{urn}' is no target, but in the state it needs '{needed}', which is one and is not registered "
    "before it. Next: include '{urn}' in the --target list"
)


class Untargeted:
    """The registrations of one run that it is not about."""

    def __init__(self, registry: Registry, targets: Targets) -> None:
        self._registry, self._targets = registry, targets
        self._kept_early: set[str] = set()
        self.left_out: set[str] = set()

    def must_be_left_out(self, new: Resource) -> bool:
        """A provider that needs what is not made is not made either, if only providers are wanted."""
        return self._targets.options.nothing and bool(self.left_out & new.all_dependencies())

    def leave_out(self, new: Resource) -> Resource:
        """A new resource that is not to be made."""
        self.left_out.add(new.urn)
        self._registry.registered[new.urn] = new
        if new.custom:
            new.inputs = {}
        return new

    def keep(self, old: Resource, new: Resource) -> tuple[Resource, list[Step]]:
        """The old entry under the new name, and the steps that write it. Raises PlanFailed."""
        if new.parent in self.left_out:
            self._registry.refuse(NOT_TARGETED_CREATE.format(urn=new.urn, needed=new.parent), new.urn)
        kept = old.changed(urn=new.urn, parent=new.parent)
        self._registry.registered[new.urn] = kept
        return kept, [*self._needed(old), Step("same", new.urn, old, kept)]

    def _needed(self, entry: Resource) -> list[Step]:
        """Steps that keep what the entry needs and the program has not registered, depth first."""
        steps: list[Step] = []
        for urn in sorted(entry.all_dependencies()):
            old = self._registry.olds.get(urn)
            if old is None or urn in self._registry.registered or self._registry.is_taken(old):
                continue
            if self._targets.names(urn):
                self._registry.refuse(NEEDED.format(urn=entry.urn, needed=urn), entry.urn)
            self._registry.take(old)
            kept = self._registry.registered[urn] = old.changed()
            self._kept_early.add(urn)
            steps.extend([*self._needed(old), Step("same", urn, old, kept)])
        return steps

    def is_kept(self, urn: str) -> bool:
        """Whether it was kept before the program registered it."""
        return urn in self._kept_early

    def kept(self, urn: str) -> Resource:
        """The entry that was kept early."""
        self._kept_early.discard(urn)
        return self._registry.registered[urn]
