"""Steps run, counted and told of: how many at once, in which order, and when nothing new may begin.

Source: the real engine's ``step_executor.go``.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import Counter
from collections.abc import Callable

from emulators.engine import urns
from emulators.engine.errors import InitFailed, RunStopped, StepFailed
from emulators.engine.plan.options import RunInfo
from emulators.engine.plan.steps import Op, Step
from emulators.engine.protocol.monitor import Severity
from emulators.engine.protocol.provider import Providers
from emulators.engine.run.events import (
    Diagnostic,
    Event,
    Progress,
    Redactor,
    Sink,
    StepBegun,
    StepBroke,
    StepEnded,
)
from emulators.engine.run.performing import Performer
from emulators.engine.state.checkpoint import Resource
from emulators.engine.state.snapshot import Snapshot

COUNTED = {"same", "create", "update", "delete", "replace", "read", "import"}


class Executor:
    """Carries out steps, counts them, and knows when to stop."""

    def __init__(
        self, info: RunInfo, snapshot: Snapshot, providers: Providers, sink: Sink, redactor: Redactor
    ) -> None:
        self.info, self.snapshot, self.providers, self.redactor = info, snapshot, providers, redactor
        self.preview, self.parallel = info.options.preview, info.options.parallel
        self.counts: Counter[str] = Counter()
        self.errors = 0
        self.stopping = threading.Event()
        self.step_errors = self.refused = False
        self.told: dict[int, Resource] = {}  # by identity: old entries as they were before a renaming
        self.performer = Performer(snapshot, providers, self.preview)
        self.on_stop: Callable[[], None] = lambda: None
        self._sink = sink
        self._slots = threading.BoundedSemaphore(self.parallel)
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Let nothing new begin."""
        self.stopping.set()
        self.on_stop()

    def check_running(self) -> None:
        if self.stopping.is_set():
            raise RunStopped

    def rename(self, former: str, urn: str) -> None:
        """Have what refers to an entry's former URN refer to its new one; it is told as it was before."""
        self.told = self.snapshot.rename(former, urn) | self.told

    # what is told

    def emit(self, event: Event) -> None:
        if isinstance(event, Diagnostic | Progress):
            event = dataclasses.replace(event, message=self.redactor.redact(event.message))
        elif event.step is not None and id(event.step.old) in self.told:
            step = dataclasses.replace(event.step, old=self.told[id(event.step.old)])
            event = dataclasses.replace(event, step=step)
        with self._lock:
            if isinstance(event, Diagnostic) and event.severity == "error":
                self.errors += 1
            self._sink(event)

    def log(self, severity: Severity, message: str, urn: str) -> None:
        """A message of program or provider; errors that follow from an end that has its reason already are left out."""
        if severity != "error" or not self.stopping.is_set():
            self.emit(Diagnostic(severity, message, urn))

    def progress(self, message: str, urn: str) -> None:
        """A passing message of program or provider."""
        self.emit(Progress(message, urn))

    def error(self, message: str, urn: str = "", *, stop: bool = True) -> None:
        """Report an error; the run ends unless told otherwise."""
        self.emit(Diagnostic("error", message, urn))
        if stop:
            self.stop()

    def step_error(self, message: str, urn: str = "", *, stop: bool = True) -> None:
        """Report an error because of which no deletes follow, and the run counts as failed."""
        self.step_errors = True
        self.error(message, urn, stop=stop)

    def hand_on_line(self, line: str, is_error: bool) -> None:
        """A line that program or provider printed; what a stopped program complains of is left out."""
        if not (is_error and self.stopping.is_set()):
            self.emit(Diagnostic("info#err" if is_error else "info", line))

    def count(self, op: str, urn: str) -> None:
        if op in COUNTED and not urns.is_default_provider(urn):
            with self._lock:
                self.counts[op] += 1

    def tell(self, step: Step, result: Op | None = None) -> None:
        """Count and tell of a step of which nothing is left to be done."""
        self.count(result or step.op, step.urn)
        self.emit(StepBegun(step))
        self.emit(StepEnded(step, result or step.op))

    # what is done

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
            self.performer.perform(step)
        except (StepFailed, InitFailed) as error:
            partly = isinstance(error, InitFailed)
            for reason in error.reasons if isinstance(error, InitFailed) else [str(error)]:
                self.step_error(reason, step.urn, stop=stop_on_error)
            unknown = step.op in ("update", "delete", "delete-replaced")
            self.emit(StepBroke(step, 1 if partly else 2 if unknown else 0))
            return False
        self.count(step.op, step.urn)
        self.emit(StepEnded(step, step.op, time.monotonic() - started))
        return True
