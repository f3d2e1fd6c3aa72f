"""One attribute of a catalog's rows: its name here, its name in the API, what kind of value it holds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Literal

Value = str | int | float | bool | datetime | None
Row = Mapping[str, object]

Kind = Literal["whole", "number", "flag", "text", "word", "words", "moment", "version"]
"""whole: an integer · number · flag: true or false · text: any string · word: one of a few lower-case words ·
words: a list of strings · moment: a time in UTC · version: text that orders as numbers do (5.9 before 5.10)."""

ORDERED: frozenset[Kind] = frozenset({"whole", "number", "moment", "version"})
SEARCHED: frozenset[Kind] = frozenset({"text", "word", "words", "version"})


@dataclass(frozen=True)
class Field:
    """Where a value stands in a row and how it compares. `nullable`: the API may send null for it."""

    catalog: str
    name: str
    api_name: str
    kind: Kind
    nullable: bool = False

    def read(self, row: Row) -> Value | tuple[str, ...]:
        """The row's value; None when it is null, missing, or of a kind that this attribute never has."""
        return _as_kind(_dig(row, self.api_name), self.kind)

    def is_below(self, left: object, right: object) -> bool:
        """Whether left comes before right; both are values of this attribute, neither is None."""
        if self.kind == "version":
            return version_key(str(left)) < version_key(str(right))
        if isinstance(left, datetime) and isinstance(right, datetime):
            return left < right
        if isinstance(left, (int, float)) and isinstance(right, (int, float)):
            return left < right
        return str(left) < str(right)


def version_key(version: str) -> tuple[tuple[int, str], ...]:
    """Sorts versions as people do: 5.9 before 5.10, 24.04 before 24.10, a word after any number."""
    parts = re.findall(r"\d+|[^\d.\-_+ ]+", version)
    return tuple((int(part), "") if part.isdigit() else (10**9, part) for part in parts)


def name_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts ids as people do: g6-standard-2 before g6-standard-16."""
    parts = re.split(r"(\d+)", name)
    return tuple((0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts)


def parse_moment(text: str) -> datetime | None:
    """A time of the API, which is UTC without saying so, as an aware datetime; None when it is not a time."""
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def format_moment(moment: datetime) -> str:
    """A time as the API writes and reads it: UTC, whole seconds, no zone."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


def _dig(row: Row, path: str) -> object:
    found: object = row
    for step in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(step)
    return found


def _as_kind(value: object, kind: Kind) -> Value | tuple[str, ...]:
    if kind == "words":
        return (
            tuple(each for each in value if isinstance(each, str))
            if isinstance(value, (list, tuple))
            else None
        )
    if kind == "flag":
        return value if isinstance(value, bool) else None
    if kind in ("whole", "number"):
        return _as_number(value)
    if not isinstance(value, str):
        return None
    return parse_moment(value) if kind == "moment" else value


def _as_number(value: object) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if math.isfinite(value) else None
