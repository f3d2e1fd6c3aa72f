"""What a run looks like on the terminal: a line for each step, then diagnostics, outputs and counts.

Source: recorded outputs of the real command line, without what its interrupted program prints.
"""

from __future__ import annotations

import threading
from typing import IO, NamedTuple

from emulators.engine import urns
from emulators.engine.display.properties import (
    diff_lines,
    property_lines,
    short_diff,
    shown_alike,
    told_lines,
)
from emulators.engine.plan.options import Result, RunInfo
from emulators.engine.plan.steps import Op, Step
from emulators.engine.run.events import (
    Diagnostic,
    Event,
    Progress,
    Redactor,
    StackOutputs,
    StepBegun,
    StepBroke,
    StepEnded,
)
from emulators.engine.values import UNKNOWN

TITLES = {
    "update": ("Previewing update", "Updating"),
    "refresh": ("Previewing refresh", "Refreshing"),
    "destroy": ("Previewing destroy", "Destroying"),
    "resource-import": ("Previewing import", "Importing"),
}


class Words(NamedTuple):
    """How a step is told of: its mark; its name in a preview, when it begins and when it is done."""

    mark: str
    planned: str = ""
    begun: str = ""
    done: str = ""


WORDS: dict[Op, Words] = {
    "same": Words("  "),
    "create": Words("+ ", "create", "creating", "created"),
    "update": Words("~ ", "update", "updating", "updated"),
    "delete": Words("- ", "delete", "deleting", "deleted"),
    "replace": Words("+-", "replace", "replacing", "replaced"),
    "create-replacement": Words("++", "create replacement", "creating replacement", "created replacement"),
    "delete-replaced": Words("--", "delete original", "deleting original", "deleted original"),
    "read": Words("> ", "read", "reading", "read"),
    "refresh": Words("~ ", "refreshing", "refreshing"),
    "import": Words("= ", "import", "importing", "imported"),
}
OUTPUTS = "--outputs:--"
COUNTED: tuple[Op, ...] = ("create", "update", "delete", "replace", "import")


