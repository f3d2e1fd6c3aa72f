r"""Texts with their escapes undone, and where each piece of them stood before.

JSON and Python write `\"`, `\u00e9` and `\xe9`, HTML `&#39;` and `&quot;`, addresses `%C3%A9`, and `+` for a blank. In
whatever case and however often a text was escaped: once all of it is undone, what was meant is there.
"""

from __future__ import annotations

import html
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

DEEPEST = 4
"""How often a text may be escaped over again."""

_HEX = "[0-9A-Fa-f]"


def _bytes_of_one(mark: str) -> str:
    """The bytes of one character in UTF-8, each behind a mark; else a single byte."""
    more = f"{mark}[89ABab]{_HEX}"
    two, three, four = f"[CDcd]{_HEX}{more}", f"[Ee]{_HEX}(?:{more}){{2}}", f"[Ff][0-7](?:{more}){{3}}"
    return f"{mark}(?:{two}|{three}|{four}|{_HEX}{{2}})"


_ESCAPE = re.compile(
    "|".join(
        [
            _bytes_of_one("%"),
            _bytes_of_one(r"\\x"),
            rf"\\u[Dd][89ABab]{_HEX}{{2}}\\u[Dd][C-Fc-f]{_HEX}{{2}}",
            rf"\\u{_HEX}{{4}}",
            r"""\\["'\\/bfnrt]""",
            rf"&(?:#[0-9]{{1,7}}|#[Xx]{_HEX}{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,31}});",
        ]
    )
)
_BLANKS = re.compile(r"[\s+]+")


def _meant(escape: str) -> str:
    if escape[0] == "&":
        return html.unescape(escape)
    if escape[0] == "%":
        return bytes.fromhex(escape.replace("%", "")).decode(errors="replace")
    if escape.startswith(r"\x"):
        sent = bytes.fromhex(escape.replace(r"\x", ""))
        return sent.decode(errors="replace") if len(sent) > 1 else sent.decode("latin-1")
    return "'" if escape == r"\'" else str(json.loads(f'"{escape}"'))


@dataclass(frozen=True)
class Undone:
    """A text, and the pieces of `source` that are written otherwise in it: (start, end) here and there."""

    text: str
    source: Undone | None = None
    here: tuple[tuple[int, int], ...] = ()
    there: tuple[tuple[int, int], ...] = ()

    def where(self, start: int, end: int) -> tuple[int, int]:
        """Where a piece stands in the first source of all."""
        if self.source is None:
            return start, end
        return self.source.where(self._before(start), self._after(end))

    def _before(self, start: int) -> int:
        at = bisect_right(self.here, (start, len(self.text))) - 1
        if at < 0:
            return start
        begins, ends = self.here[at]
        return self.there[at][0] if begins <= start < ends else self.there[at][1] + start - ends

    def _after(self, end: int) -> int:
        at = bisect_left(self.here, (end, 0)) - 1
        if at < 0:
            return end
        ends = self.here[at][1]
        return self.there[at][1] + max(0, end - ends)


def levels(text: str) -> Iterator[Undone]:
    """The text as it is, then with its escapes undone, once and over again, as far as that changes it."""
    found = Undone(text)
    yield found
    for _ in range(DEEPEST):
        undone = _undo(_undo(found, _ESCAPE, _meant), _BLANKS, lambda _: " ")
        if undone.text == found.text:
            return
        yield (found := undone)


def _undo(source: Undone, pattern: re.Pattern[str], meant: Callable[[str], str]) -> Undone:
    pieces, here, there, length, end = [], [], [], 0, 0
    for found in pattern.finditer(source.text):
        start, stop = found.span()
        if (text := meant(found[0])) == found[0]:
            continue
        pieces += [source.text[end:start], text]
        length += start - end
        here.append((length, length + len(text)))
        there.append((start, stop))
        length, end = length + len(text), stop
    return Undone("".join([*pieces, source.text[end:]]), source, tuple(here), tuple(there))
