"""What a filter is: a small immutable tree over the rows of one catalog, and what it means here.

    Filter ── Compare   one attribute against one value
           ├─ All       every part holds
           ├─ AnyOf     at least one part holds
           └─ Not       the part does not hold

The meaning is fixed here, whatever the API makes of it: text is compared exactly, case and all; an
attribute that is null or missing equals nothing but None, is above and below nothing and contains
nothing. `xfilter` says which part of a tree the API may do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Literal, NoReturn, TypeVar

from providers.linode.api.errors import BadFilter
from providers.linode.catalogs.field import Field, Row, Value, name_key

RecordT = TypeVar("RecordT")
Operator = Literal["==", "!=", "<", "<=", ">", ">=", "contains"]


class Filter(Generic[RecordT]):
    """A condition on the rows of a catalog, joined by `&`, `|` and `~`; generic in the record it is about."""

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

    def holds(self, row: Row) -> bool:
        """Whether the row, as the API sent it, satisfies the filter."""
        raise NotImplementedError

    def comparisons(self) -> Iterator[Compare[RecordT]]:
        """Every comparison in the tree, from left to right."""
        raise NotImplementedError


@dataclass(frozen=True)
class Compare(Filter[RecordT]):
    """One attribute against one value of the attribute's kind."""

    field: Field
    operator: Operator
    value: Value

    def holds(self, row: Row) -> bool:
        found = self.field.read(row)
        if self.operator == "==":
            return found == self.value
        if self.operator == "!=":
            return found != self.value
        if found is None or self.value is None:
            return False
        if self.operator == "contains":
            return isinstance(found, (str, tuple)) and str(self.value) in found
        return self._orders(found)

    def comparisons(self) -> Iterator[Compare[RecordT]]:
        yield self

    def _orders(self, found: object) -> bool:
        if self.operator == "<":
            return self.field.is_below(found, self.value)
        if self.operator == "<=":
            return not self.field.is_below(self.value, found)
        if self.operator == ">":
            return self.field.is_below(self.value, found)
        return not self.field.is_below(found, self.value)


@dataclass(frozen=True)
class _Joined(Filter[RecordT]):
    """Filters made one."""

    parts: tuple[Filter[RecordT], ...]

    def comparisons(self) -> Iterator[Compare[RecordT]]:
        for part in self.parts:
            yield from part.comparisons()


class All(_Joined[RecordT]):
    """Every part holds; with no part at all, every row does."""

    def holds(self, row: Row) -> bool:
        return all(part.holds(row) for part in self.parts)


class AnyOf(_Joined[RecordT]):
    """At least one part holds; with no part at all, no row does."""

    def holds(self, row: Row) -> bool:
        return any(part.holds(row) for part in self.parts)


@dataclass(frozen=True)
class Not(Filter[RecordT]):
    """The part does not hold."""

    part: Filter[RecordT]

    def holds(self, row: Row) -> bool:
        return not self.part.holds(row)

    def comparisons(self) -> Iterator[Compare[RecordT]]:
        yield from self.part.comparisons()


@dataclass(frozen=True)
class Order(Generic[RecordT]):
    """Rows sorted by one attribute: rows that lack it come last, equal ones in the order of their ids."""

    field: Field
    descending: bool = False

    def sort(self, rows: Iterable[Row]) -> list[Row]:
        """The rows in this order, whatever order they came in."""
        by_id = sorted(rows, key=lambda row: name_key(str(row.get("id", ""))))
        have = [row for row in by_id if self.field.read(row) is not None]
        lack = [row for row in by_id if self.field.read(row) is None]
        return sorted(have, key=lambda row: _Place(self.field, row), reverse=self.descending) + lack


class _Place:
    """A row's place among others by one attribute, for `sorted`."""

    def __init__(self, field: Field, row: Row) -> None:
        self.field = field
        self.value = field.read(row)

    def __lt__(self, other: _Place) -> bool:
        return self.field.is_below(self.value, other.value)


def _parts_of(part: object, joined: type[All[RecordT]] | type[AnyOf[RecordT]]) -> tuple[Filter[RecordT], ...]:
    """The parts of an `All` or `AnyOf`, to make one flat tree of a & b & c."""
    if isinstance(part, joined):
        return part.parts
    if isinstance(part, Filter):
        return (part,)
    raise BadFilter(f"{part!r} is not a filter. Next: compare an attribute, such as LinodeTypes.vcpus >= 2.")
