"""Things of an account that have no table of their own, stored as rows of one: firewalls, VPCs, images …

A record has a kind, an id of its own within that kind, perhaps a parent (a subnet's VPC, a backup's Linode),
and a body of plain JSON.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from emulators.linode_api.account import Account
from emulators.linode_api.clock import stamp
from emulators.linode_api.database import Database
from emulators.linode_api.errors import bad_request, not_found

Json = dict[str, Any]

FIRST_IDS = {
    "interface": 14_000_000, "firewall": 9_700_000, "device": 12_000_000, "placement_group": 460_000,
    "vpc": 590_000, "subnet": 820_000, "backup": 343_000_000, "image": 34_000_000, "lock": 16_000,
    "volume": 16_000_000, "stackscript": 1_500_000, "sshkey": 460_000,
}  # fmt: skip


@dataclass(frozen=True)
class Record:
    """One stored thing; moments in seconds since 1970."""

    kind: str
    id: int
    parent_id: int | None
    created: float
    updated: float
    body: Json

    @property
    def dates(self) -> Json:
        return {"created": stamp(self.created), "updated": stamp(self.updated)}


def next_id(database: Database, kind: str) -> int:
    """Ids are never used twice, not even those of deleted things."""
    with database.transaction() as sql:
        sql.execute(
            "INSERT INTO counters (kind, last) VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET last = last + 1",
            (kind, FIRST_IDS.get(kind, 0) + 1),
        )
        return int(sql.execute("SELECT last FROM counters WHERE kind = ?", (kind,)).fetchone()["last"])


def add(account: Account, kind: str, body: Json, parent_id: int | None = None) -> Record:
    now = account.clock.now()
    with account.database.transaction() as sql:
        made = Record(kind, next_id(account.database, kind), parent_id, now, now, body)
        sql.execute(
            "INSERT INTO records (kind, id, account_id, parent_id, created, updated, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (kind, made.id, account.id, parent_id, now, now, json.dumps(body)),
        )
    return made


def get(account: Account, kind: str, record_id: object) -> Record | None:
    """None when there is none, or it is another account's, or the id is no number."""
    if type(record_id) is not int:
        return None
    with account.database.lock:
        row = account.database.sql.execute(
            "SELECT * FROM records WHERE kind = ? AND id = ? AND account_id = ?",
            (kind, record_id, account.id),
        ).fetchone()
    return row and from_row(row)


def find(account: Account, kind: str, record_id: int, parent_id: int | None = None) -> Record:
    """Raises ApiError 404, also when it belongs to another parent."""
    found = get(account, kind, record_id)
    if found is None or parent_id not in (None, found.parent_id):
        raise not_found()
    return found


def all_of(account: Account, kind: str, parent_id: int | None = None) -> list[Record]:
    """By id."""
    narrower = "" if parent_id is None else " AND parent_id = ?"
    values = (account.id, kind) if parent_id is None else (account.id, kind, parent_id)
    with account.database.lock:
        rows = account.database.sql.execute(
            f"SELECT * FROM records WHERE account_id = ? AND kind = ?{narrower} ORDER BY id",  # noqa: S608 - a constant from above
            values,
        ).fetchall()
    return [from_row(row) for row in rows]


def change(account: Account, record: Record, changes: Mapping[str, Any]) -> Record:
    """Stores the record with these parts of its body replaced."""
    changed = replace(record, updated=account.clock.now(), body={**record.body, **changes})
    with account.database.transaction() as sql:
        sql.execute(
            "UPDATE records SET updated = ?, body = ? WHERE kind = ? AND id = ?",
            (changed.updated, json.dumps(changed.body), record.kind, record.id),
        )
    return changed


def remove(account: Account, record: Record) -> None:
    with account.database.transaction() as sql:
        sql.execute("DELETE FROM records WHERE kind = ? AND id = ?", (record.kind, record.id))


def require_unique_label(
    account: Account, kind: str, label: object, *, besides: int = 0, within: int | None = None
) -> None:
    """Raises ApiError 400 on `label` when another thing of that kind (and parent) has it."""
    taken = any(
        one.id != besides and one.body["label"] == label for one in all_of(account, kind, parent_id=within)
    )
    if taken:
        raise bad_request("Label must be unique", "label")


def from_row(row: sqlite3.Row) -> Record:
    body = json.loads(row["body"])
    return Record(row["kind"], row["id"], row["parent_id"], row["created"], row["updated"], body)
