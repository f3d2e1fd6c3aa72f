"""Account events: one for each queued job, and plain notifications. What a job changes takes place at its end.

Source: recordings TestEventPoller_InstancePower, TestWaitForResourceFree, TestAccountEvents_List.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from emulators.linode_api.clock import stamp
from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.jobs import Job, Progress, progress_of
from emulators.linode_api.core.stored import Clause, Columns, Stored, moment

Effect = Callable[[Account, int, Any, float], None]
"""Of a finished job: the account, the Linode's id, what the job noted, and the moment at which it ended."""

COPYING = 55
"""Percent of a clone: recording TestInstance_Clone."""

EFFECTS: defaultdict[str, list[Effect]] = defaultdict(list)
COLUMNS: Columns = {
    "id": "id",
    "action": "action",
    "created": moment("created"),
    "entity.id": "json_extract(body, '$.entity.id')",  # has an index
    "read": None,  # missing means no
}


def on_effect(name: str) -> Callable[[Effect], Effect]:
    """Marks one of the things that happen at the end of a job whose event keeps `{name: …}`."""

    def register(work: Effect) -> Effect:
        EFFECTS[name].append(work)
        return work

    return register


def entity(kind: str, entity_id: int | str, label: str, url: str) -> Json:
    """Urls start with /v4, also in answers of /v4beta."""
    return {"label": label, "id": entity_id, "type": kind, "url": "/v4" + url}


def notify(
    account: Account,
    action: str,
    entity: Json | None,
    secondary: Json | None = None,
    job: Job | None = None,
    effect: Json | None = None,
    *,
    failed: bool = False,
) -> None:
    """Records something that happens at once, or a job; `effect` is what changes when it ends, unless it fails."""
    linode_id = entity["id"] if entity and entity["type"] == "linode" else None
    body = {"username": account.username, "entity": entity, "secondary_entity": secondary}
    account.database.insert(
        "events",
        account_id=account.id,
        linode_id=linode_id,
        **(vars(job) if job else {"action": action, "created": account.now, "speed": 1.0}),
        failed=failed,
        body=json.dumps(body),
        effect=json.dumps(effect) if effect and not failed else None,
    )


def settle(account: Account) -> None:
    """Lets the effects of finished jobs happen, in order: before each request of the account is answered."""
    due = (
        "SELECT id, linode_id, effect, ends FROM events"
        " WHERE account_id = ? AND effect IS NOT NULL AND ends <= ? ORDER BY ends, id"
    )
    for row in account.database.all(due, account.id, account.now):
        for name, value in json.loads(row["effect"]).items():
            for work in EFFECTS[name]:
                work(account, row["linode_id"], value, row["ends"])
        account.database.run("UPDATE events SET effect = NULL WHERE id = ?", row["id"])


def abort_jobs(account: Account, linode_id: int) -> None:
    """Ends what still runs or waits, as failed and without effect: the Linode is being deleted."""
    now = account.now
    account.database.run(
        "UPDATE events SET ends = ?, starts = min(starts, ?), failed = 1, effect = NULL"
        " WHERE account_id = ? AND linode_id = ? AND ends > ?",
        *(now, now, account.id, linode_id, now),
    )


def running_jobs(account: Account, action: str, linode_id: int) -> int:
    """How many jobs of that kind wait or run for a Linode."""
    question = (
        "SELECT count(*) FROM events WHERE account_id = ? AND linode_id = ? AND action = ? AND ends > ?"
    )
    return int(account.database.one(question, account.id, linode_id, action, account.now)[0])


def all_events(account: Account) -> Stored[Json]:
    """Newest first, as linode_api4's suite has them where it asks for no order."""
    now, own = account.now, Clause("account_id = ?", (account.id,))

    def made(rows: list[sqlite3.Row]) -> list[Json]:
        return [event_row(row, now) for row in rows]

    return Stored(account.database, "events", own, made, COLUMNS, order="id DESC")


def event_row(row: sqlite3.Row, now: float) -> Json:
    body = orjson.loads(row["body"])
    progress = progress_at(row, now)
    return {
        "id": row["id"],
        "created": stamp(row["created"]),
        **{name: body.get(name, False) for name in ("seen", "read")},
        "percent_complete": progress and progress.percent,
        **told_while_copying(row["action"], progress),
        "duration": progress and progress.duration_s,
        "action": row["action"],
        "username": body["username"],
        "entity": body["entity"],
        "status": progress.status if progress else "notification",
        "secondary_entity": body["secondary_entity"],
        "message": "",
        "details": {},
    }


def told_while_copying(action: str, progress: Progress | None) -> Json:
    """Only a clone was seen to tell them, while it copied its disks; no job does at its end, since 2025."""
    copies = action == "linode_clone" and progress is not None and progress.percent == COPYING
    return {"time_remaining": "0:0:20" if copies else None, "rate": "464.00 MB/s" if copies else None}


def progress_at(row: sqlite3.Row, now: float) -> Progress | None:
    """None for a notification."""
    if row["ends"] is None:
        return None
    progress = progress_of(Job(row["action"], row["created"], row["starts"], row["ends"], row["speed"]), now)
    return replace(progress, status="failed") if row["failed"] and progress.status == "finished" else progress