class Text:
    """Listens to a run and prints."""

    def __init__(
        self, out: IO[str], info: RunInfo, redactor: Redactor, *, diff: bool, show_outputs: bool
    ) -> None:
        self._out, self._info, self._redactor, self._preview = out, info, redactor, info.options.preview
        self._diff, self._show_outputs = diff, show_outputs
        self._diagnostics: dict[str, list[Diagnostic]] = {}
        self._rows: dict[str, str] = {}
        """By URN, "" for the stack: what was last told of it."""
        self._diffs: dict[str, str] = {}
        self._depths: dict[str, int] = {}
        """Of what --diff has shown: a resource is indented below a parent that was."""
        self._outputs: StackOutputs | None = None
        self._stack_line: Step | None = None
        self._stack_seconds = 0.0
        self._lock = threading.Lock()
        self._started = False

    def _start(self) -> None:
        """The title, once the run is known to begin."""
        if not self._started:
            self._started = True
            title = TITLES[self._info.options.kind][not self._preview]
            self._print(f"{title} ({self._info.stack.name}):")
            if not self._diff:
                self._print("")

    def _print(self, line: str) -> None:
        print(self._redactor.redact(line), file=self._out, flush=True)

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._start()
            match event:
                case StepBegun(step) | StepEnded(step) if urns.is_default_provider(step.urn):
                    pass
                case StepBegun(step):
                    self._begun(step)
                case StepEnded():
                    self._ended(event)
                case StepBroke(step) if not self._diff:
                    self._broke(step)
                case StackOutputs():
                    self._outputs = event
                case Diagnostic():
                    self._diagnostics.setdefault(_key(event.urn), []).append(event)
                    self._said(_key(event.urn), event.prefix + event.message.strip())
                case Progress(message, urn):
                    self._said(_key(urn), message)

    def _line(self, step: Step, op: Op, status: str, more: str = "") -> None:
        resource = step.resource
        diff = self._short(step)
        row = f" {WORDS[op].mark} {resource.type} {resource.name} {status} "
        self._rows[_key(step.urn)] = row + (diff and f"{diff}; ")
        self._print(row + "; ".join(part for part in (diff, more) if part))

    def _last(self, step: Step) -> str:
        """The last error of what has failed, or is refused before it begins."""
        errors = self._told_of(step.urn, "error")
        return _first_line(errors[-1].prefix + errors[-1].message.strip()) if errors else ""

    def _told_of(self, urn: str, *severities: str) -> list[Diagnostic]:
        found = self._diagnostics.get(_key(urn), [])
        return [each for each in found if each.severity in severities]

    def _begun(self, step: Step) -> None:
        if step.resource.type == urns.STACK_TYPE and step.op in ("same", "refresh"):
            self._stack_line = step
            self._rows[""] = f"    {step.resource.type} {step.resource.name} running "
            if self._diff and (step.op == "same" or self._info.options.kind == "refresh"):
                self._details(step, "same")
        elif step.op == "read" or (step.op == "same" and not step.protection_changes):
            pass
        elif not self._diff:
            words = WORDS[step.op]
            status = words.planned if self._preview or step.op == "same" else f"{words.begun} (0s)"
            self._line(step, step.op, status + _retained(step), self._last(step))
        elif step.op not in ("refresh", "create-replacement", "delete-replaced"):
            self._details(step, step.op)

    def _ended(self, event: StepEnded) -> None:
        step, is_stack = event.step, event.step.resource.type == urns.STACK_TYPE
        if step.op in ("same", "read") or (step.op == "refresh" and is_stack and not self._diff):
            return
        if self._diff:
            if step.op == "refresh" and event.result != "same":
                self._details(step, event.result)
        elif is_stack:
            self._stack_line, self._stack_seconds = step, event.seconds
        elif step.op == "refresh" or (not self._preview and step.resource.custom):
            first = step.op == "refresh" and self._info.options.kind != "refresh"
            op: Op = "refresh" if first else event.result
            status = "refresh" if first else WORDS[op].planned if self._preview else WORDS[op].done
            seconds = "" if self._preview or not status else f" ({event.seconds:.2f}s)"
            self._line(step, op, status + seconds + _retained(step))

    def _broke(self, step: Step) -> None:
        if self._preview:
            self._line(step, step.op, WORDS[step.op].planned, self._counted(step.urn))
        else:
            begun = WORDS["delete" if step.op == "delete-replaced" else step.op].begun
            self._line(step, step.op, f"**{begun} failed**", self._last(step))

    def _counted(self, urn: str) -> str:
        """How many errors, warnings and messages it has."""
        numbers = {
            "error": len(self._told_of(urn, "error")),
            "warning": len(self._told_of(urn, "warning")),
            "message": len(self._told_of(urn, "info", "info#err")),
        }
        return "; ".join(f"{many} {what}{'s' * (many > 1)}" for what, many in numbers.items() if many)

    def _short(self, step: Step) -> str:
        """Which properties differ; for what is deleted after its replacement, as the replacement told it."""
        old, new = step.old, step.new
        if step.op != "delete-replaced" and old is not None and new is not None:
            also = ["protect"] if step.protection_changes and not step.detailed else []
            self._diffs[step.urn] = short_diff(old.inputs, new.inputs, step.detailed, also, new.hide_diff)
        return self._diffs.get(step.urn, "") if step.op != "delete" else ""

    def _said(self, key: str, text: str) -> None:
        """The first line of a message, behind what was last told of its resource."""
        if first := _first_line(text).strip():
            type_, name = (
                (urns.type_of(key), urns.name_of(key)) if key else (urns.STACK_TYPE, self._info.root_name)
            )
            self._print(f"{self._rows.get(key) or f'    {type_} {name} '}{first}")

    def _details(self, step: Step, op: Op) -> None:
        """The resource with its properties, as --diff shows it."""
        resource = step.resource
        depth = self._depths[step.urn] = self._depths.get(resource.parent, -1) + 1
        lead = "    " * depth
        lock = "" if not step.protection_changes else " 🔒" if step.resource.protect else " 🔓"
        self._print(f"{lead}{WORDS[op].mark}{resource.type}: ({op}{_retained(step)}){lock}")
        shown_id = step.old.id if step.old is not None else resource.id
        if shown_id and resource.custom:
            self._print(f"{lead}    [id={shown_id}]")
        self._print(f"{lead}    [urn={resource.urn}]")
        for line in [*_property_lines(step, op), *_lost_outputs(step, op)]:
            self._print(f"{lead}  {line}")

    def finish(self, result: Result) -> None:
        """Diagnostics, outputs, counts, duration."""
        self._start()
        if not self._diff:
            self._finish_lines()
        lines = _diagnostic_lines(self._diagnostics, self._info.root_name)
        if self._show_outputs and self._outputs is not None:
            heading = f"    {OUTPUTS}" if self._diff else "Outputs:"
            lines += _output_lines(self._outputs, self._preview, heading)
        errored = sum(any(i.severity == "error" for i in items) for items in self._diagnostics.values())
        for line in [*lines, *_count_lines(result, errored, self._preview)]:
            self._print(line)
        if result.cancelled and not self._preview:
            self._print(
                "Interrupted: what was done is in the state, and what was under way is looked for by the next run. "
                "Next: the same command again."
            )
        if not self._preview:
            self._print(f"Duration: {max(1, round(result.seconds))}s")

    def _finish_lines(self) -> None:
        """How what had no step, and the stack, ended."""
        failed = "" if self._preview else "**failed**"
        for urn in sorted(self._diagnostics.keys() - self._rows.keys() - {""}):
            status = failed if self._told_of(urn, "error") else ""
            self._print(f"    {urns.type_of(urn)} {urns.name_of(urn)} {status} {self._counted(urn)}")
        step, errors = self._stack_line, self._told_of("", "error")
        if step is not None and step.op not in ("same", "refresh"):
            words = WORDS[step.op]
            done = f"**{words.begun} failed**" if errors else f"{words.done} ({self._stack_seconds:.2f}s)"
            self._line(step, step.op, words.planned if self._preview else done, self._counted(""))
        elif step is not None or errors:
            name = self._info.root_name
            self._print(f"    {urns.STACK_TYPE} {name} {failed if errors else ''} {self._counted('')}")


