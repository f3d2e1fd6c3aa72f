"""The report as GitHub Markdown: the comment of a pull request and the summary of a run, of bounded size."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from jinja2 import Template
from markupsafe import Markup

from fleet.report.escaping import ADDRESS, code_span, cut, cut_end, html_text, plain_text, visible
from fleet.report.forms import marker, words
from fleet.report.forms.html_page import environment
from fleet.report.forms.redacting import redacted
from fleet.report.masking import swept
from fleet.report.model import SIGNS, VERDICTS, Report, StackReport, Verdict
from fleet.report.phrases import Phrase, code, joined, listed, phrase

COMMENT_UNITS = 65_000
"""UTF-16 units. The code host's own message says 65,536 characters; some hosts count one way, some the other."""

SUMMARY_BYTES = 1_000_000
"""A step summary of more than 1,024 kB is refused whole."""

OPEN_ROWS = 12
"""With at most this many rows in all, every stack's details are open."""

GIVING_WAY = ("outputs", "changes", "passed", "look", "danger")
"""The parts of a stack's details in the order in which they are dropped; the rest goes with the stack itself."""

_RISKY = re.compile(r"[\\`*_\[\]<>#|~@&]|\w://|www\.|\$(?!\d)|[\r\n]")
SAFE = Markup
Measure = Callable[[str], int]


class Tightness(NamedTuple):
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


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def comment(report: Report, secrets: Sequence[str] = ()) -> str:
    """The sticky comment, with its marker in the first line."""
    report = redacted(report, secrets)
    more = "Everything in full: the summary of the run. This comment is rewritten at every push"
    return _fitted(report, marker.of(report).line() + "\n", COMMENT_UNITS, utf16_units, more, secrets)


def summary(report: Report, secrets: Sequence[str] = ()) -> str:
    """The full text for the summary of a run."""
    return _fitted(redacted(report, secrets), "", SUMMARY_BYTES, lambda text: len(text.encode()), "", secrets)


def _fitted(
    report: Report, front: str, most: int, measure: Measure, more: str, secrets: Sequence[str]
) -> str:
    """The longest version that fits: details give way first, then the look-at list, never what must be decided.

    The heading, the table and what needs a decision are written tighter only when nothing else is left.
    """
    template, footer = _template(), _footer(report, more)
    changed = sum(change.changed for stack in report.stacks for change in stack.changes)
    sections = [Section.of(stack, everything_open=changed <= OPEN_ROWS) for stack in report.stacks]
    for tight in TIGHTNESS:
        top = _paragraphs(template.module.top(report, tight))  # type: ignore[attr-defined]  # a macro
        room = most - measure(_page(front, top, "", footer)) - 64
        text = front + swept(_page("", top, Details(sections, room, measure).text(), footer), secrets)
        if measure(text) <= most:
            return text
    raise ValueError(
        "the tightest form of a report is too long"
    )  # pragma: no cover - bounded by construction


def _page(front: str, *parts: str) -> str:
    return front + "\n\n".join(part for part in parts if part) + "\n"


def _paragraphs(text: str) -> str:
    """With one blank line between two: a part of a template that is left out leaves its own."""
    return re.sub(r"\n{3,}", "\n\n", str(text)).strip()


@functools.cache
def _template() -> Template:
    """Everything that the template puts out is our own words, or escaped by a filter."""
    found = environment(lambda value: value if isinstance(value, Markup) else SAFE(own(str(value))))
    found.filters.update(
        md=lambda pieces, *limits: SAFE(text(pieces, *limits)),
        cell=lambda pieces, *limits: SAFE(text(pieces, *limits, in_table=True)),
        span=lambda value, *limits: SAFE(code_span(value, *limits)),
        span_in_cell=lambda value: SAFE(code_span(value, in_table=True)),
        message=lambda value: SAFE(code_span(value, 400, shorter=cut_end)),
        html=lambda value, longest: SAFE(html_text(value, longest)),
    )
    found.globals.update(words=words, code=code, listed=listed, SIGNS=SIGNS, erased=_erased, shown=_shown)
    return found.get_template("comment.md")


