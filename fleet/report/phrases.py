"""Sentences made of our own words and of data from the branch, kept apart until a renderer joins them.

A renderer decides how data is shown: a code span, a <code> element, plain text. Ours and theirs can never mix.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from fleet.report.read.files import Frozen

Kind = Literal["text", "code", "said", "strong", "unknown", "secret", "break"]


class Piece(Frozen):
    """text and strong are our words; code is data, said a message; unknown, secret stand for values; break ends a line.

    Where there is little room, data keeps both its ends, and a message its beginning: the cause stands first.
    """

    kind: Kind
    text: str = ""


BREAK = Piece(kind="break")
Phrase = tuple[Piece, ...]
Words = str | Piece | Sequence["Words"]
"""Our own text, a piece, or several of these."""


def code(value: str) -> Piece:
    return Piece(kind="code", text=value)


def said(message: str) -> Piece:
    return Piece(kind="said", text=message)


def strong(value: str) -> Piece:
    return Piece(kind="strong", text=value)


def phrase(*parts: Words) -> Phrase:
    """All in one; empty texts are left out."""
    found: list[Piece] = []
    for part in parts:
        if isinstance(part, Piece):
            found.append(part)
        elif isinstance(part, str):
            found += [Piece(kind="text", text=part)] if part else []
        else:
            found += phrase(*part)
    return tuple(found)


def listed(values: Iterable[str], most: int = 5) -> Phrase:
    """`a`, `b` and `c`; with more than `most` the rest is a number."""
    items = list(values)
    shown, rest = items[:most], len(items) - most
    parts: list[Words] = []
    for index, item in enumerate(shown):
        last = index == len(shown) - 1 and rest <= 0
        parts += [(" and " if last else ", ") if index else "", code(item)]
    return phrase(parts, f" and {rest} more" if rest > 0 else "")


def trimmed(pieces: Phrase) -> Phrase:
    """Without blanks at either end."""
    found = list(pieces)
    if found and found[0].kind == "text":
        found[0] = Piece(kind="text", text=found[0].text.lstrip())
    if found and found[-1].kind == "text":
        found[-1] = Piece(kind="text", text=found[-1].text.rstrip())
    return tuple(piece for piece in found if piece.text or piece.kind not in ("text", "strong"))


def joined(phrases: Iterable[Phrase], separator: str) -> Phrase:
    return phrase([(separator if index else "", item) for index, item in enumerate(phrases)])


def plain(pieces: Phrase) -> str:
    """For a terminal, a title or a test: words only."""
    return "".join(STAND_INS.get(piece.kind, piece.text) for piece in pieces)


STAND_INS = {"unknown": "(known after apply)", "secret": "[secret]", "break": " "}


def longest_line(pieces: Phrase) -> int:
    """In characters."""
    longest = line = 0
    for piece in pieces:
        line = 0 if piece.kind == "break" else line + len(piece.text or STAND_INS.get(piece.kind, ""))
        longest = max(longest, line)
    return longest


def counted(number: int, one: str) -> str:
    """`1 server`, `2 servers`."""
    return f"{number} {one if number == 1 else one + 's'}"
