"""X-Filter and paging of the local API, against a plain evaluation in Python."""

from __future__ import annotations

import json
import sqlite3
import threading
from typing import Any

from hypothesis import given, strategies as st

from emulators.linode_api.core.database import Database
from emulators.linode_api.core.lists import Attributes, envelope, parse_filter
from emulators.linode_api.core.stored import Clause, Stored

NAMES = ("size", "label", "flag", "tags", "entity.id")
ATTRIBUTES = Attributes(frozenset(NAMES))
NUMBERS = st.integers(0, 4)
TEXTS = st.text("ab", max_size=2)

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "size": NUMBERS | st.none(),
            "label": TEXTS,
            "flag": st.booleans(),
            "tags": st.lists(TEXTS, max_size=2),
            "entity": st.none() | st.fixed_dictionaries({"id": NUMBERS}),
        }
    ),
    max_size=8,
)
VALUES = NUMBERS | TEXTS | st.booleans() | st.none()
OPERATORS = st.sampled_from(["+gt", "+gte", "+lt", "+lte", "+contains", "+neq"])
LEAVES = st.dictionaries(
    st.sampled_from(NAMES), VALUES | st.dictionaries(OPERATORS, VALUES, max_size=2), max_size=2
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda leaf, key, parts: {**leaf, key: parts},
        LEAVES,
        st.sampled_from(["+and", "+or"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=6,
)


def expected(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """The meaning of a filter, written again and differently."""
    for key, value in wanted.items():
        if key == "+and":
            holds = not [part for part in value if not expected(row, part)]
        elif key == "+or":
            holds = bool([part for part in value if expected(row, part)])
        else:
            inner = row["entity"] or {}
            found = inner.get("id") if key == "entity.id" else row[key]
            members = found if isinstance(found, list) else [found]
            conditions = value.items() if isinstance(value, dict) else [("=", value)]
            holds = all(condition(members, operator, operand) for operator, operand in conditions)
        if not holds:
            return False
    return True


def condition(members: list[Any], operator: str, operand: Any) -> bool:
    same = [member for member in members if type(member) is type(operand)]
    if operator == "=":
        return operand in same
    if operator == "+neq":
        return operand not in same
    if operator == "+contains":
        return isinstance(operand, str) and any(operand in member for member in same)
    if isinstance(operand, bool) or operand is None:
        return False
    signs = {"+gt": (1,), "+gte": (1, 0), "+lt": (-1,), "+lte": (-1, 0)}[operator]
    return any((member > operand) - (member < operand) in signs for member in same)


@given(rows=ROWS, wanted=FILTERS)
def test_a_filter_keeps_exactly_the_rows_that_python_would(
    rows: list[dict[str, Any]], wanted: dict[str, Any]
) -> None:
    kept = parse_filter(json.dumps(wanted), ATTRIBUTES).apply(rows)

    assert kept == [row for row in rows if expected(row, wanted)]


@given(rows=ROWS, name=st.sampled_from(["size", "label", "flag", "entity.id"]), descending=st.booleans())
def test_sorting_loses_no_row_and_puts_neighbours_in_order(
    rows: list[dict[str, Any]], name: str, *, descending: bool
) -> None:
    header = json.dumps({"+order_by": name, "+order": "desc" if descending else "asc"})

    kept = parse_filter(header, ATTRIBUTES).apply(rows)

    values = [(row["entity"] or {}).get("id") if name == "entity.id" else row[name] for row in kept]
    present = [value for value in values if value is not None]
    assert present == sorted(present, reverse=descending)
    assert sorted(map(json.dumps, kept)) == sorted(map(json.dumps, rows))


@given(count=st.integers(0, 300), page_size=st.integers(25, 60))
def test_paging_of_the_local_api_never_loses_or_repeats_a_row(count: int, page_size: int) -> None:
    rows = list(range(count))
    pages = envelope(rows, {"page_size": str(page_size)})["pages"]

    seen = [
        row
        for page in range(1, pages + 1)
        for row in envelope(rows, {"page": str(page), "page_size": str(page_size)})["data"]
    ]

    assert seen == rows
    assert envelope(rows, {"page": str(pages + 1), "page_size": str(page_size)})["data"] == []


DATABASE = sqlite3.connect(":memory:", check_same_thread=False)
DATABASE.row_factory = sqlite3.Row
DATABASE.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")


class Memory(Database):
    """One that nothing has to open."""

    def __init__(self) -> None:
        self.sql, self.lock = DATABASE, threading.RLock()


@given(rows=ROWS, wanted=FILTERS, order=st.sampled_from([None, *NAMES]), descending=st.booleans())
def test_sql_and_python_make_the_same_list_of_a_filter(
    rows: list[dict[str, Any]], wanted: dict[str, Any], order: str | None, *, descending: bool
) -> None:
    ordered = {"+order_by": order, "+order": "desc" if descending else "asc"} if order else {}
    selection = parse_filter(json.dumps({**wanted, **ordered}), ATTRIBUTES)
    DATABASE.execute("DELETE FROM things")
    DATABASE.executemany("INSERT INTO things (body) VALUES (?)", [(json.dumps(row),) for row in rows])
    stored = Stored(
        Memory(), "things", Clause("1"), lambda read: [json.loads(row["body"]) for row in read], {}
    )

    found, left = stored.narrowed(selection)

    assert left.apply(found.read()) == selection.apply(rows)
    assert len(found) == len(found.read())
