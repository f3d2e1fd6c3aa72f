"""The report as GitHub Markdown: the comment of a pull request and the summary of a run, of bounded size."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from jinja2 import Template
from markupsafe import Markup

from fleet.report.escaping import ADDRESS, MESSAGE, code_span, cut, cut_end, plain_text, visible
from fleet.report.forms import marker, words
from fleet.report.forms.html_page import environment
from fleet.report.forms.once import once
from fleet.report.forms.redacting import redacted
from fleet.report.judge.heading import by_verdict
from fleet.report.masking import swept
from fleet.report.model import SIGNS, Report, StackReport
from fleet.report.phrases import Phrase, code, listed, longest_line

COMMENT_UNITS = 65_000
"""UTF-16 units. The code host's own message says 65,536 characters; some hosts count one way, some the other."""

SUMMARY_BYTES = 1_000_000
"""A step summary of more than 1,024 kB is refused whole."""

WIDEST = 40
"""Characters of a column that are kept in one line. The code host squeezes all else, down to single words."""

NUMBER_SPACE, END_OF_SPACE, NO_BREAK = "\u2007", "&numsp;", "\u00a0"
"""As wide as a digit, and never broken; as an entity it is no blank that Markdown takes off a cell's end."""

_RISKY = re.compile(r"[\\`*_\[\]<>#|@&]|~(?! )|\w://|www\.|\$(?!\d)|[\r\n]")
SAFE = Markup
Measure = Callable[[str], int]


class Tightness(NamedTuple):
    """Limits of the parts that stay.

    findings shown, names in a cell, stacks in the table, characters of a value, of a message and of a whole phrase.
    """

    findings: int
    names: int
    stacks: int
    value: int
    said: int = 80
    phrase: int = 4000
    catalog: int = 50


TIGHTNESS = (
    Tightness(findings=30, names=5, stacks=100, value=80, said=MESSAGE),
    Tightness(findings=30, names=3, stacks=60, value=60, phrase=2000, catalog=20),
    Tightness(findings=15, names=2, stacks=40, value=40, phrase=1000, catalog=5),
    Tightness(findings=8, names=1, stacks=20, value=24, said=60, phrase=600, catalog=0),
    Tightness(findings=3, names=0, stacks=8, value=16, said=60, phrase=300, catalog=0),
)

PARTS = ("top", "look", "details")
"""Of the template; the table of changes stands below the first."""

DETAILS = ("all", "short", "none")
"""How much is told below the table: first the outputs give way, then all of it."""

READABLE = 16
"""Characters of a line of words that is no effort to read."""


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
    """The longest version that fits: outputs give way first, then harmless rows, then the details.

    The heading, the table of stacks and what needs a decision are written tighter only when nothing else is left.
    """
    module, footer = _template().module, _footer(report, more)
    table = changes_table(report)
    for tight in TIGHTNESS:
        for told in DETAILS:
            parts = [_paragraphs(getattr(module, part)(report, tight, told)) for part in PARTS]
            fixed = measure(_page(front, parts[0], table.text(0), *parts[1:], footer)) + 64
            shown = table.fitting(most - fixed, measure)
            last = told == DETAILS[-1]
            if not last and shown < len(table.rows) and (told == DETAILS[0] or fixed > most // 2):
                continue
            text = front + swept(_page("", parts[0], table.text(shown), *parts[1:], footer), secrets)
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
        span_in_cell=lambda value: SAFE(code_span(value, in_table=True)),
        message=lambda value: SAFE(code_span(value, MESSAGE, shorter=cut_end)),
    )
    found.globals.update(
        words=words, code=code, listed=listed, SIGNS=SIGNS, by_verdict=by_verdict, stack_heads=_stack_heads
    )
    return found.get_template("comment.md")


def text(pieces: Phrase, tight: Tightness = TIGHTNESS[0], *, in_table: bool = False) -> str:
    """A phrase as Markdown: our words as they are, data in code spans."""
    found: list[str] = []
    for piece in pieces:
        if sum(map(len, found)) > tight.phrase:
            return "".join(found) + "…"
        if piece.kind in ("code", "said"):
            shorter, longest = (cut, tight.value) if piece.kind == "code" else (cut_end, tight.said)
            found.append(code_span(piece.text, longest, in_table=in_table, shorter=shorter))
        elif piece.kind == "break":
            found.append("<br>" if in_table else " ")
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


