"""Things of an account that have no table of their own, stored as rows of one: disks, firewalls, VPCs, images …

A record has a kind, an id of its own within that kind, perhaps a parent (a disk's Linode, a subnet's VPC), and a body
of plain JSON. What a kind is called, and how it is shown, is said once, in the file of the kind, by a `Kind`.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeGuard

import orjson
from orjson import Fragment

from emulators.linode_api.clock import stamp
from emulators.linode_api.core import Body, Json, grants
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.database import Database
from emulators.linode_api.core.errors import bad_request, not_found
from emulators.linode_api.core.events import entity, notify
from emulators.linode_api.core.stored import Clause, Columns, Stored, moment

KEPT = 2**14
"""Rows of a table that are kept as they were read."""


class Thing:
    """A stored thing that an endpoint may answer with: it knows how the API shows it."""

    body: Json

    def __getitem__(self, name: str) -> Any:
        return self.body[name]

    def parts(self, *names: str) -> Json:
        return {name: self.body[name] for name in names}

    def shown(self, account: Account) -> Json:
        raise NotImplementedError

    def listed(self, account: Account, _: float, /) -> Json | Fragment:
        """As it stands in a list at that moment; perhaps as JSON already, where the row is kept."""
        return self.shown(account)


@dataclass(frozen=True)
class Record(Thing):
    """One stored thing; moments in seconds since 1970, `parent_id` 0 without a parent."""

    kind: str
    id: int
    parent_id: int
    created: float
    updated: float
    body: Json

    @property
    def dates(self) -> Json:
        return {"created": stamp(self.created), "updated": stamp(self.updated)}

    @property
    def entity(self) -> Json:
        return KINDS[self.kind].entity(self)

    @property
    def short_entity(self) -> Json:
        return {name: self.entity[name] for name in ("id", "type", "label", "url")}

    def shown(self, account: Account) -> Json:
        return ROWS[self.kind](account, self)


def next_id(database: Database, kind: str) -> int:
    """Ids are never used twice, not even those of deleted things."""
    first = KINDS[kind].first_id if kind in KINDS else 0
    with database.transaction():
        database.run(
            "INSERT INTO counters (kind, last) VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET last = last + 1",
            *(kind, first + 1),
        )
        return int(database.one("SELECT last FROM counters WHERE kind = ?", kind)["last"])


def add(account: Account, kind: str, body: Json, parent_id: int = 0) -> Record:
    now = account.now
    made = Record(kind, next_id(account.database, kind), parent_id, now, now, body)
    stored = {**vars(made), "parent_id": parent_id or None, "body": json.dumps(body)}
    account.database.insert("records", account_id=account.id, **stored)
    grants.own(account, kind, made.id)
    return made


def is_id(value: object) -> TypeGuard[int]:
    """A number that can be one: SQLite keeps 63 bits."""
    return type(value) is int and 0 <= value < 2**63


def get(account: Account, kind: str, record_id: object) -> Record | None:
    """None when there is none, or it is another account's, or the id is no number."""
    if not is_id(record_id):
        return None
    row = account.database.one(
        "SELECT * FROM records WHERE kind = ? AND id = ? AND account_id = ?", kind, record_id, account.id
    )
    return row and from_row(row)


def find(account: Account, kind: str, record_id: int, parent_id: int | None = None) -> Record:
    """Raises ApiError 404, also when it belongs to another parent."""
    found = get(account, kind, record_id)
    if found is None or parent_id not in (None, found.parent_id):
        raise not_found()
    return found


def stored(account: Account, kind: str, parent_id: int | None = None) -> Stored[Record]:
    """All of a kind, or all within a parent, by id; none is read yet."""
    columns = {**COLUMNS, **(KINDS[kind].columns if kind in KINDS else {})}
    within = Clause("account_id = ? AND kind = ?", (account.id, kind))
    found = Stored(account.database, "records", within, from_rows, columns)
    return found if parent_id is None else found.but("parent_id = ?", parent_id)


def all_of(account: Account, kind: str, parent_id: int | None = None) -> list[Record]:
    """By id."""
    return stored(account, kind, parent_id).read()


def anywhere(database: Database, kind: str, record_id: object) -> Record | None:
    """The one of that id, of any account."""
    row = database.one("SELECT * FROM records WHERE kind = ? AND id = ?", kind, record_id)
    return row and from_row(row)


def having(account: Account, kind: str, **parts: object) -> Stored[Record]:
    """Those of a kind whose bodies have these parts, by id."""
    found = stored(account, kind)
    for name, value in parts.items():
        found = found.but(f"json_extract(body, '$.{name}') = ?", value)
    return found


