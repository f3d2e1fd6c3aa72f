"""Data from the branch as text that stays data: no mention, link, HTML or table cell can come from it."""

from __future__ import annotations

import re
from collections.abc import Callable

from markupsafe import escape

ADDRESS = re.compile(r"https?://[A-Za-z0-9._:-]+/[A-Za-z0-9._/-]*")
"""One that can be linked to as it is."""

LONGEST = 80
"""Characters of one value in a table or a sentence; a longer one is cut in the middle."""

MESSAGE = 400
"""Characters of a message."""

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ue000-\uf8ff\ufeff\uffa0\ufff0-\ufffb"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
"""By number, not by category: what Python knows of characters differs between its versions, and bytes must not."""

_LINE_END = re.compile(r"\r\n?|[\n\x0b\x0c\x85\u2028\u2029]")
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|<>~$@:&])")


def cut(text: str, longest: int = LONGEST) -> str:
    """Both ends of a long text."""
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def cut_end(text: str, longest: int = LONGEST) -> str:
    """The beginning of a long text."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def visible(text: str) -> str:
    """Line ends as ⏎, tabs as spaces; control, direction and other unseen characters by their number."""
    if text.isascii() and text.isprintable() and "--" not in text:
        return text  # as most are
    text = _LINE_END.sub("⏎", text).replace("\t", " ")
    text = _UNSEEN.sub(lambda match: _numbered(match.group()), text)
    return text.replace("-->", "-- >").replace("<!--", "<! --")


def _numbered(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{{{number:x}}}"


def code_span(
    text: str, longest: int = LONGEST, *, in_table: bool = False, shorter: Callable[[str, int], str] = cut
) -> str:
    """A code span with a fence longer than any run of backticks inside. Source: GitHub Flavored Markdown, 6.3."""
    shown = visible(shorter(text, longest))
    if not shown.strip():
        return "*empty*"
    runs = [len(run) for run in re.findall(r"`+", shown)] if "`" in shown else []
    fence = "`" * next(size for size in range(1, len(runs) + 2) if size not in runs)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    if in_table:
        shown = table_pipes(shown)
    return f"{fence}{pad}{shown}{pad}{fence}"


def table_pipes(text: str) -> str:
    """A pipe splits a cell even in a code span. One after a backslash can't be escaped again: it is replaced."""
    return text.replace("\\|", "\\¦").replace("|", "\\|")


def plain_text(text: str, *, in_table: bool = False) -> str:
    """Words that stand for themselves in Markdown, whatever they hold."""
    shown = visible(text)
    escaped = _MARKUP.sub(r"\\\1", shown) if _MARKUP.search(shown) else shown
    return escaped.replace("\\|", "¦") if in_table else escaped


def html_text(text: str, longest: int | None = None) -> str:
    return str(escape(visible(text if longest is None else cut(text, longest))))
