"""The report as GitHub Markdown: the comment of a pull request and the summary of a run, of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fleet.report.forms import markdown_details, markdown_parts, marker
from fleet.report.forms.markdown_details import Details
from fleet.report.forms.redacting import redacted
from fleet.report.masking import swept
from fleet.report.model import Report

COMMENT_UNITS = 65_000
"""UTF-16 units. The code host's own message says 65,536 characters; some hosts count one way, some the other."""

SUMMARY_BYTES = 1_000_000
"""A step summary of more than 1,024 kB is refused whole."""


@dataclass(frozen=True)
class Limit:
    most: int
    measure: Callable[[str], int]


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def utf8_bytes(text: str) -> int:
    return len(text.encode())


def comment(report: Report, secrets: Sequence[str] = ()) -> str:
    """The sticky comment, with its marker in the first line."""
    report, limit = redacted(report, secrets), Limit(COMMENT_UNITS, utf16_units)
    return _fitted(report, marker.of(report).line() + "\n", limit, secrets, full=False)


def summary(report: Report, secrets: Sequence[str] = ()) -> str:
    """The full text for the summary of a run."""
    return _fitted(redacted(report, secrets), "", Limit(SUMMARY_BYTES, utf8_bytes), secrets, full=True)


def _fitted(report: Report, front: str, limit: Limit, secrets: Sequence[str], *, full: bool) -> str:
    """The longest version that fits: details give way first, then the look-at list, never what must be decided.

    The heading, the table and what needs a decision are written tighter only when nothing else is left.
    """
    text = ""
    every_detail = Details.of(report)
    for tightness in markdown_parts.TIGHTNESS:
        fixed = markdown_parts.fixed(report, tightness, full=full)
        size_of_fixed = limit.measure(_join(front, fixed.top, "", fixed.footer))
        room = limit.most - size_of_fixed - 64
        details = markdown_details.fitted(every_detail, room, limit.measure)
        text = front + swept(_join("", fixed.top, details, fixed.footer), secrets)
        if limit.measure(text) <= limit.most:
            return text
    raise ValueError(
        "the tightest form of a report is too long"
    )  # pragma: no cover - bounded by construction


def _join(front: str, top: str, details: str, footer: str) -> str:
    return front + "\n\n".join(part for part in (top, details, footer) if part) + "\n"
