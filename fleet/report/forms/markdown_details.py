"""One folded section per stack; what does not fit gives way, whole parts at a time, the quietest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fleet.report.escaping import code_span, cut_end, html_text
from fleet.report.forms import words
from fleet.report.forms.markdown_parts import row, text
from fleet.report.model import VERDICTS, Change, Report, StackReport, Verdict
from fleet.report.phrases import Phrase, code, joined, listed, phrase

OPEN_ROWS = 12
"""With at most this many rows in all, every stack's details are open."""

GIVING_WAY = ("outputs", "changes", "passed", "look", "danger")
"""The parts of a stack's details in the order in which they are dropped; the rest goes with the stack itself."""


@dataclass(frozen=True)
class Section:
    """A stack's details as finished texts. rows: each with the verdict that decides when it gives way."""

    stack: StackReport
    opened: bool
    rows: tuple[tuple[Verdict, str], ...]
    outputs: str
    policies: tuple[str, ...]
    passed: str
    messages: tuple[str, ...]

    def least(self, dropped: frozenset[str]) -> int:
        """How many rows are not dropped: the first ones, because the worst stand first and are dropped last."""
        return sum(verdict not in dropped for verdict, _ in self.rows)

    def render(self, dropped: frozenset[str] = frozenset(), most: int | None = None) -> str:
        """most: rows that are shown, if more than are left by what is dropped."""
        number = self.least(dropped) if most is None else most
        kept = [line for _, line in self.rows[:number]]
        left = len(self.rows) - len(kept)
        parts = []
        if kept:
            head = [row(["", "Server", "What", "Effect", "A month"]), "|:-:|:--|:--|:--|--:|"]
            parts.append("\n".join([*head, *kept]))
        if left:
            parts.append(f"{left} more {'row' if left == 1 else 'rows'}: summary of the run.")
        parts += [self.outputs] if self.outputs and "outputs" not in dropped else []
        parts += ["\n".join(self.policies)] if self.policies else []
        parts += [self.passed] if self.passed and "passed" not in dropped else []
        parts += ["\n".join(self.messages)] if self.messages else []
        counts = f"{words.plan(self.stack)}, {words.unchanged(self.stack)}"
        summary = f"<code>{html_text(self.stack.stack, 80)}</code>: {counts}"
        tag = "<details open>" if self.opened else "<details>"
        inside = "\n\n".join(parts) or "Nothing changes."
        return f"{tag}<summary>{summary}</summary>\n\n{inside}\n\n</details>"


@dataclass(frozen=True)
class Details:
    sections: tuple[Section, ...] = field(default=())

    @classmethod
    def of(cls, report: Report) -> Details:
        changed = sum(change.changed for stack in report.stacks for change in stack.changes)
        return cls(tuple(_section(stack, everything_open=changed <= OPEN_ROWS) for stack in report.stacks))


def _section(stack: StackReport, *, everything_open: bool) -> Section:
    changed = sorted(
        (change for change in stack.changes if change.changed),
        key=lambda change: (VERDICTS.index(words.row_verdict(change)), change.urn),
    )
    return Section(
        stack=stack,
        opened=everything_open or stack.verdict in ("failed", "blocked"),
        rows=tuple((words.row_verdict(change), _row(change)) for change in changed),
        outputs=_outputs(stack),
        policies=_policies(stack),
        passed=f"Policy checks passed: {stack.policies_passed}." if stack.policies_passed else "",
        messages=_messages(stack),
    )


def _row(change: Change) -> str:
    def cell(pieces: Phrase) -> str:
        return text(pieces, in_table=True)

    cells = [words.sign(change), cell(words.name(change)), cell(words.what(change))]
    return row([*cells, cell(words.effect(change)), words.month(change)])


