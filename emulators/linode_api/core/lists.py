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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulators.linode_api.core.errors import ApiError, Problem, bad_request

Row = Mapping[str, Any]
Test = Callable[[Row], bool]

DEEPEST = 20
DEFAULT_PAGE_SIZE = 100
SMALLEST_PAGE_SIZE = 25
LARGEST_PAGE_SIZE = 500


@dataclass(frozen=True)
class Attributes:
    """What a list can be filtered and sorted by; the rest is refused with `Cannot filter on …`."""

    filterable: frozenset[str]
    unsortable: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Selection:
    """A filter that was understood."""

    test: Test
    order_by: str | None = None
    descending: bool = False

    def apply(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that match; ties and unsorted rows stay in the order they came in."""
        matching = [row for row in rows if self.test(row)]
        if self.order_by is None:
            return matching
        key = self.order_by
        return sorted(matching, key=lambda row: sort_key(value_at(row, key)), reverse=self.descending)


def refuse(reason: str) -> ApiError:
    return bad_request(reason, "X-Filter")


def parse_filter(text: str | None, attributes: Attributes) -> Selection:
    """The selection a header asks for. Raises ApiError 400 on field `X-Filter`."""
    if text is None or not text.strip():
        return Selection(test=lambda _: True)
    try:
        wanted = json.loads(text)
    except (ValueError, RecursionError):
        raise refuse("X-Filter must be valid JSON") from None
    if not isinstance(wanted, dict):
        raise refuse("X-Filter must be a JSON object")
    wanted = dict(wanted)
    order_by = wanted.pop("+order_by", None)
    order = wanted.pop("+order", "asc")
    if order not in ("asc", "desc"):
        raise refuse("+order must be asc or desc")
    if order_by is not None:
        check_sortable(order_by, attributes)
    return Selection(object_test(wanted, attributes, 0), order_by, order == "desc")


def check_sortable(name: object, attributes: Attributes) -> None:
    if not isinstance(name, str) or name not in attributes.filterable - attributes.unsortable:
        raise refuse(f"Cannot order by {name}")


def object_test(wanted: Mapping[str, Any], attributes: Attributes, depth: int) -> Test:
    if depth > DEEPEST:
        raise refuse("Could not apply filter")
    return every([key_test(key, value, attributes, depth) for key, value in wanted.items()])


def every(tests: Sequence[Test]) -> Test:
    return lambda row: all(test(row) for test in tests)


def some(tests: Sequence[Test]) -> Test:
    return lambda row: any(test(row) for test in tests)


def key_test(key: str, value: Any, attributes: Attributes, depth: int) -> Test:
    if key in ("+and", "+or"):
        if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
            raise refuse(f"{key} must be a list of filters")
        parts = [object_test(part, attributes, depth + 1) for part in value]
        return every(parts) if key == "+and" else some(parts)
    if key not in attributes.filterable:
        raise refuse(f"Cannot filter on {key}")
    if isinstance(value, list):
        raise refuse(f"{key.capitalize()} filter must be a string or dict")
    if isinstance(value, dict):
        return every([operator_test(key, name, operand) for name, operand in value.items()])
    return lambda row: any_value(value_at(row, key), lambda found: equal(found, value))


def operator_test(key: str, operator: str, operand: Any) -> Test:
    compare = COMPARISONS.get(operator)
    if compare is None:
        raise refuse(f"Cannot filter on {operator}")
    if isinstance(operand, dict | list):
        raise refuse(f"{operator} needs a single value")
    if operator == "+neq":
        return lambda row: not any_value(value_at(row, key), lambda found: equal(found, operand))
    return lambda row: any_value(value_at(row, key), lambda found: compare(found, operand))


def any_value(found: Any, test: Callable[[Any], bool]) -> bool:
    """A list attribute (tags, ipv4) matches when one of its members does."""
    if isinstance(found, list):
        return any(test(member) for member in found)
    return test(found)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def equal(found: Any, wanted: Any) -> bool:
    if is_number(found) and is_number(wanted):
        return bool(found == wanted)
    return type(found) is type(wanted) and bool(found == wanted)


def ordered(found: Any, wanted: Any) -> bool:
    """Whether the two have an order: two numbers, or two texts (dates are texts)."""
    return (is_number(found) and is_number(wanted)) or (isinstance(found, str) and isinstance(wanted, str))


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "+gt": lambda found, wanted: ordered(found, wanted) and found > wanted,
    "+gte": lambda found, wanted: ordered(found, wanted) and found >= wanted,
    "+lt": lambda found, wanted: ordered(found, wanted) and found < wanted,
    "+lte": lambda found, wanted: ordered(found, wanted) and found <= wanted,
    "+contains": lambda found, wanted: isinstance(found, str) and isinstance(wanted, str) and wanted in found,
    "+neq": lambda found, wanted: not equal(found, wanted),
}


def value_at(row: Row, path: str) -> Any:
    """The attribute at a dotted path; None where it, or an object on the way, is missing or null."""
    found: Any = row
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def sort_key(value: Any) -> tuple[int, float, str]:
    """Null first, then numbers, then text."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, bool | int | float):
        return (1, float(value), "")
    return (2, 0.0, value if isinstance(value, str) else json.dumps(value))


def wanted_number(text: str | None, name: str) -> int | None:
    """The whole number that a filter demands of an attribute at its top level: a hint for the database."""
    try:
        wanted = json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
    value = wanted.get(name) if isinstance(wanted, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def envelope(
    rows: Sequence[Any], query: Mapping[str, str], *, zero_when_empty: bool = False
) -> dict[str, Any]:
    """One page of `rows`.

    An empty list says page 1 of 1; with `zero_when_empty` (/images under a filter) page 0 of 0.
    A page past the last one is empty (the real answer to that is not known).
    Raises ApiError 400 on `page` or `page_size`.
    """
    page, page_size = page_numbers(query)
    if not rows and zero_when_empty:
        return {"data": [], "page": 0, "pages": 0, "results": 0}
    pages = max(1, -(-len(rows) // page_size))
    if page > 2**64 // page_size:
        page = pages
    first = (page - 1) * page_size
    return {"data": list(rows[first : first + page_size]), "page": page, "pages": pages, "results": len(rows)}


def page_numbers(query: Mapping[str, str]) -> tuple[int, int]:
    problems: list[Problem] = []
    page = whole_number(query.get("page", "1"))
    if page is None or page < 1:
        problems.append(("page", "Must be 1 or greater"))
    page_size = whole_number(query.get("page_size", str(DEFAULT_PAGE_SIZE)))
    if page_size is None or not SMALLEST_PAGE_SIZE <= page_size <= LARGEST_PAGE_SIZE:
        problems.append(("page_size", f"Must be {SMALLEST_PAGE_SIZE}-{LARGEST_PAGE_SIZE}"))
    if problems or page is None or page_size is None:
        raise ApiError(400, problems)
    return page, page_size


def whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 40 else None
