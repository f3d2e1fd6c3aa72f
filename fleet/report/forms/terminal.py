"""The report in a terminal, for people at home: tables of rich, no markup from data."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fleet.report.escaping import LONGEST, cut, cut_end, visible
from fleet.report.forms import words
from fleet.report.forms.catalog_moves import moves
from fleet.report.forms.redacting import redacted
from fleet.report.masking import mask
from fleet.report.model import SIGNS, Change, Finding, Report, StackReport, Verdict
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
    console.print(renderable(report, secrets))


def renderable(report: Report, secrets: Sequence[str] = ()) -> RenderableType:
    """Everything as texts that no markup can come from; the table of stacks first."""
    report, say = redacted(report, secrets), _Say(secrets)
    parts: list[RenderableType] = [
        say.text(report.heading, f"bold {STYLES[report.verdict]}"),
        say.text(report.sentence),
        Text(),
        _stacks(report, say),
    ]
    parts += [*_findings(report, say), *_catalog(report, say)]
    for stack in report.stacks:
        parts += _stack(stack, say)
    return Group(*parts)


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


def _stacks(report: Report, say: _Say) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("Stack", "Verdict"):
        table.add_column(name, overflow="fold")
    for name in ("Now", "Then", "Change"):
        table.add_column(name, justify="right", no_wrap=True)
    for stack in report.stacks:
        style = STYLES[stack.verdict]
        table.add_row(
            say.text(phrase(code(stack.stack))),
            say.text(phrase(f"{SIGNS[stack.verdict]} ", stack.word), style),
            words.now(stack),
            words.then(stack),
            words.change(stack),
        )
    if len(report.stacks) > 1:
        found = words.all_stacks(report)
        table.add_row("all", found.plan, found.now, found.then, found.change, style="bold")
    return table


def _catalog(report: Report, say: _Say) -> list[RenderableType]:
    found = moves(report.stacks)
    if not found.rows:
        return []
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for head in ("Choice", *(f"in {say.plain(stack)}" for stack in found.stacks), "Best match today"):
        table.add_column(Text(head), overflow="fold")
    for move in found.rows[:ROWS]:
        pins = [say.text(_pin(*pin)) if pin else Text("–") for pin in move.pins]
        table.add_row(say.text(move.choice), *pins, say.text(phrase(code(move.newest or "–"))))
    more = [Text(f"  and {len(found.rows) - ROWS} more", style="dim")] if len(found.rows) > ROWS else []
    return [Text(), Text("Catalog", style="bold"), table, *more]


def _pin(before: str | None, after: str | None) -> Phrase:
    both = [phrase(code(value)) if value else phrase("none") for value in dict.fromkeys((before, after))]
    return joined(both, " → ")


def _findings(report: Report, say: _Say) -> list[RenderableType]:
    parts: list[RenderableType] = []
    groups: list[tuple[str, list[Finding]]] = [
        ("Needs a decision", [item for item in report.findings if item.verdict in ("failed", "blocked")]),
        ("Worth a look", [item for item in report.findings if item.verdict not in ("failed", "blocked")]),
    ]
    for title, found in groups:
        if found:
            parts += [Text(), Text(title, style="bold")]
        for item in found[:ROWS]:
            line = say.text(item.title, "bold")
            body = Text.assemble(f"{SIGNS[item.verdict]} ", line, ". ", say.text(item.text))
            parts.append(Padding(body, (0, 0, 0, 2)))
        if len(found) > ROWS:
            parts.append(Text(f"  and {len(found) - ROWS} more", style="dim"))
    return parts


def _stack(stack: StackReport, say: _Say) -> list[RenderableType]:
    changed = [change for change in stack.changes if change.changed]
    title = Text.assemble(
        say.text(phrase(code(stack.stack)), "bold"),
        f"  {words.plan(stack)}, {words.unchanged(stack)}, plan {stack.plan[:PLAN_DIGITS]}",
    )
    parts: list[RenderableType] = [Text(), title]
    if changed:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for name in ("", "Resource", "What", "Effect"):
            table.add_column(name, overflow="fold")
        table.add_column("A month", justify="right")
        for change in changed[:ROWS]:
            table.add_row(*_row(change, say), words.month(change))
        parts.append(table)
    if len(changed) > ROWS:
        parts.append(Text(f"and {len(changed) - ROWS} more", style="dim"))
    parts += [
        Text(f"{item.severity}: {cut_end(say.plain(item.text), 400)}", style="red")
        for item in stack.messages[:5]
    ]
    return parts


def _row(change: Change, say: _Say) -> list[Text]:
    style = STYLES[words.row_verdict(change)]
    return [
        Text(words.sign(change), style=style),
        say.text(words.name(change)),
        say.text(words.what(change)),
        say.text(words.effect(change), style),
    ]