def _footer(report: Report, more: str) -> str:
    """What it is about, and what the form of the preview or the kind of change leaves open."""
    told = [f"Commit {code_span(report.commit[:7])}"] if report.commit else []
    told += [_run(report)] if report.run else []
    told += [f"engine {code_span(report.engine)}"] if report.engine else []
    dates = sorted({stack.catalog_date for stack in report.stacks if stack.catalog_date})
    prices = f"catalog of {' and '.join(map(code_span, dates[:3]))}" if dates else "as the provider told them"
    blind = [stack.stack for stack in report.stacks if words.is_blind(stack)]
    digests = [stack.stack for stack in report.stacks if stack.form == "digest"]
    changes = [change for stack in report.stacks for change in stack.changes]
    notes = [
        ", ".join(told),
        f"Prices: {prices}, monthly caps by type and region plus backups; no traffic or tax",
        f"{text(words.BY_THE_STATE)}{f': {text(listed(blind))}' if len(report.stacks) > 1 else ''}" if blind else "",
        f"From a digest: {text(listed(digests))}; policies, stack outputs and unchanged resources may be missing"
        if digests else "",
        "Where a new server is made first, both run for a while, by the hour"
        if any(change.op == "replace" and change.delete_first is False for change in changes) else "",
        words.legend(report),
        more,
    ]  # fmt: skip
    return f"<sub>{'. '.join(note for note in notes if note)}.</sub>"


def _run(report: Report) -> str:
    number, url = plain_text(cut(report.run.split(".")[0], 40)), report.run_url
    if ADDRESS.fullmatch(url) or re.fullmatch(r"\.\./[A-Za-z0-9._/-]+", url):
        return f"[run {number}]({url})"
    return f"run {number}"


def _head(title: str, widest: int, *, right: bool = False) -> str:
    """A column's title, filled up so that the column is as wide as what shouldn't be broken in it."""
    fill = NUMBER_SPACE * (min(widest, WIDEST) * 7 // 8 + 1 - len(title) * 3 // 4)
    title = title.replace(" ", NO_BREAK)
    if not fill:
        return title
    return f"{END_OF_SPACE}{fill}{title}" if right else f"{title}{fill}{END_OF_SPACE}"


def _stack_heads(stacks: Sequence[StackReport]) -> Markup:
    def longest(phrases: Iterable[Phrase]) -> int:
        return max((len(piece.text) for phrase in phrases for piece in phrase), default=0)

    widest = {
        "Stack": longest((code(stack.stack),) for stack in stacks),
        "Verdict": 3 + longest(stack.word for stack in stacks),
        "Destroyed": longest(map(words.destroyed, stacks)),
        "Off": longest(map(words.off, stacks)),
        "Cost a month": max((len(words.cost(stack)) for stack in stacks), default=0),
    }
    return SAFE(" | ".join(_head(title, width) for title, width in widest.items()))


@dataclass(frozen=True)
class ChangesTable:
    """Every change of every stack, worst first, so that those which have no room are the harmless ones."""

    head: str
    rows: tuple[str, ...]

    def fitting(self, room: int, measure: Measure) -> int:
        """How many of the rows have room."""
        for index, row in enumerate(self.rows):
            room -= measure(row) + 1
            if room < 0:
                return index
        return len(self.rows)

    def text(self, shown: int) -> str:
        if not self.rows:
            return ""
        left = len(self.rows) - shown
        more = f"\n\n{left} more {'row' if left == 1 else 'rows'}: summary of the run." if left else ""
        return "\n".join(["### Changes", "", self.head, *self.rows[:shown]]) + more


@once
def changes_table(report: Report) -> ChangesTable:
    several, rows = len(report.stacks) > 1, []
    widest = [0] * len(words.HEADS)
    for stack, _, row in words.table(report):
        cells = [text(cell, in_table=True) for cell in row[:-1]]
        cells[0] = cells[0].replace(" ", NO_BREAK)
        cells[1:1] = [text((code(stack.stack),), in_table=True)] if several else []
        rows.append(f"| {' | '.join([*cells, row.month])} |")
        widest = list(map(max, widest, (*map(longest_line, row[:-1]), len(row.month))))
    name, what, effect, month = words.HEADS
    titles = [_head(name, widest[0]), *(["Stack"] if several else [])]
    titles += [_head(what, min(widest[1], words.LINE)), _head(effect, min(widest[2], READABLE))]
    head = f"| {' | '.join([*titles, _head(month, widest[3], right=True)])} |"
    return ChangesTable(f"{head}\n|{':--|' * len(titles)}--:|", tuple(rows))
