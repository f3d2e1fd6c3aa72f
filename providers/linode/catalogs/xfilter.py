"""A filter as the API's X-Filter: all of it, or the part that is safe to leave to the API.

`render` says exactly what the tree says, for callers that want just that. `split` is for answers that are
checked again here: it sends only what cannot lose a row, however the API reads it. Unknown, so assumed at
its worst: whether text compares with case, accents and trailing blanks or without; whether a list's filter
matches one word, a part of one or the whole list; what null is unequal to; whether times are cut or rounded
to the second; whether pages hold still when sorted by an attribute with ties.

Operators: +and +or +gt +gte +lt +lte +contains +neq +order_by +order.
Source: https://techdocs.akamai.com/linode-api/reference/filtering-and-sorting
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from providers.linode.api.errors import BadFilter
from providers.linode.catalogs.endpoints import Endpoint
from providers.linode.catalogs.field import Value, format_moment
from providers.linode.catalogs.tree import All, AnyOf, Compare, Filter, Not, Operator, Order

RecordT = TypeVar("RecordT")
XFilter = dict[str, object]
Say = Callable[[Compare[RecordT], Operator], "XFilter | None"]

SIGNS: dict[Operator, str] = {
    "!=": "+neq", "<": "+lt", "<=": "+lte", ">": "+gt", ">=": "+gte", "contains": "+contains"
}  # fmt: skip
OPPOSITE: dict[Operator, Operator] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}

LONGEST = 4000
"""Characters of X-Filter that are surely accepted: servers commonly allow a header 8 kB, nobody says how much."""

WORD = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True)
class Split:
    """`sent` is what the API does, None for nothing; `complete` when that leaves nothing out."""

    sent: XFilter | None
    complete: bool


def render(where: Filter[RecordT] | None, order: Order[RecordT] | None = None) -> XFilter:
    """The whole filter and order as X-Filter; BadFilter for what X-Filter has no words for."""
    said = _walk(where, True, _exactly) if where is not None else {}
    if said is None:
        raise BadFilter("X-Filter can't say a filter without parts. Next: leave the filter out.")
    return {**_say_order(order), **said}


def split(where: Filter[RecordT] | None, order: Order[RecordT] | None, endpoint: Endpoint) -> Split:
    """What to send, so that the API's answer has at least the rows that `where` holds for."""
    if where is None:
        return Split(None, complete=True)
    left_out: list[Compare[RecordT]] = []

    def say(compare: Compare[RecordT], operator: Operator) -> XFilter | None:
        said = _at_least(compare, operator, endpoint)
        if said is None:
            left_out.append(compare)
        return said

    said = _walk(where, True, say)
    if said is None or len(json.dumps(said)) > LONGEST:
        return Split(None, complete=False)
    if order is not None and order.field.api_name in endpoint.unique & endpoint.filterable:
        said = {**_say_order(order), **said}
    return Split(said, complete=not left_out)


def _walk(node: Filter[RecordT], positive: bool, say: Say[RecordT]) -> XFilter | None:
    """The node, or its opposite, in X-Filter; None for "no matter what". Negation goes down to the leaves."""
    if isinstance(node, Not):
        return _walk(node.part, not positive, say)
    if isinstance(node, Compare):
        operator = node.operator if positive else OPPOSITE.get(node.operator)
        return say(node, operator or "!=")
    if not isinstance(node, (All, AnyOf)):
        raise BadFilter(f"{node!r} is not a filter. Next: compare an attribute of the catalog.")
    said = [_walk(part, positive, say) for part in node.parts]
    known = [part for part in said if part is not None]
    if isinstance(node, All) == positive:
        return _all_of(known)
    return {"+or": known} if known and len(known) == len(said) else None


def _all_of(parts: list[XFilter]) -> XFilter | None:
    """All parts as one object where their keys differ, else as +and."""
    if len(parts) < 2:
        return parts[0] if parts else None
    keys = [key for part in parts for key in part]
    if len(set(keys)) == len(keys) and not any(key.startswith("+") for key in keys):
        return {key: value for part in parts for key, value in part.items()}
    return {"+and": parts}


def _exactly(compare: Compare[RecordT], operator: Operator) -> XFilter:
    if compare.value is None or (compare.operator == "contains" and operator != "contains"):
        what = "null" if compare.value is None else "what is not contained"
        raise BadFilter(
            f"X-Filter can't say {what}, as {compare.field.catalog}.{compare.field.name} is asked for. "
            "Next: let the catalog filter, which does that part here."
        )
    return _say(compare.field.api_name, operator, compare.value)


def _at_least(compare: Compare[RecordT], operator: Operator, endpoint: Endpoint) -> XFilter | None:
    field, value = compare.field, compare.value
    if field.api_name not in endpoint.filterable or value is None:
        return None
    if field.nullable and (operator == "!=" or operator != compare.operator):
        return None  # here null is unequal to everything; there, who knows
    if isinstance(value, datetime):
        return _say_moment(field.api_name, operator, value)
    if isinstance(value, bool):
        return {field.api_name: value if operator == "==" else not value}
    if isinstance(value, (int, float)):
        return _say_number(field.api_name, operator, value)
    return _say_text(compare, operator, value)


def _say_moment(name: str, operator: Operator, value: datetime) -> XFilter | None:
    """A second wider at each end, for an API that keeps fractions which it does not show."""
    earlier = _say(name, ">=", value - timedelta(seconds=1))
    later = _say(name, "<=", value + timedelta(seconds=2))
    if operator in (">", ">="):
        return earlier
    if operator in ("<", "<="):
        return later
    return {"+and": [earlier, later]} if operator == "==" else None


def _say_number(name: str, operator: Operator, value: float) -> XFilter | None:
    """Whole numbers of ordinary size; unequal as "below or above", because +neq is documented for text alone."""
    if value != int(value) or abs(value) >= 2**31:
        return None
    if operator == "!=":
        return {"+or": [_say(name, "<", value), _say(name, ">", value)]}
    return _say(name, operator, value)


def _say_text(compare: Compare[RecordT], operator: Operator, value: str) -> XFilter | None:
    """Plain text only: no blank at an end, no letter with an accent, no backslash, never empty.

    `!=` only between lower-case words, which no way of comparing confuses; no order, because who knows whose.
    """
    plain = value.isascii() and value.isprintable() and value == value.strip() and value and "\\" not in value
    if not plain or operator in ("<", "<=", ">", ">="):
        return None
    if operator == "!=" and (compare.operator == "contains" or not _is_word(compare, value)):
        return None
    return _say(compare.field.api_name, operator, value)


def _is_word(compare: Compare[RecordT], value: str) -> bool:
    return compare.field.kind == "word" and WORD.fullmatch(value) is not None


def _say(name: str, operator: Operator, value: Value) -> XFilter:
    said = format_moment(value) if isinstance(value, datetime) else value
    return {name: said} if operator == "==" else {name: {SIGNS[operator]: said}}


def _say_order(order: Order[RecordT] | None) -> XFilter:
    if order is None:
        return {}
    return {"+order_by": order.field.api_name, "+order": "desc" if order.descending else "asc"}
