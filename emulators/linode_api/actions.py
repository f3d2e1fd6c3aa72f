"""Changing and deleting a Linode that exists.

Both are accepted while a job runs. What else is done to it: power.py, resizing.py, rebuilding.py, backups.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.linode_api import events, firewalls, ips, lifecycle, locks, records, subnets, users, volumes
from emulators.linode_api.account import Account
from emulators.linode_api.errors import Problem, linode_busy
from emulators.linode_api.linodes import Linode, enqueue, save, with_body
from emulators.linode_api.tags import remember_tags
from emulators.linode_api.validation import (
    ALERTS,
    alert_problems,
    flag_problems,
    label_problems,
    policy_problems,
    raise_if,
    schedule_problems,
    tag_problems,
    unique_tags,
)

Json = dict[str, Any]
Body = Mapping[str, Any]


def update(account: Account, linode: Linode, body: Body) -> Linode:
    """PUT: what is left out stays; `tags` replaces all tags."""
    users.require_tag_right(account, body.get("tags"), linode.body["tags"])
    check_update(body)
    changes: Json = {
        name: body[name]
        for name in ("group", "watchdog_enabled", "maintenance_policy")
        if body.get(name) is not None
    }
    if body.get("tags") is not None:
        changes["tags"] = unique_tags(body["tags"])
    if body.get("alerts") is not None:
        chosen = {name: body["alerts"][name] for name in ALERTS if name in body["alerts"]}
        changes["alerts"] = {**linode.body["alerts"], **chosen}
    if (body.get("backups") or {}).get("schedule") is not None:
        schedule = {**linode.body["backups"]["schedule"], **body["backups"]["schedule"]}
        changes["backups"] = {**linode.body["backups"], "schedule": schedule}
    changed = replace(with_body(linode, changes), updated=account.clock.now())
    if body.get("label") is not None:
        changed = replace(changed, label=body["label"])
    with account.database.transaction():
        save(account, changed)
        remember_tags(account, changed.body["tags"])
        events.notify(account, "linode_update", changed.entity)
    return changed


def check_update(body: Body) -> None:
    problems = [*flag_problems(body, "watchdog_enabled"), *policy_problems(body)]
    if body.get("label") is not None:
        problems += label_problems(body["label"])
    if body.get("tags") is not None:
        problems += tag_problems(body["tags"])
    if not isinstance(body.get("group"), str | None):
        problems.append(("group", "Must be a string"))
    if body.get("alerts") is not None:
        problems += alert_problems(body["alerts"])
    raise_if(problems + backups_problems(body.get("backups")))


def backups_problems(wanted: object) -> list[Problem]:
    if isinstance(wanted, dict):
        return [] if wanted.get("schedule") is None else schedule_problems(wanted["schedule"])
    return [] if wanted is None else [("backups", "Must be an object")]


def delete(account: Account, linode: Linode) -> None:
    """The label stays taken, and the status is `deleting`, until the job ends; what it was part of is free at once.

    Raises ApiError 400: locked, cloning or restoring (API page "Delete a Linode").
    """
    if linode.course.status_at(account.clock.now()) == "deleting":
        return
    locks.require_unlocked(linode)
    if linode.body.get("cloning_until", 0.0) > account.clock.now() or any(
        events.running_jobs(account, action, linode.id) for action in ("linode_clone", "backups_restore")
    ):
        raise linode_busy()
    with account.database.transaction():
        events.abort_jobs(account, linode.id)
        release(account, linode)
        stopped = replace(linode, course=lifecycle.cut_short(linode.course, account.clock.now()))
        stopped = with_body(stopped, {"placement_group": None})
        enqueue(account, stopped, [lifecycle.delete_plan()], effect={"delete": True})


def release(account: Account, linode: Linode) -> None:
    """Recordings delete VPCs, firewalls and groups right after their Linode: they are free before the job ends."""
    ips.release(account, linode.id)
    firewalls.leave(account, linode.id)
    subnets.leave(account, linode.id)


def finish_delete(account: Account, linode_id: int, _: object) -> None:
    """Effect of linode_delete: everything it had goes, volumes are detached."""
    volumes.detach_all(account, linode_id)
    with account.database.transaction() as sql:
        for table, column in (("linodes", "id"), ("disks", "linode_id"), ("configs", "linode_id")):
            sql.execute(f"DELETE FROM {table} WHERE {column} = ?", (linode_id,))  # noqa: S608 - names from the line above
        for backup in records.all_of(account, "backup", linode_id):
            records.remove(account, backup)
