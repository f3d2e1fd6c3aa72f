"""Every API request that came in, for tests to count: never a token, never a body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emulators.linode_api.database import Database

NO_ANSWER = 0


@dataclass(frozen=True)
class Entry:
    """One request. `status` is what was decided, 0 when the connection was cut before; `at` since 1970."""

    at: float
    account: str | None
    method: str
    path: str
    query: str
    filter: str | None
    status: int
    fault: str | None = None
    created_id: int | None = None


def record(database: Database, entry: Entry) -> None:
    with database.transaction() as sql:
        sql.execute(
            "INSERT INTO requests (at, account, method, path, query, filter, status, fault, created_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            tuple(vars(entry).values()),
        )


def entries(database: Database, after: int = 0) -> list[dict[str, Any]]:
    """Requests in the order in which they were decided, from the one after id `after` on."""
    with database.lock:
        rows = database.sql.execute("SELECT * FROM requests WHERE id > ? ORDER BY id", (after,)).fetchall()
    return [dict(row) for row in rows]


def clear(database: Database) -> None:
    with database.transaction() as sql:
        sql.execute("DELETE FROM requests")


def counts(database: Database) -> dict[str, dict[str, int]]:
    """Per account: Linodes that are there, Linodes ever made and deleted."""
    with database.lock:
        accounts = database.sql.execute("SELECT id, name FROM accounts ORDER BY name").fetchall()
        return {account["name"]: account_counts(database, account["id"]) for account in accounts}


def account_counts(database: Database, account_id: int) -> dict[str, int]:
    questions = {
        "linodes": "SELECT count(*) FROM linodes WHERE account_id = ?",
        "created": "SELECT count(*) FROM events WHERE account_id = ? AND action = 'linode_create'",
        "deleted": "SELECT count(*) FROM events WHERE account_id = ? AND action = 'linode_delete'",
    }
    return {name: database.sql.execute(text, (account_id,)).fetchone()[0] for name, text in questions.items()}
