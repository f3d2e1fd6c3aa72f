"""Pure: what stands at the end of a run's text: diagnostics by resource, outputs, counts."""

from __future__ import annotations

from emulators.engine import rendering, urns
from emulators.engine.events import Diagnostic, StackOutputs
from emulators.engine.run_options import UpdateResult
from emulators.engine.values import UNKNOWN

COUNTS = (("create", "+ ", "created"), ("update", "~ ", "updated"), ("delete", "- ", "deleted"),
          ("replace", "+-", "replaced"), ("import", "= ", "imported"))  # fmt: skip


def diagnostic_lines(diagnostics: dict[str, list[Diagnostic]], root: str) -> list[str]:
    """By URN; "" is the stack, whose name is given."""
    lines = ["Diagnostics:"] if diagnostics else []
    for urn, items in diagnostics.items():
        kind, name = (urns.type_of(urn), urns.name_of(urn)) if urn else (urns.STACK_TYPE, root)
        lines.append(f"  {kind} ({name}):")
        for item in items:
            severity = f"{item.severity}: " if item.severity in ("error", "warning") else ""
            lines.extend(f"    {line}" for line in (severity + item.message.rstrip("\n")).split("\n"))
        lines.append("")
    return lines


def output_lines(outputs: StackOutputs, preview: bool) -> list[str]:
    """All of the stack's outputs, or in a preview only what changes."""
    old, new = outputs.old, outputs.new
    if preview:
        known = {key: value for key, value in new.items() if value is not UNKNOWN or key not in old}
        changes = {key for key in old if key not in new} | {
            key
            for key, value in known.items()
            if key not in old or not rendering.shown_alike(old[key], value)
        }
        old = {key: value for key, value in old.items() if key in changes}
        new = {key: value for key, value in known.items() if key in changes}
    lines = rendering.diff_lines(old, new, "") if old else rendering.property_lines(new, "")
    return ["Outputs:", *(f"  {line}" for line in lines), ""] if lines else []


def count_lines(result: UpdateResult, preview: bool) -> list[str]:
    """How many resources of each kind of change."""
    lines = ["Resources:"]
    for op, mark, word in COUNTS:
        if number := result.counts.get(op):
            lines.append(f"    {mark}{number} {f'to {op}' if preview else word}")
    unchanged = result.counts.get("same", 0)
    several = sum(1 for op, _, _ in COUNTS if result.counts.get(op)) > 1
    prefix = f"{result.changes} changes. " if several else ""
    if unchanged or prefix:
        lines.append(f"    {prefix}{unchanged} unchanged" if unchanged else f"    {prefix.strip(' .')}")
    if result.errors:
        lines.append(f"    {result.errors} errored")
    return [*lines, ""]