def text(pieces: Phrase, tight: Tightness = TIGHTNESS[0], *, in_table: bool = False) -> str:
    """A phrase as Markdown: our words as they are, data in code spans."""
    found: list[str] = []
    for piece in pieces:
        if sum(map(len, found)) > tight.phrase:
            return "".join(found) + "…"
        if piece.kind in ("code", "said"):
            shorter = cut if piece.kind == "code" else cut_end
            found.append(code_span(piece.text, tight.value, in_table=in_table, shorter=shorter))
        elif piece.kind == "unknown":
            found.append("*known after apply*")
        elif piece.kind == "secret":
            found.append(r"\[secret\]")
        else:
            ours = own(cut(piece.text, tight.phrase), in_table=in_table)
            found.append(f"**{ours.strip()}**" if piece.kind == "strong" and ours.strip() else ours)
    return "".join(found)


def own(ours: str, *, in_table: bool = False) -> str:
    """Our own words hold no markup, but a report from another machine may: escaped where it could matter."""
    if not ours.isascii():
        ours = visible(ours)
    if not _RISKY.search(ours):
        return ours
    return plain_text(ours, in_table=in_table)


def _shown(stacks: Sequence[StackReport], tight: Tightness) -> list[StackReport]:
    """Those that the table has room for: the worst, in their order."""
    worst = sorted(stacks, key=lambda stack: VERDICTS.index(stack.verdict))[: tight.stacks]
    return [stack for stack in stacks if stack in worst]


def _erased(stack: StackReport, tight: Tightness) -> Phrase:
    certain, maybes = words.erased(stack, tight.names), words.perhaps_erased(stack)
    told = [
        phrase(code(item.name), f": {item.likely if item.likely in ('likely', 'unlikely') else 'perhaps'}")
        for item in maybes[: tight.names]
    ]
    more = f", {len(maybes) - len(told)} more perhaps" if len(maybes) > len(told) else ""
    stopped = " (not complete)" if certain and not stack.complete else ""
    return phrase(certain or "–", stopped, (" (", joined(told, ", "), more, ")") if maybes else "")


def _footer(report: Report, more: str) -> str:
    """What it is about, and what the form of the preview or the kind of change leaves open."""
    told = [f"Commit {code_span(report.commit[:12])}"] if report.commit else []
    told += [_run(report)] if report.run else []
    told += [f"engine {code_span(report.engine)}"] if report.engine else []
    dates = {(stack.catalog_date, stack.catalog_hash) for stack in report.stacks if stack.catalog_date}
    catalogs = " and ".join(
        code_span(day) + (f" ({code_span(hash_[:12])})" if hash_ else "") for day, hash_ in sorted(dates)[:3]
    )
    prices = f"catalog of {catalogs}" if dates else "as the provider told them"
    digests = [stack.stack for stack in report.stacks if stack.form == "digest"]
    changes = [change for stack in report.stacks for change in stack.changes]
    notes = [
        ", ".join(told),
        f"Prices: {prices}, monthly caps by type and region plus backups; no traffic, volumes or tax",
        f"From a digest: {text(listed(digests))}; policies, stack outputs and unchanged resources may be missing"
        if digests else "",
        "Where a new server is made first, both run for a while, by the hour"
        if any(change.op == "replace" and change.delete_first is False for change in changes) else "",
        words.LEGEND,
        more,
    ]  # fmt: skip
    return f"<sub>{'. '.join(note for note in notes if note)}.</sub>"


def _run(report: Report) -> str:
    number, url = plain_text(cut(report.run.split(".")[0], 40)), report.run_url
    if ADDRESS.fullmatch(url) or re.fullmatch(r"\.\./[A-Za-z0-9._/-]+", url):
        return f"[run {number}]({url})"
    return f"run {number}"


