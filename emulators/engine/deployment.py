"""One run of a program: each registration is turned into steps, which are then carried out.

One registration at a time is planned (its Check and Diff are called there, never two at once); the steps
of different registrations run side by side. Numbers in brackets name rules of the real engine's
``step_generator.go``: what counts as old, when Check is called without old inputs, which dependants a
delete-before-replace drags along.
"""

from __future__ import annotations

import os
import threading
import uuid
from dataclasses import dataclass, field

from emulators.engine import urns
from emulators.engine.deletes import delete_all
from emulators.engine.errors import EngineError, NotSupported, StepFailed
from emulators.engine.events import Diagnostic, StackOutputs, Step, StepBegun, StepEnded
from emulators.engine.executor import Executor, RunStopped, now
from emulators.engine.state import Resource
from emulators.engine.steps import (
    Decision,
    Goal,
    alias_urns,
    decide,
    decide_component,
    dragged_along,
    with_ignored,
)
from emulators.engine.values import UNKNOWN, UNKNOWN_TEXT, Properties, Secret, holds_unknown, masked

PROTECTED_REPLACE = (
    'unable to replace resource "{urn}"\nas it is currently marked for protection. To unprotect the resource, '
    "remove the `protect` flag from the resource in your Pulumi program and run `pulumi up`"
)


class PlanFailed(Exception):
    """A registration cannot be carried out; already reported."""


@dataclass
class Registered:
    """What the program hears of a registration."""

    resource: Resource
    skipped: bool = False
    failed: bool = False


@dataclass
class RunSettings:
    """What a run is told from outside."""

    stack: str
    project: str
    config: Properties
    continue_on_error: bool = False