def _outputs(stack: StackReport) -> str:
    """`a` and `b` known after apply, `c` added."""
    states = (
        ("unknown", "*known after apply*"),
        ("added", "added"),
        ("changed", "changed"),
        ("removed", "removed"),
    )
    told = []
    for state, word in states:
        found = [item.name for item in stack.outputs if item.state == state]
        if found:
            told.append(f"{text(listed(found, 20))} {word}")
    return f"Outputs: {', '.join(told)}." if told else ""


def _policies(stack: StackReport) -> tuple[str, ...]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for item in stack.policies:
        found.setdefault((item.level, item.name, item.message), []).append(item.resource)
    return tuple(
        f"- Policy {text(phrase(code(name)))} ({text(phrase(level))}) on {text(listed(sorted(set(resources))))}: "
        f"{code_span(message, in_table=False, longest=200)}"
        for (level, name, message), resources in list(found.items())[:20]
    )


def _messages(stack: StackReport) -> tuple[str, ...]:
    def line(index: int) -> str:
        item = stack.messages[index]
        where = phrase(" on ", code(item.resource)) if item.resource else phrase()
        front = text(joined([phrase(item.severity.capitalize(), where)], ""))
        return f"- {front}: {code_span(item.text, in_table=False, longest=400, shorter=cut_end)}"

    return tuple(line(index) for index in range(min(len(stack.messages), 10)))


def fitted(details: Details, room: int, measure: Callable[[str], int]) -> str:
    """The details, with as little dropped as the room asks for, and filled up with the next rows."""
    if not details.sections:
        return ""
    quietest = sorted(
        range(len(details.sections)),
        key=lambda index: (-VERDICTS.index(details.sections[index].stack.verdict), -index),
    )
    dropped: list[frozenset[str]] = [frozenset() for _ in details.sections]
    texts = [section.render() for section in details.sections]
    sizes = [measure(item) for item in texts]
    for part in GIVING_WAY:
        for index in quietest:
            if _total(sizes) <= room:
                return _filled(details, dropped, texts, sizes, room, measure)
            dropped[index] = dropped[index] | {part}
            texts[index] = details.sections[index].render(dropped[index])
            sizes[index] = measure(texts[index])
    for index in quietest:
        if _total(sizes) <= room:
            break
        texts[index], sizes[index] = "", 0
    return _filled(details, dropped, texts, sizes, room, measure) if _total(sizes) <= room else ""


def _filled(
    details: Details,
    dropped: Sequence[frozenset[str]],
    texts: list[str],
    sizes: list[int],
    room: int,
    measure: Callable[[str], int],
) -> str:
    """What is left of the room goes to rows that were dropped: the worst verdict first, then the loudest stack."""
    loudest = sorted(
        range(len(texts)), key=lambda index: VERDICTS.index(details.sections[index].stack.verdict)
    )
    shown = [section.least(gone) for section, gone in zip(details.sections, dropped, strict=True)]
    for part in reversed(GIVING_WAY):
        for index in loudest:
            section = details.sections[index]
            end = shown[index] + sum(verdict == part for verdict, _ in section.rows[shown[index] :])
            if part not in dropped[index] or not texts[index] or end == shown[index]:
                continue
            most = _most(
                section, dropped[index], shown[index], end, room - _total(sizes) + sizes[index], measure
            )
            shown[index], texts[index] = most, section.render(dropped[index], most)
            sizes[index] = measure(texts[index])
    return _joined(texts)


def _most(
    section: Section, gone: frozenset[str], low: int, high: int, room: int, measure: Callable[[str], int]
) -> int:
    """The largest number of rows between two with which a section still fits."""
    while low < high:
        middle = (low + high + 1) // 2
        if measure(section.render(gone, middle)) <= room:
            low = middle
        else:
            high = middle - 1
    return low


def _total(sizes: Sequence[int]) -> int:
    return sum(size + 2 for size in sizes if size) + len("### Details\n\n") + 60


def _joined(texts: Sequence[str]) -> str:
    kept = [item for item in texts if item]
    left = len(texts) - len(kept)
    note = [f"Details of {left} more: summary of the run."] if left else []
    return "### Details\n\n" + "\n\n".join([*kept, *note])
