"""Linodes as stored and as answered: read, list, change the stored record, let due effects happen.

Source of the row: recording TestTag_Create (2026) and API page "Get a Linode".
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from emulators.linode_api import events
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.clock import stamp
from emulators.linode_api.errors import bad_request, linode_busy, not_found
from emulators.linode_api.filters import Attributes
from emulators.linode_api.lifecycle import Course, Plan, Timeline, queue

Json = dict[str, Any]

FILTERABLE = Attributes(
    frozenset(
        {"group", "id", "image", "ipv4", "label", "region", "tags", "interface_generation", "lke_cluster_id"}
        | {"placement_group.label", "placement_group.placement_group_type"}
    )
)


@dataclass(frozen=True)
class Linode:
    """A stored Linode. `body` holds what the API reports beside ids, dates, status and specs."""

    id: int
    label: str
    created: float
    updated: float
    course: Course
    body: Json

    @property
    def entity(self) -> Json:
        return events.linode_entity(self.id, self.label)


def get_linode(account: Account, linode_id: object) -> Linode | None:
    """None when there is none, or it is another account's, or the id is no number."""
    if type(linode_id) is not int:
        return None
    with account.database.lock:
        row = account.database.sql.execute(
            "SELECT * FROM linodes WHERE account_id = ? AND id = ?", (account.id, linode_id)
        ).fetchone()
    return row and from_record(row)


def find_linode(account: Account, linode_id: int) -> Linode:
    """Raises ApiError 404, also for another account's Linode."""
    found = get_linode(account, linode_id)
    if found is None:
        raise not_found()
    return found


def named_linode(account: Account, body: Mapping[str, Any], field: str) -> Linode:
    """The Linode that a field of a request names. Raises ApiError 400 on that field."""
    found = get_linode(account, body.get(field))
    if found is None:
        raise bad_request(f"{field} is not valid", field)
    return found


def all_linodes(account: Account) -> list[Linode]:
    """By id: the order of the real list is not known."""
    with account.database.lock:
        rows = account.database.sql.execute(
            "SELECT * FROM linodes WHERE account_id = ? ORDER BY id", (account.id,)
        ).fetchall()
    return [from_record(row) for row in rows]


def from_record(row: sqlite3.Row) -> Linode:
    timeline: Timeline = tuple((at, status) for at, status in json.loads(row["timeline"]))
    course = Course(row["status"], timeline, row["busy_until"])
    return Linode(row["id"], row["label"], row["created"], row["updated"], course, json.loads(row["body"]))


def save(account: Account, linode: Linode) -> None:
    """Raises ApiError 400 when the label is another Linode's."""
    course = linode.course
    with account.database.transaction() as sql:
        try:
            sql.execute(
                "INSERT INTO linodes (id, account_id, label, created, updated, status, timeline, busy_until, body)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET label = excluded.label,"
                " updated = excluded.updated, status = excluded.status, timeline = excluded.timeline,"
                " busy_until = excluded.busy_until, body = excluded.body",
                (
                    linode.id,
                    account.id,
                    linode.label,
                    linode.created,
                    linode.updated,
                    course.status,
                    json.dumps(course.timeline),
                    course.busy_until,
                    json.dumps(linode.body),
                ),
            )
        except sqlite3.IntegrityError:
            raise bad_request("Label must be unique among your linodes", "label") from None