def _key(urn: str) -> str:
    """What belongs to no resource is told of the stack."""
    return "" if urn and urns.type_of(urn) == urns.STACK_TYPE else urn


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0]


def _retained(step: Step) -> str:
    """Whether the old one stays though it is deleted or replaced."""
    leaves = step.op in ("delete", "replace", "create-replacement", "delete-replaced")
    return "[retain]" if leaves and step.old is not None and step.old.retain_on_delete else ""


def _property_lines(step: Step, op: Op) -> list[str]:
    old, new = step.old, step.new
    if op == "same":
        return []
    if step.op == "refresh" and old is not None:
        return diff_lines(old.inputs | old.outputs, new.inputs | new.outputs, "") if new else []
    if old is None or new is None:
        return property_lines(step.resource.inputs, "")
    if step.detailed is None:
        made_first = op == "replace" and new.outputs  # then it is there, or foreseen, by now
        return (
            diff_lines(old.outputs, new.outputs, "") if made_first else diff_lines(old.inputs, new.inputs, "")
        )
    return told_lines(old.inputs, new.inputs, step.detailed)


def _lost_outputs(step: Step, op: Op) -> list[str]:
    """What goes with a stack, or with what a refresh found gone."""
    is_told = step.op == "refresh" or step.resource.type == urns.STACK_TYPE
    if op != "delete" or not is_told or step.old is None or not step.old.outputs:
        return []
    return [f"  {OUTPUTS}", *diff_lines(step.old.outputs, {}, "")]


def _diagnostic_lines(diagnostics: dict[str, list[Diagnostic]], root: str) -> list[str]:
    """By URN; "" is the stack, whose name is given."""
    lines = ["Diagnostics:"] if diagnostics else []
    for urn, items in diagnostics.items():
        kind, name = (urns.type_of(urn), urns.name_of(urn)) if urn else (urns.STACK_TYPE, root)
        lines.append(f"  {kind} ({name}):")
        for item in items:
            lines += [f"    {line}" for line in (item.prefix + item.message.rstrip("\n")).split("\n")]
        lines.append("")
    return lines


def _output_lines(outputs: StackOutputs, preview: bool, heading: str) -> list[str]:
    """All of the stack's outputs, or in a preview only what changes."""
    old, new = outputs.old, outputs.new
    if preview:
        known = {key: value for key, value in new.items() if value is not UNKNOWN or key not in old}
        changed = {key for key, value in known.items() if key not in old or not shown_alike(old[key], value)}
        changed |= old.keys() - new.keys()
        old = {key: value for key, value in old.items() if key in changed}
        new = {key: value for key, value in known.items() if key in changed}
    is_new = outputs.step is not None and outputs.step.op == "create"
    lines = property_lines(new, "") if is_new else diff_lines(old, new, "")
    return [heading, *(f"  {line}" for line in lines), ""] if lines else []


def _count_lines(result: Result, errored: int, preview: bool) -> list[str]:
    """How many resources of each kind of change, and with an error."""
    changes = [(op, number) for op in COUNTED if (number := result.counts.get(op))]
    lines = ["Resources:"]
    for op, number in changes:
        words = WORDS[op]
        lines.append(f"    {words.mark}{number} {f'to {op}' if preview else words.done}")
    unchanged = result.counts.get("same", 0)
    told = [f"{result.changes} changes"] if len(changes) > 1 else []
    if unchanged:
        told.append(f"{unchanged} unchanged")
    if told:
        lines.append(f"    {'. '.join(told)}")
    if errored:
        lines.append(f"    {errored} errored")
    return [*lines, ""]
