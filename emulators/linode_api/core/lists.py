"""Lists: what the `X-Filter` header picks and sorts, and the pages in which the rows come.

The header is a JSON object.
Operators: a bare value (equal), `+and`, `+or`, `+gt`, `+gte`, `+lt`, `+lte`, `+contains`, `+neq`,
`+order_by`, `+order`. Attributes of nested objects are written with a dot (`entity.id`).
Source: API pages "Filtering and sorting", "Pagination"; recordings ExampleListImages_badfilter (texts of the refusals),
ExampleListKernels_all, ExampleListImages_notfound.

What the real API does here is not known, so this is a choice: text compares exactly, case counts;
a value of another type than the attribute's never matches; malformed JSON is a 400.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from emulators.linode_api.core import Json
from emulators.linode_api.core.errors import ApiError, Problem, bad_request, not_found, problem_if, raise_if

Row = Mapping[str, Any]
R = TypeVar("R", bound=Row)

EQUAL, NOT_EQUAL = "=", "+neq"
DEEPEST = 20
SMALLEST_PAGE_SIZE = 25
LARGEST_PAGE_SIZE = 500


@dataclass(frozen=True)
class Attributes:
    """What a list can be filtered and sorted by; the rest is refused with `Cannot filter on …`, or `ignored`."""

    filterable: frozenset[str]
    unsortable: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Comparison:
    """That an attribute, or a member of it where it is a list, compares with `operand`; the bare value is `=`."""

    name: str
    operator: str
    operand: Any

    def holds(self, row: Row) -> bool:
        found = values_at(row, self.name)
        if self.operator == NOT_EQUAL:
            return not any(equal(one, self.operand) for one in found)
        compare = COMPARISONS[self.operator]
        return any(compare(one, self.operand) for one in found)


@dataclass(frozen=True)
class All:
    parts: tuple[Condition, ...] = ()

    def holds(self, row: Row) -> bool:
        return all(part.holds(row) for part in self.parts)


@dataclass(frozen=True)
class AnyOf:
    parts: tuple[Condition, ...]

    def holds(self, row: Row) -> bool:
        return any(part.holds(row) for part in self.parts)


Condition = Comparison | All | AnyOf


@dataclass(frozen=True)
class Selection:
    """A filter that was understood."""

    condition: All = All()
    order_by: str | None = None
    descending: bool = False

    def apply(self, rows: Sequence[R]) -> list[R]:
        """The rows that match; ties and unsorted rows stay in the order they came in."""
        matching = [row for row in rows if self.condition.holds(row)]
        if self.order_by is None:
            return matching
        key = self.order_by
        return sorted(matching, key=lambda row: sort_key(value_at(row, key)), reverse=self.descending)


EVERYTHING = Selection()


def row_with(rows: Sequence[Json], name: str, value: object) -> Json:
    """The row that has this value. Raises ApiError 404."""
    for row in rows:
        if row[name] == value:
            return row
    raise not_found()


def refuse(reason: str) -> ApiError:
    return bad_request(reason, "X-Filter")


def parse_filter(text: str | None, attributes: Attributes) -> Selection:
    """The selection a header asks for. Raises ApiError 400 on field `X-Filter`."""
    if text is None or not text.strip():
        return EVERYTHING
    try:
        wanted = json.loads(text)
    except (ValueError, RecursionError):
        raise refuse("X-Filter must be valid JSON") from None
    if not isinstance(wanted, dict):
        raise refuse("X-Filter must be a JSON object")
    order_by, order = wanted.pop("+order_by", None), wanted.pop("+order", "asc")
    if order not in ("asc", "desc"):
        raise refuse("+order must be asc or desc")
    sortable = attributes.filterable - attributes.unsortable
    if order_by is not None and (not isinstance(order_by, str) or order_by not in sortable):
        raise refuse(f"Cannot order by {order_by}")
    return Selection(condition_of(wanted, attributes, 0), order_by, order == "desc")


def condition_of(wanted: Mapping[str, Any], attributes: Attributes, depth: int) -> All:
    if depth > DEEPEST:
        raise refuse("Could not apply filter")
    parts = [part for key, value in wanted.items() for part in conditions(key, value, attributes, depth)]
    return All(tuple(parts))


def conditions(key: str, value: Any, attributes: Attributes, depth: int) -> Sequence[Condition]:
    """What one key of a filter demands."""
    if key in ("+and", "+or"):
        if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
            raise refuse(f"{key} must be a list of filters")
        parts = tuple(condition_of(part, attributes, depth + 1) for part in value)
        return parts if key == "+and" else [AnyOf(parts)]
    if key in attributes.ignored:
        return ()
    if key not in attributes.filterable:
        raise refuse(f"Cannot filter on {key}")
    if isinstance(value, list):
        raise refuse(f"{key.capitalize()} filter must be a string or dict")
    if not isinstance(value, dict):
        return [Comparison(key, EQUAL, value)]
    return [comparison(key, name, operand) for name, operand in value.items()]


def comparison(key: str, name: str, operand: Any) -> Comparison:
    if name == EQUAL or name not in (*COMPARISONS, NOT_EQUAL):
        raise refuse(f"Cannot filter on {name}")
    if isinstance(operand, dict | list):
        raise refuse(f"{name} needs a single value")
    return Comparison(key, name, operand)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def equal(found: Any, wanted: Any) -> bool:
    same_kind = type(found) is type(wanted) or (is_number(found) and is_number(wanted))
    return same_kind and bool(found == wanted)


def comparable(found: Any, wanted: Any) -> bool:
    """Whether the two have an order: two numbers, or two texts (dates are texts)."""
    return (is_number(found) and is_number(wanted)) or (isinstance(found, str) and isinstance(wanted, str))


def ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda found, wanted: comparable(found, wanted) and compare(found, wanted)


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    EQUAL: equal,
    "+gt": ordered(operator.gt),
    "+gte": ordered(operator.ge),
    "+lt": ordered(operator.lt),
    "+lte": ordered(operator.le),
    "+contains": ordered(lambda found, wanted: isinstance(found, str) and wanted in found),
}


def value_at(row: Row, path: str) -> Any:
    """The attribute at a dotted path; None where it, or an object on the way, is missing or null."""
    found: Any = row
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def values_at(row: Row, path: str) -> list[Any]:
    """A list attribute (tags, ipv4) matches when one of its members does; an object in one stands for its label."""
    found: list[Any] = [row]
    for name in path.split("."):
        values = [one.get(name) if isinstance(one, Mapping) else None for one in found]
        found = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return [one.get("label") if isinstance(one, Mapping) else one for one in found]


def sort_key(value: Any) -> tuple[int, float, str]:
    """Null first, then numbers, then text."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, bool | int | float):
        return (1, float(value), "")
    return (2, 0.0, value if isinstance(value, str) else json.dumps(value))


