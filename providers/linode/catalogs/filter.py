"""What a filter is: a small immutable tree over the rows of one list, and what it means here.

    Filter ── Compare   one attribute against one value
           ├─ All       every part holds
           ├─ AnyOf     at least one part holds
           ├─ Not       the part does not hold
           └─ Here      what only this side can tell of a record: a distance, a price in a region

Criteria of settings and of the command line, and what a program writes, all become such a tree.
The meaning is fixed here, whatever the API makes of it: text is compared exactly, case and all; an
attribute that is null or missing counts as its default where it has one, else it equals nothing but None,
is above and below nothing and contains nothing. `x_filter` says which part of a tree the API may do.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Generic, Literal, NoReturn, TypeVar

from providers.linode.api.errors import BadFilter

RecordT = TypeVar("RecordT")
Row = Mapping[str, object]
Value = str | int | float | bool | datetime | None
Operator = Literal["==", "!=", "<", "<=", ">", ">=", "contains"]
Kind = Literal["number", "flag", "text", "word", "words", "moment", "version"]
"""flag: true or false · text: any string · word: one of a few lower-case words · words: a list of strings ·
moment: a time in UTC · version: text that orders as numbers do (5.9 before 5.10)."""


@dataclass(frozen=True)
class Field:
    """One attribute of a list's rows: its name here, its name in the API, what kind of value it holds.

    `nullable`: the API may send null for it. `filterable`: the API filters on it. `unique`: rows can be
    sorted by it without ties. `default`: what a row without it counts as.
    """

    table: str
    name: str
    api_name: str
    kind: Kind
    nullable: bool = False
    filterable: bool = False
    unique: bool = False
    default: Value = None

    def read(self, row: Row) -> Value | tuple[str, ...]:
        """The row's value; the default when it is null, missing, or of a kind that this attribute never has."""
        found: object = row
        for step in self.api_name.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
        value = as_kind(found, self.kind)
        return self.default if value is None else value

    def key(self, value: Any) -> Any:
        """What to order a value of this attribute by."""
        return version_key(value) if self.kind == "version" else value


class Filter(Generic[RecordT]):
    """A condition on the rows of a list, joined by `&`, `|` and `~`; generic in the record it is about."""

    __slots__ = ()

    def __and__(self, other: Filter[RecordT]) -> Filter[RecordT]:
        return All((*_parts_of(self, All), *_parts_of(other, All)))

    def __or__(self, other: Filter[RecordT]) -> Filter[RecordT]:
        return AnyOf((*_parts_of(self, AnyOf), *_parts_of(other, AnyOf)))

    def __invert__(self) -> Filter[RecordT]:
        return self.part if isinstance(self, Not) else Not(self)

    def __bool__(self) -> NoReturn:
        raise BadFilter(
            "a filter is neither true nor false: `and`, `or`, `not` and `1 < a < 2` would lose parts of it. "
            "Next: write (a) & (b), (a) | (b) or ~(a)."
        )

    def holds(self, row: Row, record: RecordT | None = None) -> bool:
        """Whether the row, as the API sent it, satisfies the filter; `record` is what was made of it, for `Here`."""
        raise NotImplementedError

    @property
    def inner(self) -> tuple[Filter[RecordT], ...]:
        """The filters that this one is made of."""
        return ()

    def comparisons(self) -> Iterator[Compare[RecordT]]:
        """Every comparison in the tree, from left to right."""
        if isinstance(self, Compare):
            yield self
        for part in self.inner:
            yield from part.comparisons()


ORDERED: dict[Operator, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge
}  # fmt: skip