@dataclass
class Deployment:
    """The registrations of one run and what became of them."""

    executor: Executor
    settings: RunSettings
    registered: dict[str, Resource] = field(default_factory=dict)
    _olds: dict[str, Resource] = field(default_factory=dict)
    _taken: set[int] = field(default_factory=set)
    _aliases: dict[str, list[str]] = field(default_factory=dict)
    _deleted_first: set[str] = field(default_factory=set)
    _replaced: set[str] = field(default_factory=set)
    _failed: set[str] = field(default_factory=set)
    _stack_outputs: Properties | None = None
    _stack_urn: str = ""
    _stack_before: Properties = field(default_factory=dict)
    _plan_lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        for entry in self.executor.snapshot.base:
            if not entry.delete:
                self._olds[entry.urn] = entry

    # registrations

    def register(self, goal: Goal) -> Registered:
        """Make it so. Raises RunStopped when the run is over, for this or another reason."""
        self.executor.enter()
        try:
            return self._register(goal)
        except PlanFailed:
            raise RunStopped from None
        except StepFailed as error:  # Check or Diff broke
            self._break(str(error), self._urn(goal))
            raise RunStopped from None
        except EngineError as error:
            self.executor.error(str(error), self._urn(goal))
            raise RunStopped from None
        finally:
            self.executor.leave()

    def _register(self, goal: Goal) -> Registered:
        with self._plan_lock:
            self.executor.check_running()
            new, steps = self._plan(goal)
        keep_going = self.settings.continue_on_error
        if not steps:
            return Registered(new, skipped=True)
        if self.executor.run_chain(steps, stop_on_error=not keep_going):
            return Registered(new)
        self._failed.add(new.urn)
        if not keep_going:
            raise RunStopped
        return Registered(new, failed=True)

    def _urn(self, goal: Goal) -> str:
        return urns.make(self.settings.stack, self.settings.project, goal.parent, goal.type, goal.name)

    def _break(self, message: str, urn: str) -> None:
        self.executor.error(message, urn)
        raise RunStopped

    def _plan(self, goal: Goal) -> tuple[Resource, list[Step]]:
        """The new state and the steps that lead to it; no steps for one that is skipped."""
        self.executor.redactor.learn(goal.inputs)
        new = self._new_state(goal)
        old = self._old_for(goal, new.urn)
        self.registered[new.urn] = new
        if old is not None:
            self._taken.add(id(old))
        if goal.type == urns.STACK_TYPE:
            self._stack_urn, self._stack_before = new.urn, dict(old.outputs) if old else {}
        given = with_ignored(goal.inputs, old.inputs, goal.ignore_changes) if old else goal.inputs
        recreated = new.urn in self._deleted_first
        new.inputs = self._checked(new, given, None if old is None or old.external or recreated else old)
        if self._needs_failed(new):
            self._failed.add(new.urn)
            return new, []
        if old is None or old.external:
            return new, [Step("create", new.urn, old, new)]
        if recreated:
            return new, self._replacement_steps(old, new, Decision("replace"))
        decision = self._decide(goal, old, new)
        if decision.kind == "replace":
            return new, self._replace(old, new, given, decision)
        return new, [Step(decision.kind, new.urn, old, new, (), decision.detailed)]

    def _new_state(self, goal: Goal) -> Resource:
        urn = self._urn(goal)
        if urn in self.registered:
            self._refuse(f"Duplicate resource URN '{urn}'; try giving it a unique name", urn)
        parent = self.registered.get(goal.parent)
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
            provider=self._provider_for(goal) if goal.custom else "",
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

    def _refuse(self, message: str, urn: str) -> None:
        self.executor.error(message, urn)
        raise PlanFailed

    def _old_for(self, goal: Goal, urn: str) -> Resource | None:
        """The old entry, by URN, then by aliases in order; what refers to a former URN follows."""
        former = alias_urns(goal, urn, self.settings.stack, self.settings.project, self._aliases)
        if former:
            self._aliases[urn] = former
        for candidate in (urn, *former):
            old = self._olds.get(candidate)
            if old is not None and id(old) not in self._taken:
                if candidate != urn:
                    self._rename(candidate, urn)
                return old
        return None

    def _rename(self, former: str, urn: str) -> None:
        for entry in self.executor.snapshot.base:
            if former in entry.all_dependencies():
                self.executor.snapshot.change(
                    entry,
                    save=False,
                    parent=urn if entry.parent == former else entry.parent,
                    deleted_with=urn if entry.deleted_with == former else entry.deleted_with,
                    dependencies=[urn if name == former else name for name in entry.dependencies],
                    property_dependencies={
                        key: [urn if name == former else name for name in names]
                        for key, names in entry.property_dependencies.items()
                    },
                )

    # check and diff

    def _checked(self, new: Resource, given: Properties, old: Resource | None) -> Properties:
        if not new.custom or urns.is_provider(new.type):
            return given
        if not self.executor.preview:  # an unknown is then an output of something that failed
            given = {key: value for key, value in given.items() if not holds_unknown(value)}
        provider = self.executor.providers.get(new.provider)
        inputs, failures = provider.check(new, old.inputs if old else {}, given, os.urandom(32))
        for failure in failures:
            self.executor.error(_check_message(new, failure.property, failure.reason, given), new.urn)
        if failures:
            raise PlanFailed
        return inputs

    def _decide(self, goal: Goal, old: Resource, new: Resource) -> Decision:
        if not new.custom or urns.is_provider(new.type):
            return decide_component(old, new.inputs)
        if old.pending_replacement:
            return Decision("replace", (), True)
        provider = self.executor.providers.get(new.provider)
        diff = provider.diff(old, old.outputs, new.inputs, new.ignore_changes)
        decision = decide(diff, old, new.inputs, goal.replace_on_changes, goal.delete_before_replace)
        if decision.kind != "replace" and new.deleted_with in self._replaced:
            return Decision("replace", (), decision.delete_before_replace, decision.detailed)
        return decision

    def _replace(self, old: Resource, new: Resource, given: Properties, decision: Decision) -> list[Step]:
        """The steps of a replacement, in either order. Check is called again so that defaults are new."""
        if old.protect and new.protect:
            self.executor.error(
                PROTECTED_REPLACE.format(urn=new.urn), new.urn, stop=not self.executor.preview
            )
            self.executor.check_running()
        new.inputs = self._checked(new, given, None)
        self._replaced.add(new.urn)
        if not decision.delete_before_replace:
            return self._replacement_steps(old, new, decision)[::-1]
        dragged = dragged_along(
            old, self.executor.snapshot.base, self.registered.__contains__, self._asks_replacement
        )
        for entry in dragged:
            if entry.protect:
                self._refuse(PROTECTED_REPLACE.format(urn=entry.urn), entry.urn)
            self._deleted_first.add(entry.urn)
            self._replaced.add(entry.urn)
            self.ensure_provider(entry)
        first = [Step("delete-replaced", entry.urn, entry, None) for entry in reversed(dragged)]
        if not old.pending_replacement:
            first.append(Step("delete-replaced", old.urn, old, new, decision.replace_keys, decision.detailed))
        return [*first, *self._replacement_steps(old, new, decision)]

    def _replacement_steps(self, old: Resource, new: Resource, decision: Decision) -> list[Step]:
        return [
            Step(op, new.urn, old, new, decision.replace_keys, decision.detailed, decision.forced)
            for op in ("replace", "create-replacement")
        ]

    def _asks_replacement(self, entry: Resource, replaced: set[str]) -> bool:
        self.ensure_provider(entry)
        inputs = {
            key: UNKNOWN if replaced.intersection(entry.property_dependencies.get(key, ())) else value
            for key, value in entry.inputs.items()
        }
        provider = self.executor.providers.get(entry.provider)
        diff = provider.diff(entry, entry.outputs, inputs, entry.ignore_changes)
        return decide(diff, entry, inputs, entry.replace_on_changes, None).kind == "replace"

    def _needs_failed(self, new: Resource) -> bool:
        return bool(self._failed & new.all_dependencies())

    # providers

    def _provider_for(self, goal: Goal) -> str:
        if urns.is_provider(goal.type):
            self._check_package(urns.package_of(goal.type))
            return ""
        if goal.provider:
            self._check_package(urns.package_of(urns.type_of(urns.provider_urn(goal.provider))))
            return goal.provider
        self._check_package(urns.package_of(goal.type))
        return self.default_provider(urns.DYNAMIC_PACKAGE)

    def _check_package(self, package: str) -> None:
        if package != urns.DYNAMIC_PACKAGE:
            raise NotSupported(
                f"package '{package}' is not supported by the embedded engine (only Python dynamic "
                "providers). Next: use pulumi"
            )

    def default_provider(self, package: str) -> str:
        """The reference of a package's default provider, made or brought up to date when first asked for."""
        urn = urns.make(
            self.settings.stack, self.settings.project, "", f"pulumi:providers:{package}", "default"
        )
        known = self.registered.get(urn)
        if known is None:
            inputs = self.settings.config if package == urns.DYNAMIC_PACKAGE else {}
            known = self._make_provider(urn, inputs)
        return f"{urn}::{known.id}"

    def _make_provider(self, urn: str, inputs: Properties) -> Resource:
        old = self._olds.get(urn)
        fresh = UNKNOWN_TEXT if self.executor.preview else str(uuid.uuid4())
        new = Resource(
            urn=urn,
            type=urns.type_of(urn),
            custom=True,
            id=old.id if old else fresh,
            inputs=inputs,
            outputs=inputs,
            created=old.created if old else now(),
            modified=old.modified if old else now(),
        )
        changed = old is None or not old.same_as(new)
        if old is not None:
            self._taken.add(id(old))
            new.modified = now() if changed else old.modified
        self.registered[urn] = new
        self.executor.snapshot.end(add=new, drop=old, save=changed)
        self.executor.providers.declare(f"{urn}::{new.id}", inputs)
        return new

    def provider_registered(self, resource: Resource) -> None:
        """An explicit provider got its id: it can be used."""
        if not resource.id:
            reference_id = UNKNOWN_TEXT if self.executor.preview else str(uuid.uuid4())
            self.executor.snapshot.change(resource, id=reference_id)
        self.executor.providers.declare(f"{resource.urn}::{resource.id}", resource.inputs)

    def ensure_provider(self, entry: Resource) -> None:
        """Make the provider of an old entry known, from the state, if this run has not used it."""
        if not entry.provider or self.executor.providers.knows(entry.provider):
            return
        urn = urns.provider_urn(entry.provider)
        old = self._olds.get(urn)
        if old is None:
            raise EngineError(f"the state has no provider {entry.provider} for {entry.urn}")
        package = urns.package_of(old.type)
        if package != urns.BUILTIN_PACKAGE:
            self._check_package(package)
        self.executor.providers.declare(entry.provider, old.inputs)

    # reads

    def read(self, new: Resource, wanted_id: str) -> Resource:
        """Read what exists outside of this stack; it is only let go of, never deleted."""
        self.executor.enter()
        try:
            with self._plan_lock:
                self.executor.check_running()
                if new.urn in self.registered:
                    self._refuse(f"Duplicate resource URN '{new.urn}'; try giving it a unique name", new.urn)
                self._check_package(urns.package_of(new.type))
                new.provider = new.provider or self.default_provider(urns.DYNAMIC_PACKAGE)
                self.registered[new.urn] = new
            return self._read(new, wanted_id)
        except PlanFailed:
            raise RunStopped from None
        except (EngineError, StepFailed) as error:
            self._break(str(error), new.urn)
            raise RunStopped from error
        finally:
            self.executor.leave()

    def _read(self, new: Resource, wanted_id: str) -> Resource:
        new.id, new.outputs = wanted_id, dict(new.inputs)
        step = Step("read", new.urn, self._olds.get(new.urn), new)
        self.executor.emit(StepBegun(step))
        if wanted_id == UNKNOWN_TEXT:
            new.outputs = {}
        else:
            provider = self.executor.providers.get(new.provider)
            operation = None if self.executor.preview else self.executor.snapshot.begin(new, "reading")
            try:
                answer = provider.read(new, wanted_id)
            finally:
                if operation is not None:
                    self.executor.snapshot.end(operation, save=False)
            new.id, new.outputs = answer.id or wanted_id, answer.outputs
        self.keep_read(new)
        self.executor.emit(StepEnded(step, "read"))
        return new

    def keep_read(self, new: Resource) -> None:
        """Put what was read into the state, in the place of what was there by that name."""
        old = self._olds.get(new.urn)
        if old is not None and old.outputs != new.outputs:
            self.executor.count("read", new.urn)
        new.created = old.created if old else ""
        drop = old
        if old is not None:
            self._taken.add(id(old))
            if not old.external and old.id != new.id:
                self.executor.snapshot.change(old, save=False, delete=True)
                drop = None
        self.executor.snapshot.end(add=new, drop=drop)

    # outputs and the end

    def set_outputs(self, urn: str, outputs: Properties) -> None:
        if urn == self._stack_urn:
            self._stack_outputs = outputs
            return
        resource = self.registered.get(urn)
        if resource is None:
            raise EngineError(f"outputs of '{urn}', which is not registered")
        if resource.outputs != outputs:
            self.executor.snapshot.change(resource, outputs=outputs)

    def finish(self, succeeded: bool) -> None:
        """The end of the program: deletes if all went well, and the stack's outputs."""
        self.executor.wait_idle()
        well = succeeded and not self.executor.stopping.is_set() and not self.executor.step_errors
        if well and self._stack_urn:
            self.delete_rest()
        self._keep_stack_outputs(well)

    def delete_rest(self) -> None:
        """Delete every old entry that was not registered, and what replacements left."""
        doomed = [
            entry
            for entry in self.executor.snapshot.resources()
            if entry.delete or entry.urn not in self.registered
        ]
        delete_all(self.executor, doomed, self.ensure_provider)

    def _keep_stack_outputs(self, well: bool) -> None:
        stack = self.registered.get(self._stack_urn)
        if stack is None:
            return
        given = self._stack_outputs
        outputs = (given or {}) if well else {**self._stack_before, **(given or {})}
        if stack.outputs != outputs:
            self.executor.snapshot.change(stack, save=False, outputs=outputs)
        self.executor.emit(StackOutputs(self._stack_before, outputs))

    def warn_of_pending(self, names: list[tuple[str, str]]) -> None:
        """Say that an earlier run was cut off. Pairs of URN and what was under way."""
        if names:
            lines = "".join(f"\n  * {urn}, interrupted while {kind}" for urn, kind in names)
            self.executor.emit(
                Diagnostic(
                    "warning",
                    f"Attempting to deploy or update resources with {len(names)} pending operations from "
                    f"previous deployment.{lines}\nThese resources are in an unknown state because the engine "
                    "was interrupted while waiting for changes to these resources to complete. Check with the "
                    "provider whether they exist, then run `refresh --clear-pending-creates`.",
                )
            )


def _check_message(resource: Resource, name: str, reason: str, given: Properties) -> str:
    """The real engine's sentence, except that a secret value is never shown."""
    start = f"{resource.type} resource '{resource.name}'"
    if not name:
        return f"{start} has a problem: {reason}"
    value = given.get(name)
    if isinstance(value, Secret):
        return f"{start}: property {name} value [secret] has a problem: {reason}"
    return f"{start}: property {name} value {{{_shown(masked(value))}}} has a problem: {reason}"


def _shown(value: object) -> str:
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
