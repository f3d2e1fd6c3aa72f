"""One run of a program: each registration is planned, its steps are carried out, and the rest is deleted.

One registration at a time is planned (its Check and Diff are called there, never two at once); the steps
of different registrations run side by side. What is read, not managed (``ResourceOptions(id=...)``, another
stack's outputs), is let go of, never deleted.
Source: the real engine's ``step_generator.go`` (GenerateReadSteps), its builtin provider; recorded states.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from emulators.engine import urns
from emulators.engine.errors import EngineError, RunStopped, StepFailed
from emulators.engine.plan.goals import Goal, Registered
from emulators.engine.plan.steps import Step
from emulators.engine.plan.targets import Targets
from emulators.engine.run.deletes import delete_entries
from emulators.engine.run.events import OutputsSet, StackOutputs, StepBegun, StepEnded
from emulators.engine.run.executor import Executor
from emulators.engine.run.planning import Planner
from emulators.engine.run.registry import Registry
from emulators.engine.state.checkpoint import Resource
from emulators.engine.values import UNKNOWN_TEXT, Properties, holds_secret


class Deployment:
    """The registrations of one run and what became of them."""

    def __init__(self, executor: Executor, targets: Targets) -> None:
        self._executor, self._targets = executor, targets
        self._registry = Registry(executor)
        self._planner = Planner(self._registry, targets)
        self._plan_lock = threading.RLock()
        self._busy = 0
        self._idle = threading.Condition()
        self._component_steps: dict[str, Step] = {}
        self._stack_outputs: Properties | None = None
        self._stack_urn = ""
        self._stack_before: Properties = {}

    @contextmanager
    def _under_way(self, urn: str) -> Iterator[None]:
        """The run does not end before the block does; whatever goes wrong in it ends the run: RunStopped."""
        with self._idle:
            self._busy += 1
        try:
            yield
        except (EngineError, StepFailed) as error:  # refused, or Check or Diff or Read broke
            self.fail(str(error), urn)
            raise RunStopped from None
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def wait_idle(self) -> None:
        with self._idle:
            self._idle.wait_for(lambda: not self._busy)

    # what the program asks

    def registered(self, urn: str) -> Resource | None:
        return self._registry.registered.get(urn)

    def register(self, goal: Goal) -> Registered:
        """Make it so. Raises RunStopped when the run is over, for this or another reason."""
        new = goal.new
        with self._under_way(new.urn):
            with self._plan_lock:
                self._executor.check_running()
                plan = self._planner.plan(goal)
                if plan.steps and not new.custom:
                    self._component_steps[new.urn] = plan.steps[-1]
                if new.type == urns.STACK_TYPE:
                    old = self._registry.olds.get(new.urn)
                    self._stack_urn, self._stack_before = new.urn, dict(old.outputs) if old else {}
            if plan.left_out:
                self._executor.tell(Step("same", new.urn, plan.new, plan.new))
                return Registered(plan.new, left_out=True)
            keep_going = self._executor.info.options.continue_on_error
            if not self._executor.run_chain(plan.steps, stop_on_error=not keep_going):
                self._planner.failed.add(new.urn)
                if not keep_going:
                    raise RunStopped
            failed = new.urn in self._planner.failed
            if urns.is_provider(new.type) and not failed:
                self._registry.provider_registered(plan.new)
            return Registered(plan.new, failed)

    def read(self, new: Resource) -> Resource:
        """Read what exists outside of this stack. Raises RunStopped."""
        is_stack = new.type == urns.STACK_REFERENCE_TYPE
        with self._under_way(new.urn):
            with self._plan_lock:
                self._executor.check_running()
                registry = self._registry
                registry.refuse_second(new.urn)
                builtin = registry.default_provider(urns.BUILTIN_PACKAGE) if is_stack else ""
                new.provider = builtin or registry.provider_of(new)
                registry.registered[new.urn] = new
                old = registry.olds.get(new.urn)
            step = Step("read", new.urn, None if is_stack else old, new)
            self._executor.emit(StepBegun(step))
            if is_stack:
                new.id = str(new.inputs.get("name") or new.id)
                if new.id == UNKNOWN_TEXT:
                    return new
                outputs = self._executor.info.stack.outputs_of(new.id)
                secret_names = sorted(key for key, value in outputs.items() if holds_secret(value))
                new.outputs = {"name": new.id, "outputs": outputs, "secretOutputNames": secret_names}
            elif new.id != UNKNOWN_TEXT:
                self._ask_provider(new)
            self._keep_read(old, new)
            self._executor.emit(StepEnded(step, "read"))
            return new

    def _ask_provider(self, new: Resource) -> None:
        snapshot = self._executor.snapshot
        new.outputs = dict(new.inputs)  # what is sent as the known state
        provider = self._executor.providers.get(new.provider)
        operation = None if self._executor.preview else snapshot.begin(new, "reading")
        try:
            answer = provider.read(new, new.id)
        finally:
            if operation is not None:
                snapshot.end(operation, save=False)
        new.id, new.outputs = answer.id or new.id, answer.outputs

    def _keep_read(self, old: Resource | None, new: Resource) -> None:
        """Put what was read into the state, in the place of what was there by that name."""
        snapshot, drop = self._executor.snapshot, old
        if old is not None:
            self._registry.take(old)
            new.created = old.created
            if old.outputs != new.outputs:
                self._executor.count("read", new.urn)
            if not old.external and old.id != new.id:
                snapshot.change(old, save=False, delete=True)
                drop = None
        snapshot.end(add=new, drop=drop)

    def set_outputs(self, urn: str, outputs: Properties) -> None:
        if self._targets.nothing:
            return
        if urn == self._stack_urn:
            self._stack_outputs = outputs
            return
        resource = self.registered(urn)
        if resource is None:
            raise EngineError(f"outputs of '{urn}', which is not registered")
        if resource.outputs != outputs:
            self._executor.snapshot.change(resource, outputs=outputs)
        if step := self._component_steps.get(urn):
            self._executor.emit(OutputsSet(step))

    def fail(self, message: str, urn: str) -> None:
        self._executor.error(message, urn)

    # the end

    def finish(self, succeeded: bool) -> None:
        """The end of the program: deletes if all went well, and the stack's outputs."""
        executor, registered = self._executor, self._registry.registered
        self.wait_idle()
        ended = succeeded and not executor.stopping.is_set()
        well = ended and not executor.step_errors
        if ended and self._stack_urn and (well or executor.info.options.continue_on_error):
            missing = self._targets.missing([*registered, *(entry.urn for entry in executor.snapshot.base)])
            entries = executor.snapshot.resources()
            doomed = [entry for entry in entries if entry.delete or entry.urn not in registered]
            failed = [entry for entry in entries if entry.urn in self._planner.failed and not entry.delete]
            delete_entries(self._registry, doomed, self._targets, failed)
            for message in missing:
                executor.step_error(message)
        self._keep_stack_outputs(well)

    def _keep_stack_outputs(self, well: bool) -> None:
        stack = self.registered(self._stack_urn)
        if stack is None:
            return
        given = self._stack_outputs
        outputs = {**({} if well else self._stack_before), **(given or {})}
        if stack.outputs != outputs:
            self._executor.snapshot.change(stack, save=False, outputs=outputs)
        step = self._component_steps.get(self._stack_urn) if given is not None else None
        stopped = given is None and not self._executor.preview
        shown = {} if stopped else outputs  # as the real one tells of a program that it stopped
        self._executor.emit(StackOutputs(self._stack_before, shown, step))
