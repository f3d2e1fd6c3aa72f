"""The report in a terminal, for people at home: tables of rich, no markup from data."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fleet.report.escaping import LONGEST, cut, cut_end, visible
from fleet.report.forms import words
from fleet.report.forms.redacting import redacted
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
    for stack in report.stacks:
        parts += _stack(stack, say)
    console.print(Group(*parts))


class _Say:
    """Phrases as rich texts, secrets masked."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(secrets)

    def text(self, pieces: Phrase, style: str = "") -> Text:
        text = Text(style=style)
        for piece in pieces:
            if piece.kind in ("code", "said"):
                shorter = cut if piece.kind == "code" else cut_end
                text.append(shorter(self.plain(piece.text), LONGEST), style="cyan" if not style else "")
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
    table = _table("Stack", "Verdict", right=("Now", "Then", "Change"), style="bold")
    for stack in report.stacks:
        verdict = say.text(phrase(f"{SIGNS[stack.verdict]} ", stack.word), STYLES[stack.verdict])
        money = (words.now(stack), words.then(stack), words.change(stack))
        table.add_row(say.text(phrase(code(stack.stack))), verdict, *money)
    if len(report.stacks) > 1:
        found = words.all_stacks(report)
        table.add_row("all", found.plan, found.now, found.then, found.change, style="bold")
    return table


def _catalog(report: Report, say: _Say) -> list[RenderableType]:
    found = words.moves(report.stacks)
    if not found.rows:
        return []
    table = _table("Choice", *(Text(f"in {say.plain(stack)}") for stack in found.stacks), "Best match today")
    for move in found.rows[:ROWS]:
        pins = [say.text(_pin(*pin)) if pin else Text("–") for pin in move.pins]
        table.add_row(say.text(move.choice), *pins, say.text(phrase(code(move.newest or "–"))))
    return [Text(), Text("Catalog", style="bold"), table, *_more(len(found.rows), "  ")]


def _pin(before: str | None, after: str | None) -> Phrase:
    both = [phrase(code(value) if value else "none") for value in dict.fromkeys((before, after))]
    return joined(both, " → ")


def _findings(report: Report, say: _Say) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for title, _, found in words.finding_groups(report):
        parts += [Text(), Text(title, style="bold")]
        for item in found[:ROWS]:
            line = say.text(item.title, "bold")
            body = Text.assemble(f"{SIGNS[item.verdict]} ", line, ". ", say.text(item.text))
            parts.append(Padding(body, (0, 0, 0, 2)))
        parts += _more(len(found), "  ")
    return parts


def _stack(stack: StackReport, say: _Say) -> list[RenderableType]:
    changed = [change for change in stack.changes if change.changed]
    told = f"  {words.plan(stack)}, {words.unchanged(stack)}, plan {stack.plan[:PLAN_DIGITS]}"
    parts: list[RenderableType] = [
        Text(), Text.assemble(say.text(phrase(code(stack.stack)), "bold"), told)
    ]  # fmt: skip
    if changed:
        table = _table("", "Resource", "What", "Effect", right=("A month",))
        for change in changed[:ROWS]:
            sign, name, what, effect, month = words.row(change)
            style = STYLES[words.row_verdict(change)]
            table.add_row(
                Text(sign, style=style), say.text(name), say.text(what), say.text(effect, style), month
            )
        parts.append(table)
    parts += _more(len(changed))
    for item in stack.messages[:5]:
        parts.append(Text(f"{item.severity}: {cut_end(say.plain(item.text), 400)}", style="red"))
    return parts
