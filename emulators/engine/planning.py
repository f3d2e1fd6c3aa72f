"""What a registration leads to: the old resource found, Check and Diff asked, the steps put in order.

Numbers of rules in comments are the real engine's ``step_generator.go``: what counts as old, when Check is
called without old inputs, which dependants a delete-before-replace drags along.
"""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass

from emulators.engine import urns
from emulators.engine.aliases import alias_urns
from emulators.engine.check_messages import check_message
from emulators.engine.events import Step
from emulators.engine.provider_references import ProviderReferences
from emulators.engine.registry import PlanFailed, Registry
from emulators.engine.state import Resource
from emulators.engine.steps import Decision, Goal, decide, decide_component, dragged_along, with_ignored
from emulators.engine.targets import NOT_TARGETED_CREATE, Targets
from emulators.engine.untargeted import Untargeted
from emulators.engine.values import UNKNOWN, Properties, holds_unknown

PROTECTED_REPLACE = (
    'unable to replace resource "{urn}"\nas it is currently marked for protection. To unprotect the resource, '
    "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
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

    def __init__(self, registry: Registry, references: ProviderReferences, targets: Targets) -> None:
        self._registry, self._references, self._targets = registry, references, targets
        self._untargeted = Untargeted(registry, targets)
        self._executor = registry.executor
        self._aliases: dict[str, list[str]] = {}
        self._deleted_first: dict[str, tuple[str, ...]] = {}  # and which keys forced it
        self._replaced: set[str] = set()
        self.failed: set[str] = set()

    def plan(self, goal: Goal) -> Plan:
        """Raises PlanFailed, StepFailed, EngineError."""
        self._executor.redactor.learn(goal.inputs)
        if self._untargeted.is_kept(self._registry.urn_of(goal)):
            return Plan(self._untargeted.kept(self._registry.urn_of(goal)), [])
        new = self._new_state(goal)
        old = self._old_for(goal, new.urn)
        self._registry.take(old)
        if not self._targets.include(new) or self._untargeted.must_be_left_out(new):
            if old is None:
                return Plan(self._untargeted.leave_out(new), [], left_out=True)
            return Plan(*self._untargeted.keep(old, new))
        self._registry.registered[new.urn] = new
        plan = self._plan_included(goal, old, new)
        if needed := self._untargeted.left_out & new.all_dependencies():
            self._refuse_untargeted(new, sorted(needed)[0])
        return plan

    def _plan_included(self, goal: Goal, old: Resource | None, new: Resource) -> Plan:
        forced = self._targets.replaces(new.urn)
        recreated = new.urn in self._deleted_first
        fresh = old is None or old.external or recreated or forced
        given = with_ignored(goal.inputs, old.inputs, goal.ignore_changes) if old else goal.inputs
        if forced:
            given = goal.inputs
        new.inputs = self._checked(new, given, None if fresh else old)
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
        decision = self._decide(goal, old, new)
        if decision.kind == "replace":
            return Plan(new, self._replace(old, new, decision, given))
        return Plan(new, [Step(decision.kind, new.urn, old, new, (), decision.detailed)])

    def _refuse_untargeted(self, new: Resource, needed: str) -> None:
        """It needs something that is not made. A preview goes on, to tell of all of them."""
        self._executor.step_errors = True
        message = NOT_TARGETED_CREATE.format(urn=new.urn, needed=needed)
        self._executor.error(message, new.urn, stop=not self._executor.preview)
        self._executor.check_running()

    def _new_state(self, goal: Goal) -> Resource:
        urn = self._registry.urn_of(goal)
        self._registry.refuse_second(urn)
        parent = self._registry.registered.get(goal.parent)
        protect, retain, deleted_with = goal.protect, goal.retain_on_delete, goal.deleted_with
        if parent is not None and parent.type != urns.STACK_TYPE:
            protect = parent.protect if protect is None else protect
            retain = parent.retain_on_delete if retain is None else retain
            deleted_with = deleted_with or parent.deleted_with
        return Resource(
            urn=urn,
            type=goal.type,
            custom=goal.custom,
            id="",
            inputs=goal.inputs,
            parent=goal.parent,
            protect=bool(protect),
            dependencies=list(goal.dependencies),
            provider=self._references.of_goal(goal) if goal.custom else "",
            property_dependencies=goal.property_dependencies,
            additional_secret_outputs=list(goal.additional_secret_outputs),
            custom_timeouts=goal.custom_timeouts,
            retain_on_delete=bool(retain),
            deleted_with=deleted_with,
            source_position=goal.source_position,
            stack_trace=list(goal.stack_trace),
            ignore_changes=list(goal.ignore_changes),
            replace_on_changes=list(goal.replace_on_changes),
            hide_diff=[[name] for name in goal.hide_diff],
        )

    def _old_for(self, goal: Goal, urn: str) -> Resource | None:
        """The old entry, by URN, then by aliases in order; what refers to a former URN follows."""
        settings = self._registry.settings
        former = alias_urns(goal, urn, settings.stack, settings.project, self._aliases)
        if former:
            self._aliases[urn] = former
        for candidate in (urn, *former):
            old = self._registry.olds.get(candidate)
            if old is not None and not self._registry.is_taken(old):
                if candidate != urn:
                    self._rename(candidate, urn)
                return old
        return None

    def _rename(self, former: str, urn: str) -> None:
        snapshot = self._executor.snapshot
        for entry in snapshot.base:
            if former in entry.all_dependencies():
                snapshot.change(entry, save=False, **entry.with_renamed(former, urn))

    # check and diff

    def _checked(self, new: Resource, given: Properties, old: Resource | None) -> Properties:
        if not new.custom or urns.is_provider(new.type):
            return given
        if not self._executor.preview:  # an unknown is then an output of something that failed
            given = {key: value for key, value in given.items() if not holds_unknown(value)}
        provider = self._executor.providers.get(new.provider)
        inputs, failures = provider.check(new, old.inputs if old else {}, given, os.urandom(32))
        for failure in failures:
            self._executor.error(check_message(new, failure.property, failure.reason, given), new.urn)
        if failures:
            raise PlanFailed
        return inputs

    def _decide(self, goal: Goal, old: Resource, new: Resource) -> Decision:
        if not new.custom or urns.is_provider(new.type):
            return decide_component(old, new.inputs)
        if old.pending_replacement:
            return Decision("replace", (), True)
        provider = self._executor.providers.get(new.provider)
        diff = provider.diff(old, old.outputs, new.inputs, new.ignore_changes)
        decision = decide(diff, old, new.inputs, goal.replace_on_changes, goal.delete_before_replace)
        if decision.kind != "replace" and new.deleted_with in self._replaced:
            return Decision("replace", (), decision.delete_before_replace, decision.detailed)
        return decision

    # replacements

    def _replace(
        self, old: Resource, new: Resource, decision: Decision, given: Properties | None = None
    ) -> list[Step]:
        """The steps of a replacement, in either order. Given inputs are checked again, for new defaults."""
        if old.protect and new.protect:
            self._executor.error(
                PROTECTED_REPLACE.format(urn=new.urn), new.urn, stop=not self._executor.preview
            )
            self._executor.check_running()
        if given is not None:
            new.inputs = self._checked(new, given, None)
        self._replaced.add(new.urn)
        if not decision.delete_before_replace:
            return _replacement_steps(old, new, decision)[::-1]
        first = [Step("delete-replaced", entry.urn, entry, None) for entry in self._dragged_along(old)]
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
            self._references.ensure(entry)
        return dragged[::-1]

    def _asks_replacement(self, entry: Resource, replaced: set[str]) -> bool:
        self._references.ensure(entry)
        inputs = {
            key: UNKNOWN if replaced.intersection(entry.property_dependencies.get(key, ())) else value
            for key, value in entry.inputs.items()
        }
        provider = self._executor.providers.get(entry.provider)
        diff = provider.diff(entry, entry.outputs, inputs, entry.ignore_changes)
        decision = decide(diff, entry, inputs, entry.replace_on_changes, None)
        if decision.kind == "replace":
            self._deleted_first[entry.urn] = decision.replace_keys
        return decision.kind == "replace"


def _replacement_steps(old: Resource, new: Resource, decision: Decision) -> list[Step]:
    return [
        Step(op, new.urn, old, new, decision.replace_keys, decision.detailed, decision.forced)
        for op in ("replace", "create-replacement")
    ]