def every(database: Database, kind: str, parent_id: int | None = None) -> list[Record]:
    """Those of all accounts, by id: for what is unique among all of them, or seen by all."""
    where = "kind = ? AND coalesce(parent_id, 0) = coalesce(?, parent_id, 0)"
    rows = database.all(f"SELECT * FROM records WHERE {where} ORDER BY id", kind, parent_id)  # noqa: S608 - from the line above
    return from_rows(rows)


def change(account: Account, record: Record, **changes: Any) -> Record:
    """Stores the record with these parts of its body replaced."""
    changed = replace(record, updated=account.now, body={**record.body, **changes})
    account.database.run(
        "UPDATE records SET updated = ?, body = ? WHERE kind = ? AND id = ?",
        *(changed.updated, json.dumps(changed.body), record.kind, record.id),
    )
    return changed


def remove(account: Account, record: Record) -> None:
    account.database.run("DELETE FROM records WHERE kind = ? AND id = ?", record.kind, record.id)


def remove_within(account: Account, parent_id: int, *kinds: str) -> None:
    """Removes all that a thing has of these kinds."""
    for kind in kinds:
        question = "DELETE FROM records WHERE account_id = ? AND kind = ? AND parent_id = ?"
        account.database.run(question, account.id, kind, parent_id)


def from_rows(rows: list[sqlite3.Row]) -> list[Record]:
    return [from_row(row) for row in rows]


def from_row(row: sqlite3.Row) -> Record:
    return read(*row)


@lru_cache(maxsize=KEPT)
def read(
    kind: str, record_id: int, _: int, parent_id: int | None, created: float, updated: float, body: str
) -> Record:
    """From the columns; what has not changed is not parsed again, and nobody changes a body in place."""
    return Record(kind, record_id, parent_id or 0, created, updated, orjson.loads(body))


COLUMNS: Columns = {"id": "id", "created": moment("created"), "updated": moment("updated")}
Row = Callable[[Account, Record], Json]
KINDS: dict[str, Kind] = {}
ROWS: dict[str, Row] = {}


@dataclass(frozen=True)
class Kind:
    """A kind of record: the address of one (`/vpcs/{vpc}/subnets/{subnet}`), how it is shown, its events.

    `entity_type` is what events call it, if not by its name, `among` what the API adds when a label is taken, `columns`
    what its row shows under another name than its body has it (see stored.py), `granted` whether restricted users need
    a grant for each. Defined once, as a constant of the kind's file; `@KIND.shows` marks the function that makes its
    row.
    """

    name: str
    url: str
    first_id: int = 0
    entity_type: str | None = None
    unique_label: bool = True
    among: str = ""
    columns: Columns = field(default_factory=dict)
    granted: bool = False

    def __post_init__(self) -> None:
        KINDS[self.name] = self
        if self.granted:
            grants.GRANTED.add(self.name)

    def shows(self, row: Row) -> Row:
        ROWS[self.name] = row
        return row

    def entity(self, record: Record) -> Json:
        ids = iter([record.parent_id, record.id] if self.url.count("{") == 2 else [record.id])
        path = re.sub(r"{\w+}", lambda _: str(next(ids)), self.url)
        return entity(self.entity_type or self.name, record.id, record["label"], path)

    def create(self, account: Account, body: Json, parent_id: int = 0) -> Record:
        """Stores a new one, and tells so in an event. Raises ApiError 400 when its label is taken."""
        self.require_unique_label(account, body["label"], within=parent_id)
        made = add(account, self.name, body, parent_id)
        account.remember_tags(body.get("tags", []))
        notify(account, f"{self.name}_create", made.entity)
        return made

    def update(self, account: Account, record: Record, changes: Mapping[str, Any]) -> Record:
        label = changes.get("label", record["label"])
        self.require_unique_label(account, label, besides=record.id, within=record.parent_id)
        changed = change(account, record, **changes)
        account.remember_tags(changed.body.get("tags", []))
        notify(account, f"{self.name}_update", changed.entity)
        return changed

    def delete(self, account: Account, record: Record) -> None:
        remove(account, record)
        notify(account, f"{self.name}_delete", record.entity)

    def require_unique_label(
        self, account: Account, label: object, *, besides: int = 0, within: int = 0
    ) -> None:
        """Raises ApiError 400 on `label` when another thing of that kind (and parent) has it."""
        others = having(account, self.name, label=label).but("id <> ?", besides)
        if self.unique_label and (others.but("parent_id = ?", within) if within else others):
            raise bad_request(f"Label must be unique{self.among}", "label")


def given(body: Body, *names: str) -> Json:
    """The named fields that a request holds and that are not null."""
    return {name: body[name] for name in names if body.get(name) is not None}