def envelope(
    rows: Sequence[Any], query: Mapping[str, str], *, zero_when_empty: bool = False
) -> dict[str, Any]:
    """One page of `rows`, as `page` and `page_size` ask for it.

    An empty list says page 1 of 1; with `zero_when_empty` (/images under a filter) page 0 of 0.
    A page past the last one is empty (the real answer to that is not known).
    Raises ApiError 400 on `page` or `page_size`.
    """
    problems: list[Problem] = []
    page, size = (whole_number(query.get(name, one)) for name, one in (("page", "1"), ("page_size", "100")))
    problems += problem_if(page < 1, "page", "Must be 1 or greater")
    if not SMALLEST_PAGE_SIZE <= size <= LARGEST_PAGE_SIZE:
        problems.append(("page_size", f"Must be {SMALLEST_PAGE_SIZE}-{LARGEST_PAGE_SIZE}"))
    raise_if(problems)
    if not rows and zero_when_empty:
        return {"data": [], "page": 0, "pages": 0, "results": 0}
    pages = max(1, -(-len(rows) // size))
    if page > 2**64 // size:
        page = pages
    first = (page - 1) * size
    return {"data": list(rows[first : first + size]), "page": page, "pages": pages, "results": len(rows)}


def whole_number(text: str) -> int:
    """0 when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 40 else 0
