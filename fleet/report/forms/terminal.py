"""The report in a terminal, for people at home: tables of rich, no markup from data."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fleet.report.escaping import MESSAGE, cut, cut_end, visible
from fleet.report.forms import words
from fleet.report.forms.redacting import redacted
from fleet.report.judge.heading import by_verdict
from fleet.report.masking import mask
from fleet.report.model import SIGNS, Report, StackReport, Verdict
from fleet.report.phrases import Phrase, code, joined, phrase

STYLES: dict[Verdict, str] = {
    "failed": "bold red",
    "blocked": "bold red",
    "danger": "yellow",
    "look": "bright_yellow",
    "changes": "green",
    "nothing": "dim",
}
ROWS = 40
"""Rows of one stack; the rest is a number."""

PLAN_DIGITS = 12
"""As many as a person has to type to approve a plan."""


def show(report: Report, console: Console, secrets: Sequence[str] = ()) -> None:
    """Everything as texts that no markup can come from; the table of stacks first."""
    report, say = redacted(report, secrets), _Say(secrets)
    parts: list[RenderableType] = [
        say.text(report.heading, f"bold {STYLES[report.verdict]}"),
        say.text(report.sentence),
        Text(),
        _stacks(report, say),
        *_findings(report, say),
        *_catalog(report, say),
    ]
    for stack in by_verdict(report.stacks):
        parts += _stack(stack, say)
    if any(map(words.is_blind, report.stacks)):
        parts += [Text(), say.text(words.BY_THE_STATE, "dim")]
    console.print(Group(*parts))


class _Say:
    """Phrases as rich texts, secrets masked."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(secrets)

    def text(self, pieces: Phrase, style: str = "") -> Text:
        text = Text(style=style)
        for piece in pieces:
            if piece.kind in ("code", "said"):
                value = self.plain(piece.text)
                value = cut(value) if piece.kind == "code" else cut_end(value, MESSAGE)
                text.append(value, style="cyan" if not style else "")
            elif piece.kind == "break":
                text.append(" ")
            elif piece.kind == "unknown":
                text.append("known after apply", style="italic")
            else:
                text.append("[secret]" if piece.kind == "secret" else self.plain(piece.text))
        return text

    def plain(self, value: str) -> str:
        return visible(mask(value, self._secrets))


def _table(*heads: str | Text, right: Sequence[str] = (), style: str = "dim") -> Table:
    """right: heads of further columns, of amounts."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=style)
    for head in heads:
        table.add_column(head, overflow="fold")
    for head in right:
        table.add_column(head, justify="right", no_wrap=len(right) > 1)
    return table


def _more(number: int, indent: str = "") -> list[RenderableType]:
    return [Text(f"{indent}and {number - ROWS} more", style="dim")] if number > ROWS else []


def _stacks(report: Report, say: _Say) -> Table:
    table = _table("Stack", "Verdict", "Destroyed", "Off", "Cost a month", style="bold")
    for stack in by_verdict(report.stacks):
        verdict = say.text(phrase(f"{SIGNS[stack.verdict]} ", stack.word), STYLES[stack.verdict])
        lost, off = say.text(words.destroyed(stack)), say.text(words.off(stack) or phrase("–"))
        table.add_row(say.text(phrase(code(stack.stack))), verdict, lost, off, words.cost(stack))
    return table


def _catalog(report: Report, say: _Say) -> list[RenderableType]:
    found = words.moves(report.stacks)
    if not found.rows:
        return []
    better = ["Best match today"] if any(move.newest for move in found.rows) else []
    table = _table("Choice", *(Text(f"in {say.plain(stack)}") for stack in found.stacks), *better)
    for move in found.rows[:ROWS]:
        pins = [say.text(_pin(*pin)) if pin else Text("–") for pin in move.pins]
        newest = [say.text(phrase(code(move.newest or "–")))] if better else []
        table.add_row(say.text(move.choice), *pins, *newest)
    return [Text(), Text("Catalog", style="bold"), table, *_more(len(found.rows), "  ")]


def _pin(before: str | None, after: str | None) -> Phrase:
    both = [phrase(code(value) if value else "none") for value in dict.fromkeys((before, after))]
    return joined(both, " → ")


def _findings(report: Report, say: _Say) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for title, _, found in words.finding_groups(report):
        parts += [Text(), Text(title, style="bold")] if found else []
        for item in found[:ROWS]:
            line = say.text(item.title, "bold")
            body = Text.assemble(f"{SIGNS[item.verdict]} ", line, ". ", say.text(item.text))
            parts.append(Padding(body, (0, 0, 0, 2)))
        parts += _more(len(found), "  ")
    return parts


def _stack(stack: StackReport, say: _Say) -> list[RenderableType]:
    changed = [change for _, change in words.worst_first([stack])]
    told = f"  {words.about(stack)}, plan {stack.plan[:PLAN_DIGITS]}"
    parts: list[RenderableType] = [
        Text(), Text.assemble(say.text(phrase(code(stack.stack)), "bold"), told)
    ]  # fmt: skip
    if changed:
        *heads, month = words.HEADS
        table = _table(*heads, right=(month,))
        for change in changed[:ROWS]:
            row, style = words.row(change), STYLES[words.row_verdict(change)]
            table.add_row(say.text(row.name), say.text(row.what), say.text(row.effect, style), row.month)
        parts.append(table)
    parts += _more(len(changed))
    for item in stack.messages[:5]:
        parts.append(Text(f"{item.severity}: {cut_end(say.plain(item.text), MESSAGE)}", style="red"))
    return parts
