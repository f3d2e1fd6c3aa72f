"""Lists that lie in the database: SQL picks, sorts and counts, and only what a page shows is read.

A row has a column `body`, JSON, in which an attribute has the path of its name (`$.entity.id`), unless the table or the
kind says otherwise. What SQL can't say of a filter is left to Python, over the rows that SQL leaves.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar, overload

from emulators.linode_api.core.database import Database
from emulators.linode_api.core.lists import (
    EQUAL,
    EVERYTHING,
    NOT_EQUAL,
    All,
    AnyOf,
    Comparison,
    Condition,
    Selection,
    is_number,
)

T = TypeVar("T")
Columns = Mapping[str, str | None]
"""Attributes that are not at the path of their name: another path (`$.label`), an expression, None for neither."""

SIGNS = {EQUAL: "=", NOT_EQUAL: "=", "+gt": ">", "+gte": ">=", "+lt": "<", "+lte": "<="}
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._:/ -]*")
"""What stands in any JSON as it is, and is no number, which has several forms."""

MOST_VALUES = 500
"""In one filter that SQL gets: it takes neither endless expressions nor deep ones."""


def moment(column: str) -> str:
    """A moment as the API shows it."""
    return f"strftime('%Y-%m-%dT%H:%M:%S', CAST({column} AS INTEGER), 'unixepoch')"


@dataclass(frozen=True)
class Clause:
    """An expression, with a value for each of its question marks."""

    text: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True)
class Stored(Sequence[T]):
    """The rows of a table that fit `where`, as `made` of what is read of them.

    By id unless `order` says otherwise; what a filter sorts has its ties by id: recording TestWaitForResourceFree.
    """

    database: Database
    table: str
    where: Clause
    made: Callable[[list[sqlite3.Row]], list[T]]
    columns: Columns
    order: str = "id"
    reads: str = "*"

    def but(self, text: str, *values: object) -> Stored[T]:
        """Those of them of which this holds, too."""
        return replace(self, where=joined("AND", [self.where, Clause(text, values)]))

    def narrowed(self, selection: Selection) -> tuple[Stored[T], Selection]:
        """What SQL can do of a selection, done; and what is left to do with the rows as they are shown."""
        said = [(part, clause_of(part, self.columns)) for part in selection.condition.parts]
        left = All(tuple(part for part, clause in said if clause is None))
        clauses = [clause for _, clause in said if clause is not None]
        found = replace(self, where=joined("AND", [self.where, *clauses]))
        if selection.order_by is None:
            return found, Selection(left)
        key = value_of(selection.order_by, self.columns)
        if key is None or left.parts:
            return replace(found, order="id"), replace(selection, condition=left)
        order = f"{key} {'DESC' if selection.descending else 'ASC'}, id"
        return replace(found, order=order), EVERYTHING

    @cached_property
    def size(self) -> int:
        question = f"SELECT count(*) FROM {self.table} WHERE {self.where.text}"  # noqa: S608 - words of ours
        return int(self.database.one(question, *self.where.values)[0])

    def __len__(self) -> int:
        return self.size

    def read(self, most: int = -1, first: int = 0) -> list[T]:
        found = f"FROM {self.table} WHERE {self.where.text} ORDER BY {self.order}"
        question = f"SELECT {self.reads} {found} LIMIT ? OFFSET ?"
        return self.made(self.database.all(question, *self.where.values, most, first))

    def __iter__(self) -> Iterator[T]:
        return iter(self.read())

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        places = range(len(self))[place]
        if isinstance(places, range):
            return self.read(len(places), places.start)[:: places.step]
        return self.read(1, places)[0]


def joined(word: str, clauses: Sequence[Clause]) -> Clause:
    text = f" {word} ".join(f"({clause.text})" for clause in clauses)
    return Clause(text, tuple(value for clause in clauses for value in clause.values))


def clause_of(condition: Condition, columns: Columns) -> Clause | None:
    """The condition in SQL; None where it can't be said, or Python would see it differently."""
    if isinstance(condition, Comparison):
        return comparison_of(condition, columns)
    parts = [clause_of(part, columns) for part in condition.parts]
    if None in parts:
        return None
    either = isinstance(condition, AnyOf)
    clause = joined("OR" if either else "AND", [part for part in parts if part is not None])
    if len(clause.values) > MOST_VALUES:
        return None
    return clause if parts else Clause("0" if either else "1")


def comparison_of(wanted: Comparison, columns: Columns) -> Clause | None:
    """A text is compared with texts only, a number with numbers; of a list any member will do."""
    column = columns.get(wanted.name, f"$.{wanted.name}")
    if column is None or not is_sayable(wanted.operand):
        return None
    inside = column.startswith("$")
    kind, value = ("member.type", "member.value") if inside else (f"typeof({column})", column)
    clause = test_of(wanted, kind, value)
    if inside:
        members = f"json_each(body, '{column}') AS member"
        clause = replace(clause, text=f"EXISTS (SELECT 1 FROM {members} WHERE {clause.text})")  # noqa: S608 - words of ours
    if wanted.operator == NOT_EQUAL:
        return replace(clause, text=f"NOT ({clause.text})")
    if inside and wanted.operator == EQUAL and PLAIN.fullmatch(str(wanted.operand)):
        in_text = json.dumps(wanted.operand)  # looked for first: most bodies need not be parsed then
        return joined("AND", [Clause("instr(body, ?)", (in_text,)), clause])
    return clause


def is_sayable(operand: object) -> bool:
    """Whether SQLite has such a value, and compares it as Python does: no null, numbers of 64 bits, real texts."""
    if isinstance(operand, str):
        return not any("\ud800" <= letter <= "\udfff" or letter == "\0" for letter in operand)
    if isinstance(operand, float):
        return math.isfinite(operand)
    return isinstance(operand, int) and -(2**63) <= operand < 2**63


def test_of(wanted: Comparison, kind: str, value: str) -> Clause:
    operand, equality = wanted.operand, wanted.operator in (EQUAL, NOT_EQUAL)
    if isinstance(operand, bool):
        return Clause(f"{kind} = '{str(operand).lower()}'") if equality else Clause("0")
    kinds = "('integer', 'real')" if is_number(operand) else "('text')"
    if wanted.operator == "+contains":
        return (
            Clause("0")
            if is_number(operand)
            else Clause(f"{kind} IN {kinds} AND instr({value}, ?) > 0", (operand,))
        )
    return Clause(f"{kind} IN {kinds} AND {value} {SIGNS[wanted.operator]} ?", (operand,))


def value_of(name: str, columns: Columns) -> str | None:
    """What rows are sorted by: null first, then numbers, then texts, as `sort_key` has it."""
    column: Any = columns.get(name, f"$.{name}")
    return f"json_extract(body, '{column}')" if column and column.startswith("$") else column