@dataclass(frozen=True)
class Compare(Filter[RecordT]):
    """One attribute against one value of the attribute's kind."""

    field: Field
    operator: Operator
    value: Value

    def holds(self, row: Row, record: RecordT | None = None) -> bool:  # noqa: ARG002 - the row has it all
        found = self.field.read(row)
        if self.operator in ("==", "!="):
            return (found == self.value) is (self.operator == "==")
        if found is None or self.value is None:
            return False
        if self.operator == "contains":
            return isinstance(found, (str, tuple)) and str(self.value) in found
        return bool(ORDERED[self.operator](self.field.key(found), self.field.key(self.value)))

    def misses_by(self, row: Row) -> float:
        """How far the row's number is from the value; infinite where there is none."""
        has, wanted = self.field.read(row), self.value
        if isinstance(has, (int, float)) and isinstance(wanted, (int, float)):
            return abs(has - wanted)
        return math.inf


@dataclass(frozen=True)
class _Joined(Filter[RecordT]):
    """Filters made one."""

    parts: tuple[Filter[RecordT], ...]

    @property
    def inner(self) -> tuple[Filter[RecordT], ...]:
        return self.parts


class All(_Joined[RecordT]):
    """Every part holds; with no part at all, every row does."""

    def holds(self, row: Row, record: RecordT | None = None) -> bool:
        return all(part.holds(row, record) for part in self.parts)


class AnyOf(_Joined[RecordT]):
    """At least one part holds; with no part at all, no row does."""

    def holds(self, row: Row, record: RecordT | None = None) -> bool:
        return any(part.holds(row, record) for part in self.parts)


@dataclass(frozen=True)
class Not(Filter[RecordT]):
    """The part does not hold."""

    part: Filter[RecordT]

    def holds(self, row: Row, record: RecordT | None = None) -> bool:
        return not self.part.holds(row, record)

    @property
    def inner(self) -> tuple[Filter[RecordT], ...]:
        return (self.part,)


@dataclass(frozen=True)
class Here(Filter[RecordT]):
    """What only this side can tell of a record; never sent to the API, and false where there is no record."""

    test: Callable[[RecordT], bool]

    def holds(self, row: Row, record: RecordT | None = None) -> bool:  # noqa: ARG002 - the record has it all
        return record is not None and self.test(record)


@dataclass(frozen=True)
class Order(Generic[RecordT]):
    """Rows sorted by one attribute: rows that lack it come last, equal ones in the order of their ids."""

    field: Field
    descending: bool = False

    def sort(self, pairs: Iterable[tuple[Row, RecordT]]) -> list[tuple[Row, RecordT]]:
        """The rows in this order with what was made of each, whatever order they came in."""
        by_id = sorted(pairs, key=lambda each: name_key(str(each[0].get("id", ""))))
        have = [each for each in by_id if self.field.read(each[0]) is not None]
        lack = [each for each in by_id if self.field.read(each[0]) is None]
        have.sort(key=lambda each: self.field.key(self.field.read(each[0])), reverse=self.descending)
        return have + lack


Where = Filter[RecordT] | None
"""A filter; None for all rows."""

By = Order[RecordT] | None
"""An order; None for the API's own, for which there is no promise."""


def _parts_of(part: object, joined: type[All[RecordT]] | type[AnyOf[RecordT]]) -> tuple[Filter[RecordT], ...]:
    """The parts of an `All` or `AnyOf`, to make one flat tree of a & b & c."""
    if isinstance(part, joined):
        return part.parts
    if isinstance(part, Filter):
        return (part,)
    raise BadFilter(f"{part!r} is not a filter. Next: compare an attribute, such as LinodeTypes.vcpus >= 2.")


def as_kind(value: Any, kind: Kind) -> Any:
    """A value of the API's as this kind of attribute holds it; None when it is of another kind."""
    if kind == "words":
        listed = isinstance(value, (list, tuple))
        return tuple(each for each in value if isinstance(each, str)) if listed else None
    if kind == "flag":
        return value if isinstance(value, bool) else None
    if kind == "number":
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        return value if number else None
    if not isinstance(value, str):
        return None
    return parse_moment(value) if kind == "moment" else value


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
