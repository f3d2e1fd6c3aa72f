"""The parts of the Markdown that never give way: heading, table, what to decide; and the catalog and the footer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fleet.report.escaping import code_span, cut, cut_end, plain_text, visible
from fleet.report.forms import words
from fleet.report.forms.catalog_moves import moves
from fleet.report.model import SIGNS, Finding, Report, StackReport
from fleet.report.phrases import Phrase, code, joined, listed, phrase


@dataclass(frozen=True)
class Tightness:
    """Limits of the parts that stay.

    findings shown, names in a cell, stacks in the table, characters of a value and of a whole phrase.
    """

    findings: int
    names: int
    stacks: int
    value: int
    phrase: int = 4000
    catalog: int = 50


TIGHTNESS = (
    Tightness(findings=30, names=5, stacks=100, value=80),
    Tightness(findings=30, names=3, stacks=60, value=60, phrase=2000, catalog=20),
    Tightness(findings=15, names=2, stacks=40, value=40, phrase=1000, catalog=5),
    Tightness(findings=8, names=1, stacks=20, value=24, phrase=600, catalog=0),
    Tightness(findings=3, names=0, stacks=8, value=16, phrase=300, catalog=0),
)


@dataclass(frozen=True)
class Fixed:
    top: str
    footer: str


def fixed(report: Report, tight: Tightness, *, full: bool) -> Fixed:
    decide = [item for item in report.findings if item.verdict in ("failed", "blocked")]
    look = [item for item in report.findings if item.verdict in ("danger", "look")]
    parts = [
        f"## {text(report.heading, tight)}",
        text(report.sentence, tight),
        _table(report, tight),
        _findings("Needs a decision", decide, 1, tight),
        _findings("Worth a look", look, len(decide) + 1, tight),
        _catalog(report.stacks, tight),
    ]
    return Fixed("\n\n".join(part for part in parts if part), _footer(report, full=full))


def text(pieces: Phrase, tight: Tightness = TIGHTNESS[0], *, in_table: bool = False) -> str:
    """A phrase as Markdown: our words as they are, data in code spans."""
    found: list[str] = []
    for piece in pieces:
        if sum(map(len, found)) > tight.phrase:
            return "".join(found) + "…"
        if piece.kind in ("code", "said"):
            shorter = cut if piece.kind == "code" else cut_end
            found.append(code_span(piece.text, in_table=in_table, longest=tight.value, shorter=shorter))
        elif piece.kind == "unknown":
            found.append("*known after apply*")
        elif piece.kind == "secret":
            found.append(r"\[secret\]")
        else:
            words_ = _own(cut(piece.text, tight.phrase), in_table=in_table)
            found.append(f"**{words_.strip()}**" if piece.kind == "strong" and words_.strip() else words_)
    return "".join(found)


def _own(words_: str, *, in_table: bool) -> str:
    """Our own words hold no markup, but a report from another machine may: escaped where it could matter."""
    if not words_.isascii():
        words_ = visible(words_)
    if not re.search(r"[\\`*_\[\]<>#|~@&]|\w://|www\.|\$(?!\d)|[\r\n]", words_):
        return words_
    return plain_text(words_, in_table=in_table)


def row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table(report: Report, tight: Tightness) -> str:
    if not report.stacks:
        return ""
    lines = [
        row(["Stack", "Verdict", "Plan", "Disks erased", "Powered off", "Now, a month", "Then", "Change"]),
        "|:--|:--|:--|:--|:--|--:|--:|--:|",
    ]
    worst = sorted(report.stacks, key=lambda stack: list(SIGNS).index(stack.verdict))[: tight.stacks]
    shown = [stack for stack in report.stacks if stack in worst]
    lines += [_stack_row(stack, tight) for stack in shown]
    left = len(report.stacks) - len(shown)
    if left:
        lines.append(row([f"{left} more stacks", "", "", "", "", "", "", ""]))
    if len(report.stacks) > 1:
        lines.append(_sum_row(report))
    return "\n".join(lines)


def _stack_row(stack: StackReport, tight: Tightness) -> str:
    def cell(pieces: Phrase) -> str:
        return text(pieces, tight, in_table=True)

    return row(
        [
            f"**{cell(phrase(code(stack.stack)))}**",
            f"{SIGNS[stack.verdict]} {cell(stack.word)}",
            words.plan(stack),
            cell(_erased(stack, tight)),
            cell(words.off(stack, tight.names)) or "–",
            words.now(stack),
            words.then(stack),
            words.change(stack),
        ]
    )


def _erased(stack: StackReport, tight: Tightness) -> Phrase:
    certain = listed(words.erased(stack), tight.names)
    backups = words.backups_lost(stack)
    if backups:
        certain = phrase(certain, "; " if certain else "", "backups of ", listed(backups, tight.names))
    stopped = " (not complete)" if certain and not stack.complete else ""
    maybes = words.perhaps_erased(stack)
    told = [
        phrase(code(item.name), f": {item.likely if item.likely in ('likely', 'unlikely') else 'perhaps'}")
        for item in maybes[: tight.names]
    ]
    more = phrase(f", {len(maybes) - len(told)} more perhaps") if len(maybes) > len(told) else phrase()
    perhaps = phrase(" (", joined(told, ", "), more, ")") if maybes else phrase()
    return phrase(certain or "–", stopped, perhaps)


def _sum_row(report: Report) -> str:
    found = words.all_stacks(report)
    cells = (found.plan, found.erased, found.off, found.now, found.then)
    return row(["**all**", "", *cells, f"**{found.change}**"])


def _findings(title: str, found: Sequence[Finding], first: int, tight: Tightness) -> str:
    if not found:
        return ""
    most = max(tight.findings - (first - 1), 1)
    lines = [
        f"{number}. {SIGNS[item.verdict]} **{text(item.title, tight)}.** {text(item.text, tight).strip()}".rstrip()
        for number, item in enumerate(found[:most], first)
    ]
    if len(found) > most:
        lines.append(f"\nAnd {len(found) - most} more: summary of the run.")
    return f"### {title}\n\n" + "\n".join(lines)


def _catalog(stacks: Sequence[StackReport], tight: Tightness) -> str:
    """One row per choice, one column per stack that has one."""
    found = moves(stacks)
    if not found.rows or not tight.catalog:
        return ""

    def cell(pieces: Phrase) -> str:
        return text(pieces, tight, in_table=True)

    heads = [f"Pinned in {cell(phrase(code(stack)))}" for stack in found.stacks]
    lines = [row(["Choice", *heads, "Best match today"]), "|:--|" + ":--|" * (len(heads) + 1)]
    for move in found.rows[: tight.catalog]:
        pins = ["–" if pin is None else _pin(*pin) for pin in move.pins]
        lines.append(row([cell(move.choice), *pins, cell(phrase(code(move.newest))) if move.newest else "–"]))
    if len(found.rows) > tight.catalog:
        lines.append(row([f"{len(found.rows) - tight.catalog} more", *[""] * (len(heads) + 1)]))
    return "### Catalog\n\n" + "\n".join(lines)


def _pin(before: str | None, after: str | None) -> str:
    def shown(value: str | None) -> str:
        return "none" if value is None else code_span(value, in_table=True)

    return shown(after) if before == after else f"{shown(before)} → **{shown(after)}**"


def _footer(report: Report, *, full: bool) -> str:
    told = []
    if report.commit:
        told.append(f"Commit {code_span(report.commit[:12], in_table=False)}")
    if report.run:
        told.append(_run(report))
    if report.engine:
        told.append(f"engine {code_span(report.engine, in_table=False)}")
    dates = sorted(
        {(stack.catalog_date, stack.catalog_hash) for stack in report.stacks if stack.catalog_date}
    )
    prices = "Prices: as the provider told them" if not dates else "Prices: catalog of " + " and ".join(
        f"{code_span(day, in_table=False)}{f' ({code_span(hash_[:12], in_table=False)})' if hash_ else ''}"
        for day, hash_ in dates[:3]
    )  # fmt: skip
    notes = [
        ", ".join(told),
        f"{prices}, monthly caps by type and region plus backups; no traffic, volumes or tax",
        *_missing(report),
        words.LEGEND,
    ]
    if not full:
        notes.append("Everything in full: the summary of the run. This comment is rewritten at every push")
    return f"<sub>{'. '.join(note for note in notes if note)}.</sub>"


def _missing(report: Report) -> list[str]:
    """What the form of the preview or the kind of change leaves open."""
    notes = []
    digests = [stack.stack for stack in report.stacks if stack.form == "digest"]
    if digests:
        names = text(listed(digests))
        notes.append(
            f"From a digest: {names}; policies, stack outputs and unchanged resources may be missing"
        )
    if any(
        change.op == "replace" and change.delete_first is False
        for stack in report.stacks
        for change in stack.changes
    ):
        notes.append("Where a new server is made first, both run for a while, by the hour")
    return notes


def _run(report: Report) -> str:
    number = plain_text(cut(report.run.split(".")[0], 40))
    url = report.run_url
    if re.fullmatch(r"https?://[A-Za-z0-9._:-]+/[A-Za-z0-9._/-]*|\.\./[A-Za-z0-9._/-]+", url):
        return f"[run {number}]({url})"
    return f"run {number}"
