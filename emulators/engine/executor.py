"""Steps carried out: the provider is called, the state is written before and after.

Before each create, update, delete and read the state names what is under way; after it the state holds the
result, before the program hears of it. A preview calls nothing and writes nothing.
Source: the real engine's ``step.go`` and ``step_executor.go``; recorded states.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone

from emulators.engine import urns
from emulators.engine.errors import InitFailed, StepFailed
from emulators.engine.events import Diagnostic, Event, Sink, Step, StepBegun, StepBroke, StepEnded
from emulators.engine.provider_process import Providers
from emulators.engine.redaction import Redactor
from emulators.engine.snapshot import Snapshot
from emulators.engine.state import Operation, Resource
from emulators.engine.steps import needs_no_call
from emulators.engine.values import Properties, mark_like_inputs, mark_named

COUNTED = {"same", "create", "update", "delete", "replace", "read"}


class RunStopped(Exception):
    """The run failed or was cancelled: nothing new begins."""


def now() -> str:
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")


class Executor:
    """Carries out steps, counts them, and knows when to stop."""

    def __init__(
        self,
        snapshot: Snapshot,
        providers: Providers,
        sink: Sink,
        redactor: Redactor,
        preview: bool,
        parallel: int,
    ) -> None:
        self.snapshot = snapshot
        self.providers = providers
        self.preview = preview
        self.parallel = parallel
        self.counts: Counter[str] = Counter()
        self.errors = 0
        self.stopping = threading.Event()
        self.step_errors = False
        self.redactor = redactor
        self._sink = sink
        self._slots = threading.BoundedSemaphore(parallel)
        self._lock = threading.Lock()
        self._busy = 0
        self._idle = threading.Condition(self._lock)
        self.deleted_here: set[str] = set()
        self.on_stop: Callable[[], None] = lambda: None

    def stop(self) -> None:
        """Let nothing new begin."""
        self.stopping.set()
        self.on_stop()

    def emit(self, event: Event) -> None:
        if isinstance(event, Diagnostic):
            event = Diagnostic(event.severity, self.redactor.redact(event.message), event.urn)
        with self._lock:
            if isinstance(event, Diagnostic) and event.severity == "error":
                self.errors += 1
            self._sink(event)

    def error(self, message: str, urn: str = "", *, stop: bool = True) -> None:
        """Report an error; the run ends unless told otherwise."""
        self.emit(Diagnostic("error", message, urn))
        if stop:
            self.stop()

    def hand_on_line(self, line: str, is_error: bool) -> None:
        """A line that program or provider printed; what a stopped program complains of is left out."""
        if not (is_error and self.stopping.is_set()):
            self.emit(Diagnostic("info#err" if is_error else "info", line))

    def check_running(self) -> None:
        if self.stopping.is_set():
            raise RunStopped

    def enter(self) -> None:
        """Note that something is going on that has to end before the run does."""
        with self._lock:
            self._busy += 1

    def leave(self) -> None:
        with self._idle:
            self._busy -= 1
            self._idle.notify_all()

    def wait_idle(self) -> None:
        with self._idle:
            while self._busy:
                self._idle.wait()

    def run_chain(self, steps: list[Step], *, stop_on_error: bool = True) -> bool:
        """Carry out steps in order until one fails. Whether all went well."""
        for step in steps:
            self.check_running()
            with self._slots:
                self.check_running()
                if not self._run(step, stop_on_error):
                    return False
        return True

    def _run(self, step: Step, stop_on_error: bool) -> bool:
        started = time.monotonic()
        self.emit(StepBegun(step))
        try:
            self._perform(step)
        except (StepFailed, InitFailed) as error:
            self.step_errors = True
            reasons = error.reasons if isinstance(error, InitFailed) else [str(error)]
            for reason in reasons:
                self.error(reason, step.urn, stop=stop_on_error)
            self.emit(StepBroke(step))
            return False
        self.count(step.op, step.urn)
        self.emit(StepEnded(step, step.op, time.monotonic() - started))
        return True

    def count(self, op: str, urn: str) -> None:
        if op in COUNTED and not urns.is_default_provider(urn):
            with self._lock:
                self.counts[op] += 1

    def _perform(self, step: Step) -> None:
        perform = {
            "same": self._same,
            "create": self._create,
            "create-replacement": self._create,
            "update": self._update,
            "delete": self._delete,
            "delete-replaced": self._delete,
        }.get(step.op)
        if perform is not None:
            perform(step)

    def _same(self, step: Step) -> None:
        old, new = _both(step)
        new.id, new.outputs, new.init_errors = old.id, old.outputs, old.init_errors
        new.created, new.modified = old.created, old.modified
        self.snapshot.end(add=new, drop=old, save=not new.same_as(old))

    def _create(self, step: Step) -> None:
        new, old = step.resource, step.old
        new.created = new.modified = now()
        if self.preview:
            new.outputs = _marked(new, new.inputs)
            self._created(step, None)
            return
        if not new.custom or urns.is_provider(new.type):
            new.outputs = dict(new.inputs) if new.custom else {}
            self._created(step, None)
            return
        provider = self.providers.get(new.provider)
        operation = self.snapshot.begin(new, "creating")
        try:
            new.id, outputs = provider.create(new, new.custom_timeouts.get("create", 0))
        except InitFailed as error:
            new.id = error.resource_id
            _keep_half_made(new, error)
            self._created(step, operation)
            raise
        except StepFailed:
            self.snapshot.end(operation)
            raise
        new.outputs = _marked(new, outputs)
        if old is not None and old.delete:
            raise AssertionError("created over something already replaced")
        self._created(step, operation)

    def _created(self, step: Step, operation: Operation | None) -> None:
        """Add what was made; what it replaces is marked, or leaves if it was deleted before."""
        old = step.old
        drop = None
        if old is not None:
            if step.op == "create-replacement" and not old.pending_replacement:
                self.snapshot.change(old, save=False, delete=True)
            else:
                drop = old
        self.snapshot.end(operation, add=step.new, drop=drop)

    def _update(self, step: Step) -> None:
        old, new = _both(step)
        new.id, new.created, new.modified = old.id, old.created, now()
        if not new.custom:
            new.outputs = old.outputs
            self.snapshot.end(add=new, drop=old)
            return
        if self.preview or urns.is_provider(new.type):
            new.outputs = _marked(new, new.inputs)
            self.snapshot.end(add=new, drop=old)
            return
        provider = self.providers.get(new.provider)
        operation = self.snapshot.begin(new, "updating")
        try:
            outputs = provider.update(old, new, new.custom_timeouts.get("update", 0))
        except InitFailed as error:
            _keep_half_made(new, error)
            self.snapshot.end(operation, add=new, drop=old)
            raise
        except StepFailed:
            self.snapshot.end(operation)
            raise
        new.outputs = _marked(new, outputs)
        self.snapshot.end(operation, add=new, drop=old)

    def _delete(self, step: Step) -> None:
        """Delete, or for a delete-before-replace only mark the entry, which leaves with the new one."""
        old = step.old or step.resource
        first = step.op == "delete-replaced" and not old.delete
        plain = old.changed(pending_replacement=False) if first else old
        called = not self.preview and not needs_no_call(plain, self.deleted_here)
        operation = None
        if called:
            provider = self.providers.get(old.provider)
            operation = self.snapshot.begin(old, "deleting")
            try:
                provider.delete(old, old.custom_timeouts.get("delete", 0))
            except (StepFailed, InitFailed):
                self.snapshot.end(operation)
                raise
        if first:
            self.snapshot.change(old, save=False, pending_replacement=True)
            self.snapshot.end(operation)
        else:
            self.snapshot.end(operation, drop=old)


def _both(step: Step) -> tuple[Resource, Resource]:
    if step.old is None or step.new is None:
        raise ValueError(f"{step.op} needs an old and a new state")
    return step.old, step.new


def _marked(resource: Resource, outputs: Properties) -> Properties:
    """Outputs with what must be secret marked so."""
    named = mark_named(outputs, resource.additional_secret_outputs)
    return mark_like_inputs(named, resource.inputs)


def _keep_half_made(resource: Resource, error: InitFailed) -> None:
    resource.outputs = _marked(resource, error.outputs)
    resource.init_errors = list(error.reasons) or ["the provider said that it is not ready"]
    if error.inputs:
        resource.inputs = error.inputs