@dataclass
class Section:
    """One stack's folded details.

    head: what changes, in short. rows: finished, each with the verdict that decides when it gives way, worst first.
    dropped: the parts that have given way.
    """

    stack: StackReport
    head: str
    opened: bool
    rows: Sequence[tuple[Verdict, str]]
    dropped: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, stack: StackReport, *, everything_open: bool) -> Section:
        changed = sorted(
            (change for change in stack.changes if change.changed),
            key=lambda change: (VERDICTS.index(words.row_verdict(change)), change.urn),
        )
        rows = []
        for change in changed:
            sign, *phrases, month = words.row(change)
            cells = [sign, *(text(cell, in_table=True) for cell in phrases), month]
            rows.append((words.row_verdict(change), f"| {' | '.join(cells)} |"))
        head = f"{words.plan(stack)}, {words.unchanged(stack)}"
        return cls(stack, head, everything_open or stack.verdict in words.TO_DECIDE, rows)

    def least(self) -> int:
        """How many rows have not given way: the first ones, because the worst stand first and are dropped last."""
        return sum(verdict not in self.dropped for verdict, _ in self.rows)

    def render(self, most: int | None = None) -> str:
        number = self.least() if most is None else most
        rows = SAFE("\n".join(line for _, line in self.rows[:number]))
        left = len(self.rows) - number
        section = _template().module.section  # type: ignore[attr-defined]  # a macro
        return _paragraphs(section(self.stack, self.head, self.opened, rows, left, self.dropped))


class Details:
    """The sections, with as little dropped as the room asks for, and filled up with the next rows."""

    def __init__(self, sections: Sequence[Section], room: int, measure: Measure) -> None:
        self._sections, self._room, self._measure = sections, room, measure
        for section in sections:
            section.dropped = frozenset()
        self._texts = [section.render() for section in sections]
        self._sizes = [measure(item) for item in self._texts]
        ranks = [VERDICTS.index(section.stack.verdict) for section in sections]
        self._loudest = sorted(range(len(sections)), key=lambda index: ranks[index])

    def text(self) -> str:
        """Empty if not even the sections' heads have room."""
        if not self._sections:
            return ""
        self._drop()
        if self._total() > self._room:
            return ""
        self._fill()
        kept = [item for item in self._texts if item]
        left = len(self._texts) - len(kept)
        note = [f"Details of {left} more: summary of the run."] if left else []
        return "### Details\n\n" + "\n\n".join([*kept, *note])

    def _drop(self) -> None:
        """Whole parts at a time, the quietest stack first; then whole stacks."""
        for part in (*GIVING_WAY, ""):
            for index in reversed(self._loudest):
                if self._total() <= self._room:
                    return
                if part:
                    self._sections[index].dropped |= {part}
                self._put(index, self._sections[index].render() if part else "")

    def _fill(self) -> None:
        """What is left of the room goes to rows that were dropped: the worst verdict first, then the loudest stack."""
        shown = [section.least() for section in self._sections]
        for part in reversed(GIVING_WAY):
            for index in self._loudest:
                section = self._sections[index]
                end = shown[index] + sum(verdict == part for verdict, _ in section.rows[shown[index] :])
                if part in section.dropped and self._texts[index] and end > shown[index]:
                    room = self._room - self._total() + self._sizes[index]
                    shown[index] = self._most(section, shown[index], end, room)
                    self._put(index, section.render(shown[index]))

    def _most(self, section: Section, low: int, high: int, room: int) -> int:
        """The largest number of rows between two with which a section still fits."""
        while low < high:
            middle = (low + high + 1) // 2
            if self._measure(section.render(middle)) <= room:
                low = middle
            else:
                high = middle - 1
        return low

    def _put(self, index: int, text: str) -> None:
        self._texts[index], self._sizes[index] = text, self._measure(text)

    def _total(self) -> int:
        return sum(size + 2 for size in self._sizes if size) + len("### Details\n\n") + 60
