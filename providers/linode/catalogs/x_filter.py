"""Where a filter becomes the header `X-Filter`: all of it, or the part that is safe to leave to the API.

`split` is for answers that are checked again here, which is what look-ups do: it sends only what cannot lose
a row, however the API reads it. `render` says exactly what the tree says, for callers that want just that.
Unknown, so assumed at its worst: whether text compares with case, accents and trailing blanks or without;
whether a list's filter matches one word, a part of one or the whole list; what null is unequal to; whether
times are cut or rounded to the second; whether pages hold still when sorted by an attribute with ties.

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
from providers.linode.catalogs.filter import (
    All,
    AnyOf,
    By,
    Compare,
    Filter,
    Here,
    Not,
    Operator,
    Value,
    Where,
    format_moment,
)

RecordT = TypeVar("RecordT")
XFilter = dict[str, object]
Say = Callable[[Filter[RecordT], Operator], "XFilter | None"]
"""What to say of a leaf of the tree, by this operator; None for nothing."""

SIGNS: dict[Operator, str] = {
    "!=": "+neq", "<": "+lt", "<=": "+lte", ">": "+gt", ">=": "+gte", "contains": "+contains"
}  # fmt: skip
OPPOSITE: dict[Operator, Operator] = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}

LONGEST = 4000
"""Characters of X-Filter that are surely accepted: servers commonly allow a header 8 kB, nobody says how much."""

WORD = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True)
class Split:
    """`sent` is what the API does, None for nothing; `complete` when that leaves nothing to do here."""

    sent: XFilter | None
    complete: bool


def render(where: Where[RecordT], order: By[RecordT] = None) -> XFilter:
    """The whole filter and order as X-Filter; BadFilter for what X-Filter has no words for."""
    said = _walk(where, True, _exactly) if where is not None else {}
    if said is None:
        raise BadFilter("X-Filter can't say a filter without parts. Next: leave the filter out.")
    return {**_say_order(order), **said}


def split(where: Where[RecordT], order: By[RecordT] = None) -> Split:
    """What to send, so that the API's answer has at least the rows that `where` holds for."""
    left_out: list[Filter[RecordT]] = []

    def say(leaf: Filter[RecordT], operator: Operator) -> XFilter | None:
        said = _at_least(leaf, operator) if isinstance(leaf, Compare) else None
        if said is None:
            left_out.append(leaf)
        return said

    said = (_walk(where, True, say) if where is not None else None) or {}
    if len(json.dumps(said)) > LONGEST:
        return Split(None, complete=False)
    if order is not None and order.field.unique and order.field.filterable:
        said = {**_say_order(order), **said}
    return Split(said or None, complete=not left_out and (bool(said) or where is None))


def _walk(node: Filter[RecordT], positive: bool, say: Say[RecordT]) -> XFilter | None:
    """The node, or its opposite, in X-Filter; None for "no matter what". Negation goes down to the leaves."""
    if isinstance(node, Not):
        return _walk(node.part, not positive, say)
    if isinstance(node, Compare):
        return say(node, node.operator if positive else OPPOSITE.get(node.operator, "!="))
    if not isinstance(node, (All, AnyOf)):
        return say(node, "==")
    said = [_walk(part, positive, say) for part in node.parts]
    known = [part for part in said if part is not None]
    if isinstance(node, All) == positive:
        return _all_of(known)
    if not known or len(known) < len(said):
        return None
    return {"+or": known} if len(known) > 1 else known[0]


def _all_of(parts: list[XFilter]) -> XFilter | None:
    """All parts as one object where their keys differ, else as +and."""
    if len(parts) < 2:
        return parts[0] if parts else None
    keys = [key for part in parts for key in part]
    if len(set(keys)) == len(keys) and not any(key.startswith("+") for key in keys):
        return {key: value for part in parts for key, value in part.items()}
    return {"+and": parts}


def _exactly(leaf: Filter[RecordT], operator: Operator) -> XFilter:
    if not isinstance(leaf, Compare):
        name = "Here" if isinstance(leaf, Here) else repr(leaf)
        raise BadFilter(
            f"X-Filter can't say {name}, which is told of a record here. Next: compare an attribute."
        )
    if leaf.value is None or (leaf.operator == "contains" and operator != "contains"):
        what = "null" if leaf.value is None else "what is not contained"
        raise BadFilter(
            f"X-Filter can't say {what}, as {leaf.field.table}.{leaf.field.name} is asked for. "
            "Next: let the catalog filter, which does that part here."
        )
    return _say(leaf.field.api_name, operator, leaf.value)


def _at_least(compare: Compare[RecordT], operator: Operator) -> XFilter | None:
    field, value = compare.field, compare.value
    if not field.filterable or value is None:
        return None
    wants_null = compare.holds({}) == (operator == compare.operator)
    if field.nullable and wants_null:
        return None  # here the row without a value is wanted; there, who knows
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
    is_word = compare.field.kind == "word" and compare.operator != "contains" and WORD.fullmatch(value)
    if operator == "!=" and not is_word:
        return None
    return _say(compare.field.api_name, operator, value)


def _say(name: str, operator: Operator, value: Value) -> XFilter:
    said = format_moment(value) if isinstance(value, datetime) else value
    return {name: said} if operator == "==" else {name: {SIGNS[operator]: said}}


def _say_order(order: By[RecordT]) -> XFilter:
    if order is None:
        return {}
    return {"+order_by": order.field.api_name, "+order": "desc" if order.descending else "asc"}
