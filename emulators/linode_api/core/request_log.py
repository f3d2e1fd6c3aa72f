"""Every API request that came in, for tests to count: never a token, never a body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emulators.linode_api.core.database import Database


@dataclass(frozen=True)
class Entry:
    """One request. `status` is what was decided, 0 when the connection was cut before; `at` since 1970."""

    at: float
    account: str | None
    method: str
    path: str
    query: str
    filter: str | None
    status: int = 0
    fault: str | None = None
    created_id: int | None = None


def entries(database: Database, after: int = 0) -> list[dict[str, Any]]:
    """Requests in the order in which they were decided, from the one after id `after` on."""
    return [dict(row) for row in database.all("SELECT * FROM requests WHERE id > ? ORDER BY id", after)]


def counts(database: Database) -> dict[str, dict[str, int]]:
    """Per account: Linodes that are there, Linodes ever made and deleted."""
    rows = database.all(
        "SELECT name, (SELECT count(*) FROM linodes WHERE account_id = accounts.id) AS linodes,"
        " (SELECT count(*) FROM events WHERE account_id = accounts.id AND action = 'linode_create') AS created,"
        " (SELECT count(*) FROM events WHERE account_id = accounts.id AND action = 'linode_delete') AS deleted"
        " FROM accounts ORDER BY name"
    )
    return {row["name"]: {name: row[name] for name in ("linodes", "created", "deleted")} for row in rows}
