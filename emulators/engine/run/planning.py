"""What a registration leads to: the old resource found, Check and Diff asked, the steps put in order.

What a run with targets is not about is kept as the state has it, or left out if it is not there. Kept entries
are written again in the order of registration, and what they need according to the state is written before
them, so that the state's order stays valid.
Source: the real engine's ``step_generator.go``.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from emulators.engine import urns
from emulators.engine.errors import RunStopped
from emulators.engine.plan.deletes import dragged_along
from emulators.engine.plan.diffs import with_ignored
from emulators.engine.plan.goals import Goal, alias_urns
from emulators.engine.plan.steps import Decision, Step, decide, decide_component
from emulators.engine.plan.targets import NOT_TARGETED_CREATE, Targets
from emulators.engine.run.registry import Registry
from emulators.engine.state.checkpoint import Resource
from emulators.engine.values import UNKNOWN, Properties, holds_unknown

PROTECTED_REPLACE = (
    'unable to replace resource "{urn}"\nas it is currently marked for protection. To unprotect the resource, '
    "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
)
NAME_TAKEN = "Duplicate resource URN '{urn}' conflicting with alias on resource with URN '{taker}'"
ALIAS_TAKEN = (
    "Duplicate resource alias '{former}' applied to resource with URN '{urn}' "
    "conflicting with resource with URN '{taker}'"
)
NEEDED = (
    "Resource '{urn}' is no target, but in the state it needs '{needed}', which is one and is not registered "
    "before it. Next: include '{urn}' in the --target list"
)


@dataclass(frozen=True)
class Plan:
    """The new state of a resource and the steps that lead to it; none for one that is skipped.

    What a target left out is not made, and so its id and outputs are not known to the program.
    """

    new: Resource
    steps: list[Step]
    left_out: bool = False


class Planner:
    """Plans registrations, one at a time."""

    def __init__(self, registry: Registry, targets: Targets) -> None:
        self._registry, self._targets = registry, targets
        self._executor = registry.executor
        self._aliases: dict[str, list[str]] = {}
        self._takers: dict[str, str] = {}  # former name: who has it now
        self._deleted_first: dict[str, tuple[str, ...]] = {}  # and which keys forced it
        self._replaced: set[str] = set()
        self._kept_early: set[str] = set()
        self._left_out: set[str] = set()
        self.failed: set[str] = set()

    def plan(self, goal: Goal) -> Plan:
        """Raises RunStopped, StepFailed, EngineError."""
        new = goal.new
        self._executor.redactor.learn(new.inputs)
        if new.urn in self._kept_early:
            self._kept_early.discard(new.urn)
            return Plan(self._registry.registered[new.urn], [])
        self._registry.refuse_second(new.urn)
        self._complete(goal)
        old = self._old_for(goal)
        self._registry.take(old)
        if not self._targets.include(new) or self._is_unwanted(new):
            return self._leave_out(new) if old is None else self._keep(old, new)
        self._registry.registered[new.urn] = new
        plan = self._plan_included(goal, old)
        if needed := self._left_out & new.all_dependencies():
            text = NOT_TARGETED_CREATE.format(urn=new.urn, needed=min(needed))
            self._executor.step_error(text, new.urn, stop=not self._executor.preview)
            self._executor.check_running()
        return plan

    def _complete(self, goal: Goal) -> None:
        """Put into the new entry what it has from its parent, and its provider."""
        new, parent = goal.new, self._registry.registered.get(goal.new.parent)
        protect, retain = goal.protect, goal.retain_on_delete
        if parent is not None and parent.type != urns.STACK_TYPE:
            protect = parent.protect if protect is None else protect
            retain = parent.retain_on_delete if retain is None else retain
            new.deleted_with = new.deleted_with or parent.deleted_with
        new.protect, new.retain_on_delete = bool(protect), bool(retain)
        new.provider = self._registry.provider_of(new)

    def _old_for(self, goal: Goal) -> Resource | None:
        """The old entry, by URN, then by aliases in order; what refers to a former URN follows."""
        urn = goal.new.urn
        if taker := self._takers.get(urn):
            self._registry.refuse(NAME_TAKEN.format(urn=urn, taker=taker), urn)
        former = alias_urns(goal.new, goal.aliases, self._aliases)
        if former:
            self._aliases[urn] = former
        for candidate in (urn, *former):
            old = self._registry.olds.get(candidate)
            if old is not None and candidate not in self._kept_early:
                if candidate != urn:
                    self._claim(candidate, urn)
                    self._executor.rename(candidate, urn)
                return old
        return None

    def _claim(self, former: str, urn: str) -> None:
        """Note whose former name it is. Raises RunStopped if it is another one's name, or was."""
        taker = former if former in self._registry.registered else self._takers.setdefault(former, urn)
        if taker != urn:
            self._registry.refuse(ALIAS_TAKEN.format(former=former, urn=urn, taker=taker), urn)

    def _plan_included(self, goal: Goal, old: Resource | None) -> Plan:
        new, given = goal.new, goal.new.inputs
        forced = self._targets.replaces(new.urn)
        recreated = new.urn in self._deleted_first
        fresh = old is None or old.external or recreated or forced
        if old and not (forced or recreated):
            given = with_ignored(given, old.inputs, new.ignore_changes)
        new.inputs = self._checked(new, given, {} if fresh or old is None else old.inputs)
        if self.failed & new.all_dependencies():
            self.failed.add(new.urn)
            return Plan(new, [])
        if old is None or old.external:
            return Plan(new, [Step("create", new.urn, old, new)])
        if recreated:
            replace, create = _replacement_steps(old, new, Decision("replace"))
            return Plan(new, [replace, dataclasses.replace(create, keys=self._deleted_first[new.urn])])
        if forced:
            decision = Decision("replace", ("id",), bool(goal.delete_before_replace))
            return Plan(new, self._replace(old, new, decision))
        decision = self._decide(goal, old)
        if decision.kind == "replace":
            return Plan(new, self._replace(old, new, decision, given))
        return Plan(new, [Step(decision.kind, new.urn, old, new, (), decision.detailed)])

    # what the run is not about

    def _is_unwanted(self, new: Resource) -> bool:
        """A provider that needs what is not made is not made either, if only providers are wanted."""
        return self._targets.nothing and bool(self._left_out & new.all_dependencies())

    def _leave_out(self, new: Resource) -> Plan:
        """A new resource that is not to be made."""
        self._left_out.add(new.urn)
        self._registry.registered[new.urn] = new
        if new.custom:
            new.inputs = {}
        return Plan(new, [], left_out=True)

    def _keep(self, old: Resource, new: Resource) -> Plan:
        """The old entry under the new name, and the steps that write it. Raises RunStopped."""
        if new.parent in self._left_out:
            self._registry.refuse(NOT_TARGETED_CREATE.format(urn=new.urn, needed=new.parent), new.urn)
        kept = old.changed(urn=new.urn, parent=new.parent)
        self._registry.registered[new.urn] = kept
        return Plan(kept, [*self._needed(old), Step("same", new.urn, old, kept)])

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

    # check and diff

    def _checked(self, new: Resource, given: Properties, olds: Properties) -> Properties:
        if not new.custom or urns.is_provider(new.type):
            return given
        if not self._executor.preview:  # an unknown is then an output of something that failed
            given = {key: value for key, value in given.items() if not holds_unknown(value)}
        inputs, failures = self._registry.checked(new, given, olds)
        for message in failures:
            self._executor.error(message, new.urn)
        if failures:
            raise RunStopped
        return inputs

    def _decide(self, goal: Goal, old: Resource) -> Decision:
        new = goal.new
        if not new.custom or urns.is_provider(new.type):
            return decide_component(old, new.inputs)
        if old.pending_replacement:
            return Decision("replace", (), True)
        if new.deleted_with in self._replaced:
            return Decision("replace", ("deletedWith",), bool(goal.delete_before_replace))
        diff = self._registry.provider(new).diff(new, old, old.outputs, new.inputs)
        return decide(diff, old, new.inputs, new.replace_on_changes, goal.delete_before_replace)

    # replacements

    def _replace(
        self, old: Resource, new: Resource, decision: Decision, given: Properties | None = None
    ) -> list[Step]:
        """The steps of a replacement, in either order. Given inputs are checked again, for new defaults."""
        if old.protect and new.protect:
            text = PROTECTED_REPLACE.format(urn=new.urn)
            self._executor.error(text, new.urn, stop=not self._executor.preview)
            self._executor.check_running()
            self._executor.refused = True
        if given is not None:
            new.inputs = self._checked(new, given, {})
        self._replaced.add(new.urn)
        if not decision.delete_before_replace:
            return _replacement_steps(old, new, decision)[::-1]
        dragged = self._dragged_along(old)
        self._executor.performer.deleted_here.update([old.urn, *(entry.urn for entry in dragged)])
        first = [Step("delete-replaced", entry.urn, entry, None) for entry in dragged]
        if not old.pending_replacement:
            first.append(Step("delete-replaced", old.urn, old, new, decision.replace_keys, decision.detailed))
        return [*first, *_replacement_steps(old, new, decision)]

    def _dragged_along(self, old: Resource) -> list[Resource]:
        """The dependants that are deleted before it, in that order."""
        dragged = dragged_along(
            old, self._executor.snapshot.base, self._registry.registered.__contains__, self._asks_replacement
        )
        for entry in dragged:
            if entry.protect:
                self._registry.refuse(PROTECTED_REPLACE.format(urn=entry.urn), entry.urn)
            self._deleted_first.setdefault(entry.urn, ())
            self._replaced.add(entry.urn)
            self._registry.ensure_provider(entry)
        return dragged[::-1]

    def _asks_replacement(self, entry: Resource, replaced: set[str]) -> bool:
        self._registry.ensure_provider(entry)
        inputs = {
            key: UNKNOWN if replaced.intersection(entry.property_dependencies.get(key, ())) else value
            for key, value in entry.inputs.items()
        }
        diff = self._registry.provider(entry).diff(entry, entry, entry.outputs, inputs)
        decision = decide(diff, entry, inputs, entry.replace_on_changes, None)
        if decision.kind == "replace":
            self._deleted_first[entry.urn] = decision.replace_keys
        return decision.kind == "replace"


def _replacement_steps(old: Resource, new: Resource, decision: Decision) -> list[Step]:
    return [
        Step(op, new.urn, old, new, decision.replace_keys, decision.detailed, decision.forced)
        for op in ("replace", "create-replacement")
    ]
