"""Account events: one for each queued job, and plain notifications.

Source: recordings TestEventPoller_InstancePower, TestWaitForResourceFree, TestAccountEvents_List.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from emulators.linode_api.account import Account
from emulators.linode_api.clock import stamp
from emulators.linode_api.errors import not_found
from emulators.linode_api.filters import Attributes
from emulators.linode_api.lifecycle import Job, Progress, progress_of

Json = dict[str, Any]

FILTERABLE = Attributes(frozenset({"action", "created", "entity.id", "entity.type", "id", "read"}))


def add_job(
    account: Account,
    job: Job,
    entity: Json,
    secondary: Json | None,
    effect: Json | None,
    *,
    failed: bool = False,
) -> int:
    """Records a job of a Linode; `effect` is what changes when it ends, unless it fails. The event's id."""
    return insert(account, job, job.action, entity, secondary, None if failed else effect, failed=failed)


def notify(account: Account, action: str, entity: Json | None, secondary: Json | None = None) -> int:
    """Records something that happened at once."""
    return insert(account, None, action, entity, secondary, None)


def insert(
    account: Account,
    job: Job | None,
    action: str,
    entity: Json | None,
    secondary: Json | None,
    effect: Json | None,
    *,
    failed: bool = False,
) -> int:
    is_linode = entity is not None and entity["type"] == "linode"
    body = {"username": account.username, "entity": entity, "secondary_entity": secondary}
    with account.database.transaction() as sql:
        cursor = sql.execute(
            "INSERT INTO events (account_id, linode_id, action, created, starts, ends, speed, failed, body, effect)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                account.id,
                entity["id"] if entity and is_linode else None,
                action,
                job.created if job else account.clock.now(),
                job and job.starts,
                job and job.ends,
                job.speed if job else 1.0,
                failed,
                json.dumps(body),
                effect and json.dumps(effect),
            ),
        )
    return int(cursor.lastrowid or 0)


def abort_jobs(account: Account, linode_id: int) -> None:
    """Ends what still runs or waits, as failed and without effect: the Linode is being deleted."""
    now = account.clock.now()
    with account.database.transaction() as sql:
        sql.execute(
            "UPDATE events SET ends = ?, starts = min(starts, ?), failed = 1, effect = NULL"
            " WHERE account_id = ? AND linode_id = ? AND ends > ?",
            (now, now, account.id, linode_id, now),
        )


def running_jobs(account: Account, action: str, linode_id: int) -> int:
    """How many jobs of that kind wait or run for a Linode."""
    with account.database.lock:
        row = account.database.sql.execute(
            "SELECT count(*) FROM events WHERE account_id = ? AND linode_id = ? AND action = ? AND ends > ?",
            (account.id, linode_id, action, account.clock.now()),
        ).fetchone()
    return int(row[0])


def event_rows(account: Account, linode_id: int | None = None) -> list[Json]:
    """All events of the account, or of one Linode, oldest first."""
    narrower = "" if linode_id is None else " AND linode_id = ?"
    values = (account.id,) if linode_id is None else (account.id, linode_id)
    with account.database.lock:
        rows = account.database.sql.execute(
            f"SELECT * FROM events WHERE account_id = ?{narrower} ORDER BY id",  # noqa: S608 - a constant from above
            values,
        ).fetchall()
    now = account.clock.now()
    return [event_row(row, now) for row in rows]


def event_row_by_id(account: Account, event_id: int) -> Json:
    with account.database.lock:
        row = account.database.sql.execute(
            "SELECT * FROM events WHERE account_id = ? AND id = ?", (account.id, event_id)
        ).fetchone()
    if row is None:
        raise not_found()
    return event_row(row, account.clock.now())


def event_row(row: sqlite3.Row, now: float) -> Json:
    body = json.loads(row["body"])
    progress = progress_at(row, now)
    return {
        "id": row["id"],
        "created": stamp(row["created"]),
        "seen": False,
        "read": False,
        "percent_complete": progress and progress.percent,
        "time_remaining": progress and progress.time_remaining,
        "rate": None,
        "duration": progress and progress.duration_s,
        "action": row["action"],
        "username": body["username"],
        "entity": body["entity"],
        "status": progress.status if progress else "notification",
        "secondary_entity": body["secondary_entity"],
        "message": "",
        "details": {},
    }


def progress_at(row: sqlite3.Row, now: float) -> Progress | None:
    if row["ends"] is None:
        return None
    job = Job(row["action"], row["created"], row["starts"], row["ends"], row["speed"])
    progress = progress_of(job, now)
    if row["failed"] and progress.status == "finished":
        return Progress("failed", progress.percent, progress.duration_s, progress.time_remaining)
    return progress


def entity(kind: str, entity_id: int | str, label: str, url: str) -> Json:
    """Urls start with /v4, also in answers of /v4beta."""
    return {"label": label, "id": entity_id, "type": kind, "url": "/v4" + url}


def linode_entity(linode_id: int, label: str) -> Json:
    return entity("linode", linode_id, label, f"/linode/instances/{linode_id}")
