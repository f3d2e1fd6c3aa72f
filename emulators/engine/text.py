"""What a run looks like on the terminal: a line for each step, then diagnostics, outputs and counts.

Source: recorded outputs of the real command line, without what its interrupted program prints.
"""

from __future__ import annotations

import threading
from typing import TextIO

from emulators.engine import rendering, text_end, urns
from emulators.engine.events import (
    Diagnostic,
    Event,
    Op,
    StackOutputs,
    Step,
    StepBegun,
    StepBroke,
    StepEnded,
)
from emulators.engine.redaction import Redactor
from emulators.engine.run_options import UpdateOptions, UpdateResult
from emulators.engine.state import Resource
from emulators.engine.values import Properties

TITLES = {
    ("update", True): "Previewing update",
    ("update", False): "Updating",
    ("refresh", True): "Previewing refresh",
    ("refresh", False): "Refreshing",
    ("destroy", True): "Previewing destroy",
    ("destroy", False): "Destroying",
    ("resource-import", True): "Previewing import",
    ("resource-import", False): "Importing",
}
MARKS = {
    "same": "  ", "create": "+ ", "update": "~ ", "delete": "- ", "replace": "+-", "read": "> ",
    "create-replacement": "++", "delete-replaced": "--", "refresh": "~ ", "read-replacement": ">>", "import": "= ",
}  # fmt: skip
PLANNED = {
    "create": "create", "update": "update", "delete": "delete", "replace": "replace", "refresh": "refreshing",
    "create-replacement": "create replacement", "delete-replaced": "delete original", "read": "read",
    "import": "import",
}  # fmt: skip
BEGUN = {
    "create": "creating", "update": "updating", "delete": "deleting", "replace": "replacing",
    "create-replacement": "creating replacement", "delete-replaced": "deleting original",
    "refresh": "refreshing", "read": "reading", "import": "importing",
}  # fmt: skip
DONE = {
    "create": "created", "update": "updated", "delete": "deleted", "replace": "replaced",
    "create-replacement": "created replacement", "delete-replaced": "deleted original", "read": "read",
    "import": "imported",
}  # fmt: skip