def linode_row(linode: Linode, now: float) -> Json:
    """The Linode as the API answers it, keys in the API's order."""
    body = linode.body
    region = catalogs().any_region(body["region"])
    return {
        "id": linode.id,
        "label": linode.label,
        "group": body["group"],
        "status": linode.course.status_at(now),
        "created": stamp(linode.created),
        "updated": stamp(linode.updated),
        "type": body["type"],
        "ipv4": body["ipv4"],
        "ipv6": body["ipv6"],
        "image": body["image"],
        "region": body["region"],
        "site_type": region["site_type"],
        "specs": specs(body["type"]),
        "alerts": {**body["alerts"], "system_alerts": [], "user_alerts": []},
        "backups": body["backups"],
        "hypervisor": "kvm",
        "watchdog_enabled": body["watchdog_enabled"],
        "tags": body["tags"],
        "host_uuid": body["host_uuid"],
        "has_user_data": body["has_user_data"],
        "placement_group": body.get("placement_group"),
        "disk_encryption": body["disk_encryption"],
        "lke_cluster_id": None,
        "capabilities": capabilities(region["capabilities"]),
        "interface_generation": body["interface_generation"],
        "maintenance_policy": body["maintenance_policy"],
        "locks": body.get("locks", []),
    }


def specs(type_id: str) -> Json:
    plan = catalogs().any_type(type_id)
    numbers = {name: plan[name] for name in ("disk", "memory", "vcpus", "gpus", "transfer")}
    return {**numbers, "accelerated_devices": 0}


def capabilities(of_region: Sequence[str]) -> list[str]:
    own = ("Block Storage Encryption", "SMTP Enabled", "Maintenance Policy")
    return [name for name in own if name == "SMTP Enabled" or name in of_region]


def with_body(linode: Linode, changes: Mapping[str, Any]) -> Linode:
    return replace(linode, body={**linode.body, **changes})


def require_free(account: Account, linode: Linode) -> None:
    if linode.course.is_busy(account.clock.now()):
        raise linode_busy()


def is_up(account: Account, linode: Linode) -> bool:
    """Whether its operating system may be using disks and interfaces right now."""
    status = linode.course.status_at(account.clock.now())
    return status in ("running", "booting", "rebooting", "shutting_down")


def is_running(account: Account, linode: Linode) -> bool:
    return linode.course.status_at(account.clock.now()) == "running"


def require_off(account: Account, linode: Linode, reason: str) -> None:
    if is_up(account, linode):
        raise bad_request(reason)


def public_addresses(linode: Linode) -> list[str]:
    """Its public IPv4 addresses, the first one first."""
    return [address for address in linode.body["ipv4"] if not address.startswith("192.168.")]


def enqueue(
    account: Account,
    linode: Linode,
    plans: Sequence[Plan],
    *,
    secondary: Mapping[str, Json] | None = None,
    effect: Json | None = None,
    failed: bool = False,
) -> Linode:
    """Queues jobs and stores the Linode: the effect belongs to the first, secondary entities go by action.

    `failed` jobs run their time and then end as failed.
    """
    course, jobs = queue(linode.course, plans, account.clock.now(), account.clock.speed)
    moved = replace(linode, course=course)
    save(account, moved)
    for number, job in enumerate(jobs):
        also = (secondary or {}).get(job.action)
        events.add_job(account, job, linode.entity, also, effect if number == 0 else None, failed=failed)
    return moved


def fail_job(account: Account, linode_id: int, action: str) -> None:
    """Makes the pending job fail when it ends: its effect is lost, and what it should have started stays off.

    `linode_id` 0 means the Linode whose job of that kind was queued last.
    """
    now = account.clock.now()
    with account.database.transaction() as sql:
        newest = sql.execute(
            "SELECT linode_id FROM events WHERE account_id = ? AND action = ? AND ends > ? ORDER BY id DESC",
            (account.id, action, now),
        ).fetchone()
        linode_id = linode_id or (newest["linode_id"] if newest else 0)
        changed = sql.execute(
            "UPDATE events SET failed = 1, effect = NULL WHERE account_id = ? AND linode_id = ? AND action = ?"
            " AND ends > ?",
            (account.id, linode_id, action, now),
        )
        if not changed.rowcount:
            return
        linode = find_linode(account, linode_id)
        timeline: Timeline = tuple(
            (at, "offline" if status == "running" else status) for at, status in linode.course.timeline
        )
        save(account, replace(linode, course=replace(linode.course, timeline=timeline)))
