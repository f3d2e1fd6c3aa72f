"""The words that every form of the report shares: signs, plans, amounts and rows of one stack."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.report.judge import heading
from fleet.report.judge.cost import dollars, total
from fleet.report.judge.time_off import told
from fleet.report.model import Change, Path, Report, StackReport, Verdict
from fleet.report.names import top_level
from fleet.report.phrases import Phrase, code, counted, joined, listed, phrase
from fleet.report.read.files import Level

MINUS = "−"
LEGEND = "+ new, ~ changed in place, ± rebuilt, ±? perhaps rebuilt, − deleted, 🔒 protected"

ROW_VERDICT: dict[Level, Verdict] = {
    "none": "changes",
    "billing": "changes",
    "unknown": "look",
    "power off": "danger",
    "data loss": "danger",
}


def sign(change: Change) -> str:
    """`±?` for a perhaps; `=` for what stays."""
    base = {"create": "+", "update": "~", "replace": "±", "delete": MINUS, "same": "="}[change.op]
    return f"{base}?" if change.certainty == "perhaps" else base


def row_verdict(change: Change) -> Verdict:
    """How much attention a row wants; decides in which order rows give way."""
    if change.certainty == "perhaps":
        return "look"
    return ROW_VERDICT[change.level]


def name(change: Change) -> Phrase:
    return phrase(code(change.name), " 🔒") if change.protected else phrase(code(change.name))


def what(change: Change) -> Phrase:
    """What changes: for new and deleted ones what they are, else each property's before and after."""
    if change.op in ("create", "delete") or not change.paths:
        told = [item.text for item in (change.plan_type, change.image, change.region) if item.kind == "text"]
        if change.server and told:
            return joined((phrase(code(item)) for item in told), ", ")
        return phrase(code(change.type.rsplit("/", 1)[-1]))
    shown = [_path(path) for path in change.paths[:6]]
    more = phrase(f"; {len(change.paths) - 6} more") if len(change.paths) > 6 else phrase()
    return phrase(joined(shown, "; "), more)


def _path(path: Path) -> Phrase:
    if path.kind in ("add", "delete") and path.path.endswith("]"):
        side = path.after if path.kind == "add" else path.before
        mark = "+" if path.kind == "add" else MINUS
        return phrase(code(top_level(path.path)), f": {mark} ", side.words())
    return phrase(code(path.path), ": ", path.before.words(), " → ", path.after.words())


def effect(change: Change) -> Phrase:
    """Each effect once; one of several that is nothing is left out. How long it is off stands at the end."""
    told = [what for what in dict.fromkeys(item.what for item in change.effects) if what != phrase("none")]
    off = f", {change.off_for}" if change.off_for else ""
    return phrase(joined(told, "; "), off) if told else phrase("none")


def month(change: Change) -> str:
    """What it costs: `+$5.00` new, `−$5.00` gone, `$5.00 → $12.00` changed, `not known`."""
    if not change.server:
        return "–"
    before, after = change.cost_before, change.cost_after
    if before is None and after is None:
        return "not known"
    if change.op == "create" and after is not None:
        return dollars(after, sign=True)
    if change.op == "delete" and before is not None:
        return dollars(-before)
    left, right = (("not known" if item is None else dollars(item)) for item in (before, after))
    return left if left == right else f"{left} → {right}"


def plan(stack: StackReport) -> str:
    text = ", ".join(heading.counts(stack.changes))
    if stack.form == "none":
        return "none"
    return text if stack.complete else f"not complete: {text} so far"


def now(stack: StackReport) -> str:
    return "not known" if stack.form == "none" else total(stack.now)


def then(stack: StackReport) -> str:
    return total(stack.then) if stack.complete else "not known"


def change(stack: StackReport) -> str:
    if not stack.complete or not stack.change_known:
        return "not known"
    return dollars(stack.then.amount - stack.now.amount, sign=True)


@dataclass(frozen=True)
class AllStacks:
    """The row below those of the stacks."""

    plan: str
    erased: str
    off: str
    now: str
    then: str
    change: str


def all_stacks(report: Report) -> AllStacks:
    changes = [change for stack in report.stacks for change in stack.changes]
    erased, off = sum(item.erased for item in changes), sum(item.off for item in changes)
    moved = dollars(report.then.amount - report.now.amount, sign=True)
    return AllStacks(
        plan=", ".join(heading.counts(changes)),
        erased=counted(erased, "server") if erased else "–",
        off=counted(off, "server") if off else "–",
        now=total(report.now),
        then=total(report.then) if all(stack.complete for stack in report.stacks) else "not known",
        change=moved if report.change_known else "not known",
    )


def erased(stack: StackReport) -> list[str]:
    return [item.name for item in stack.changes if item.erased and not item.backups_only]


def backups_lost(stack: StackReport) -> list[str]:
    return [item.name for item in stack.changes if item.backups_only]


def perhaps_erased(stack: StackReport) -> list[Change]:
    return [item for item in stack.changes if item.perhaps_erased]


def off(stack: StackReport, most: int = 5) -> Phrase:
    """Who is off for a while, and for how long."""
    found = [item for item in stack.changes if item.off]
    times = told(found)
    return phrase(listed((item.name for item in found), most), f" ({times})" if times else "")


def unchanged(stack: StackReport) -> str:
    if not stack.unchanged_known:
        return "unchanged ones not told"
    return f"{sum(not item.changed for item in stack.changes)} unchanged"
