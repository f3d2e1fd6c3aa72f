"""One run of a program: each registration is planned, its steps are carried out, and the rest is deleted.

One registration at a time is planned (its Check and Diff are called there, never two at once); the steps
of different registrations run side by side.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from emulators.engine import reads, urns
from emulators.engine.deletes import delete_entries
from emulators.engine.errors import EngineError, StepFailed
from emulators.engine.events import Diagnostic, OutputsSet, StackOutputs, Step
from emulators.engine.executor import Executor, RunStopped
from emulators.engine.planning import Planner
from emulators.engine.provider_references import ProviderReferences
from emulators.engine.registry import Registry, RunSettings
from emulators.engine.state import Resource
from emulators.engine.steps import Goal
from emulators.engine.targets import Targets
from emulators.engine.values import Properties, holds_unknown


@dataclass
class Registered:
    """What the program hears of a registration."""

    resource: Resource
    skipped: bool = False
    failed: bool = False
    left_out: bool = False


class Deployment:
    """The registrations of one run and what became of them."""

    def __init__(self, executor: Executor, settings: RunSettings, targets: Targets | None = None) -> None:
        self.executor, self.settings = executor, settings
        self._targets = targets or Targets()
        self.registry = Registry(executor, settings)
        self.references = ProviderReferences(self.registry)
        self._planner = Planner(self.registry, self.references, self._targets)
        self._plan_lock = threading.RLock()
        self._component_steps: dict[str, Step] = {}
        self._stack_outputs: Properties | None = None
        self._stack_urn = ""
        self._stack_before: Properties = {}

    @contextmanager
    def _under_way(self, urn: str) -> Iterator[None]:
        """Whatever goes wrong in the block ends the run. Raises RunStopped."""
        self.executor.enter()
        try:
            yield
        except (EngineError, StepFailed) as error:  # refused, or Check or Diff or Read broke
            self.executor.error(str(error), urn)
            raise RunStopped from None
        finally:
            self.executor.leave()

    def register(self, goal: Goal) -> Registered:
        """Make it so. Raises RunStopped when the run is over, for this or another reason."""
        with self._under_way(self.registry.urn_of(goal)):
            with self._plan_lock:
                self.executor.check_running()
                plan = self._planner.plan(goal)
                if plan.steps and not goal.custom:
                    self._component_steps[plan.new.urn] = plan.steps[-1]
                if goal.type == urns.STACK_TYPE:
                    old = self.registry.olds.get(plan.new.urn)
                    self._stack_urn, self._stack_before = plan.new.urn, dict(old.outputs) if old else {}
            keep_going = self.settings.continue_on_error
            if plan.left_out:
                self.executor.pass_over(Step("same", plan.new.urn, plan.new, plan.new))
                return Registered(plan.new, left_out=True)
            if not plan.steps:
                return Registered(plan.new, skipped=plan.new.urn in self._planner.failed)
            if self.executor.run_chain(plan.steps, stop_on_error=not keep_going):
                return Registered(plan.new)
            self._planner.failed.add(plan.new.urn)
            if not keep_going:
                raise RunStopped
            return Registered(plan.new, failed=True)

    def read(self, new: Resource, wanted_id: str) -> Resource:
        """Read what exists outside of this stack. Raises RunStopped."""
        with self._under_way(new.urn):
            with self._plan_lock:
                self.executor.check_running()
                reads.prepare(self.registry, self.references, new)
            return reads.read(self.registry, new, wanted_id)

    # outputs and the end

    def set_outputs(self, urn: str, outputs: Properties) -> None:
        if self._targets.options.nothing:
            return
        if urn == self._stack_urn:
            self._stack_outputs = outputs
            return
        resource = self.registry.registered.get(urn)
        if resource is None:
            raise EngineError(f"outputs of '{urn}', which is not registered")
        outputs = self._known(outputs)
        if resource.outputs != outputs:
            self.executor.snapshot.change(resource, outputs=outputs)
        if step := self._component_steps.get(urn):
            self.executor.emit(OutputsSet(step))

    def _known(self, outputs: Properties) -> Properties:
        """Without what hangs on something left out or failed: the state of a real run has no unknowns."""
        if self.executor.preview:
            return outputs
        return {key: value for key, value in outputs.items() if not holds_unknown(value)}

    def finish(self, succeeded: bool) -> None:
        """The end of the program: deletes if all went well, and the stack's outputs."""
        self.executor.wait_idle()
        well = succeeded and not self.executor.stopping.is_set() and not self.executor.step_errors
        if well and self._stack_urn:
            snapshot = self.executor.snapshot
            known = [*self.registry.registered, *(entry.urn for entry in snapshot.base)]
            missing = self._targets.missing(known)
            delete_entries(self.executor, self._unregistered(), self._targets, self.references.ensure)
            self.executor.report_missing(missing)
        self._keep_stack_outputs(well)

    def _unregistered(self) -> list[Resource]:
        """Every old entry that the program has no more, and what replacements left."""
        registered = self.registry.registered
        entries = self.executor.snapshot.resources()
        return [entry for entry in entries if entry.delete or entry.urn not in registered]

    def _keep_stack_outputs(self, well: bool) -> None:
        stack = self.registry.registered.get(self._stack_urn)
        if stack is None:
            return
        given = self._stack_outputs
        outputs = (given or {}) if well else {**self._stack_before, **(given or {})}
        outputs = self._known(outputs)
        if stack.outputs != outputs:
            self.executor.snapshot.change(stack, save=False, outputs=outputs)
        step = self._component_steps.get(self._stack_urn) if given is not None else None
        self.executor.emit(StackOutputs(self._stack_before, outputs, step))


def warn_of_pending(emit: Callable[[Diagnostic], None], names: list[tuple[str, str]]) -> None:
    """Say that an earlier run was cut off. Pairs of URN and what was under way."""
    if names:
        lines = "".join(f"\n  * {urn}, interrupted while {kind}" for urn, kind in names)
        text = (
            f"Attempting to deploy or update resources with {len(names)} pending operations from previous "
            f"deployment.{lines}\nThese resources are in an unknown state because the engine was interrupted "
            "while waiting for changes to these resources to complete. Check with the provider whether they "
            "exist, then run `refresh --clear-pending-creates`."
        )
        emit(Diagnostic("warning", text))