class Text:
    """Listens to a run and prints."""

    def __init__(
        self,
        out: TextIO,
        options: UpdateOptions,
        project: str,
        stack: str,
        redactor: Redactor,
        *,
        diff: bool,
        show_outputs: bool,
    ) -> None:
        self._out, self._kind, self._preview, self._redactor = out, options.kind, options.preview, redactor
        self._diff, self._show_outputs = diff, show_outputs
        self._diagnostics: dict[str, list[Diagnostic]] = {}
        self._outputs: StackOutputs | None = None
        self._stack_line: Step | None = None
        self._lock = threading.Lock()
        self._stack, self._root = stack, f"{project}-{stack}"
        self._started = False

    def _start(self) -> None:
        """The title, once the run is known to begin."""
        if not self._started:
            self._started = True
            self._print(f"{TITLES[self._kind, self._preview]} ({self._stack}):")
            if not self._diff:
                self._print("")

    def _print(self, line: str) -> None:
        print(self._redactor.redact(line), file=self._out, flush=True)

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._start()
            if isinstance(event, StepBegun):
                self._begun(event.step)
            elif isinstance(event, StepEnded):
                self._ended(event)
            elif isinstance(event, StepBroke):
                self._broke(event.step)
            elif isinstance(event, StackOutputs):
                self._outputs = event
            elif isinstance(event, Diagnostic):
                self._diagnosed(event)

    def _line(self, op: Op, resource: Resource, status: str, diff: str = "") -> None:
        self._print(f" {MARKS[op]} {resource.type} {resource.name} {status} {diff}")

    def _begun(self, step: Step) -> None:
        if urns.is_default_provider(step.urn):
            return
        if urns.type_of(step.urn) == urns.STACK_TYPE and step.op in ("same", "refresh"):
            self._stack_line = step
            if self._diff and step.op == "same":
                self._details(step)
            return
        if step.op in ("same", "read"):
            return
        if self._diff:
            if step.op not in ("refresh", "create-replacement", "delete-replaced"):
                self._details(step)
            return
        status = PLANNED[step.op] if self._preview else f"{BEGUN[step.op]} (0s)"
        self._line(step.op, step.resource, status, _short(step))

    def _ended(self, event: StepEnded) -> None:
        step = event.step
        if urns.is_default_provider(step.urn) or step.op in ("same", "read"):
            return
        if self._diff:
            if step.op == "refresh" and event.result != "same":
                self._details(step, event.result)
            return
        if step.op == "refresh":
            self._refreshed(event)
        elif not self._preview and step.resource.custom:
            self._line(step.op, step.resource, f"{DONE[step.op]} ({event.seconds:.2f}s)", _short(step))
        elif not self._preview and step.resource.type == urns.STACK_TYPE:
            self._line(step.op, step.resource, f"{DONE[step.op]} ({event.seconds:.2f}s)")

    def _refreshed(self, event: StepEnded) -> None:
        if event.step.resource.type == urns.STACK_TYPE:
            return
        words = PLANNED if self._preview else DONE
        status = words.get(event.result, "")
        seconds = "" if self._preview or not status else f" ({event.seconds:.2f}s)"
        self._line(event.result, event.step.resource, status + seconds, _short(event.step))

    def _broke(self, step: Step) -> None:
        if not self._diff:
            status = PLANNED[step.op] if self._preview else f"**{BEGUN[step.op]} failed**"
            self._line(step.op, step.resource, status)

    def _diagnosed(self, event: Diagnostic) -> None:
        self._diagnostics.setdefault("" if is_stack(event.urn) else event.urn, []).append(event)
        first = event.message.strip().split("\n", 1)[0]
        if not first:
            return
        where = f"{urns.type_of(event.urn)} {urns.name_of(event.urn)} " if event.urn else ""
        severity = f"{event.severity}: " if event.severity in ("error", "warning") else ""
        self._print(f"    {where}{severity}{first}")

    def _details(self, step: Step, result: Op | None = None) -> None:
        """The resource with its properties, as --diff shows it."""
        op: Op = result or step.op
        resource = step.resource
        depth = 0 if resource.type == urns.STACK_TYPE else 1
        lead = "    " * depth
        self._print(f"{lead}{MARKS[op]}{resource.type}: ({op})")
        shown_id = step.old.id if step.old is not None else resource.id
        if shown_id and resource.custom:
            self._print(f"{lead}    [id={shown_id}]")
        self._print(f"{lead}    [urn={resource.urn}]")
        for line in _property_lines(step, op):
            self._print(f"{lead}  {line}")

    # the end

    def finish(self, result: UpdateResult) -> None:
        """Diagnostics, outputs, counts, duration."""
        self._start()
        if self._stack_line is not None and not self._diff:
            status = "**failed**" if result.errors and not self._preview else ""
            self._line("same", self._stack_line.resource, status)
        lines = text_end.diagnostic_lines(self._diagnostics, self._root)
        if self._show_outputs and self._outputs is not None:
            lines += text_end.output_lines(self._outputs, self._preview)
        for line in [*lines, *text_end.count_lines(result, self._preview)]:
            self._print(line)
        if not self._preview:
            self._print(f"Duration: {max(1, round(result.seconds))}s")
            if self._kind == "destroy" and not result.errors:
                self._print(
                    "\nThe resources in the stack have been deleted, but the history and configuration "
                    "associated with the stack are still maintained.\nIf you want to remove the stack "
                    f"completely, run `stack rm {self._stack}`."
                )


def is_stack(urn: str) -> bool:
    return bool(urn) and urns.type_of(urn) == urns.STACK_TYPE


def _short(step: Step) -> str:
    if step.old is None or step.new is None or step.op == "same":
        return ""
    return rendering.short_diff(step.old.inputs, step.new.inputs, step.detailed)


def _property_lines(step: Step, op: Op) -> list[str]:
    old, new = step.old, step.new
    if op == "same":
        return []
    if step.op == "refresh" and old is not None:
        return rendering.diff_lines(_all(old), _all(new), "") if new else []
    if old is None or new is None:
        return rendering.property_lines(step.resource.inputs, "")
    return rendering.diff_lines(old.inputs, new.inputs, "", only_changed=step.detailed is not None)


def _all(resource: Resource | None) -> Properties:
    return {**resource.inputs, **resource.outputs} if resource else {}
