"""Disks of a Linode: stored rows, and what is asked of one.

Sizes in MB. A disk made by POST is missing from the list until its job is done, though GET finds it.
Source: recordings TestInstance_Disks_List, TestInstance_Disk_Resize, TestInstance_Disk_Clone; API pages
"Create a disk", "Resize a disk": a disk in use cannot be changed, the call succeeds and its job fails.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulators.linode_api import configs
from emulators.linode_api.account import Account
from emulators.linode_api.clock import stamp
from emulators.linode_api.errors import bad_request, not_found
from emulators.linode_api.events import entity, notify
from emulators.linode_api.filters import Attributes
from emulators.linode_api.lifecycle import quiet_plan
from emulators.linode_api.linodes import Linode, enqueue, is_up, require_free, require_off, specs
from emulators.linode_api.passwords import password_problem

Json = dict[str, Any]
Body = Mapping[str, Any]

FILTERABLE = Attributes(frozenset({"label", "size"}))
MOST = 50


@dataclass(frozen=True)
class Disk:
    """A stored disk; `ready` is the moment (seconds since 1970) from which on it can be used."""

    id: int
    linode_id: int
    created: float
    ready: float
    body: Json

    @property
    def entity(self) -> Json:
        url = f"/linode/instances/{self.linode_id}/disks/{self.id}"
        return entity("disk", self.id, self.body["label"], url)

    @property
    def size(self) -> int:
        return int(self.body["size"])


def all_disks(account: Account, linode_id: int) -> list[Disk]:
    with account.database.lock:
        rows = account.database.sql.execute(
            "SELECT * FROM disks WHERE linode_id = ? ORDER BY id", (linode_id,)
        ).fetchall()
    return [from_row(row) for row in rows]


def find_disk(account: Account, linode_id: int, disk_id: int) -> Disk:
    for disk in all_disks(account, linode_id):
        if disk.id == disk_id:
            return disk
    raise not_found()


def from_row(row: sqlite3.Row) -> Disk:
    return Disk(row["id"], row["linode_id"], row["created"], row["ready"], json.loads(row["body"]))


def add_disk(account: Account, linode_id: int, body: Json, ready: float) -> Disk:
    """`body` has label, filesystem, size and disk_encryption; `used` and `new` where they matter."""
    now = account.clock.now()
    with account.database.transaction() as sql:
        cursor = sql.execute(
            "INSERT INTO disks (linode_id, created, ready, body) VALUES (?, ?, ?, ?)",
            (linode_id, now, ready, json.dumps(body)),
        )
    return Disk(int(cursor.lastrowid or 0), linode_id, now, ready, body)


def save_disk(account: Account, disk: Disk, changes: Body, ready: float | None = None) -> Disk:
    changed = Disk(disk.id, disk.linode_id, disk.created, ready or disk.ready, {**disk.body, **changes})
    with account.database.transaction() as sql:
        sql.execute(
            "UPDATE disks SET ready = ?, body = ? WHERE id = ?",
            (changed.ready, json.dumps(changed.body), disk.id),
        )
    return changed


def disk_row(account: Account, disk: Disk) -> Json:
    now = account.clock.now()
    status = "ready" if now >= disk.ready else "not ready"
    return {
        "id": disk.id,
        "status": "deleting" if disk.body.get("deleting") else status,
        "label": disk.body["label"],
        "created": stamp(disk.created),
        "updated": stamp(max(disk.created, min(disk.ready, now))),
        "filesystem": disk.body["filesystem"],
        "size": disk.size,
        "disk_encryption": disk.body["disk_encryption"],
    }


def disk_rows(account: Account, linode_id: int) -> list[Json]:
    """Those of a new Linode are listed at once, as `not ready`; one added later when it is ready."""
    now = account.clock.now()
    found = all_disks(account, linode_id)
    return [disk_row(account, disk) for disk in found if now >= disk.ready or not disk.body.get("new")]


def require_room(account: Account, linode: Linode, size_mb: int, besides: int | None = None) -> None:
    """Raises ApiError 400 when the plan's disk has no such room left."""
    taken = sum(disk.size for disk in all_disks(account, linode.id) if disk.id != besides)
    if taken + size_mb > specs(linode.body["type"])["disk"]:
        raise bad_request("Insufficient space for disk: the disks do not fit on this Linode's plan", "size")


def create_disk(account: Account, linode: Linode, wanted: Json, plan: str) -> Disk:
    """Queues the job; `wanted` was checked. Raises ApiError 400: busy, no room."""
    require_free(account, linode)
    if len(all_disks(account, linode.id)) >= MOST:
        raise bad_request(f"A Linode can have up to {MOST} disks")
    require_room(account, linode, wanted["size"])
    job = quiet_plan(plan)
    ready = account.clock.now() + account.clock.shrink(job.takes_s)
    with account.database.transaction():
        disk = add_disk(account, linode.id, {**wanted, "new": True}, ready)
        enqueue(account, linode, [job], secondary={job.action: disk.entity})
    return disk


def rename(account: Account, disk: Disk, body: Body) -> Disk:
    label = body.get("label", disk.body["label"])
    if not isinstance(label, str) or not 1 <= len(label) <= 48:
        raise bad_request("Length must be 1-48 characters", "label")
    return save_disk(account, disk, {"label": label})


def in_use(account: Account, linode: Linode, disk: Disk) -> bool:
    """Whether the Linode runs on a configuration that maps the disk."""
    booted = configs.booted_config(account, linode)
    return is_up(account, linode) and booted is not None and disk.id in booted.disk_ids


def resize_disk(account: Account, linode: Linode, disk: Disk, body: Body) -> None:
    size = body.get("size")
    if type(size) is not int or size < 1:
        raise bad_request("Must be a positive integer", "size")
    require_free(account, linode)
    require_room(account, linode, size, besides=disk.id)
    failed = in_use(account, linode, disk) or size < disk.body.get("used", 0)
    job = quiet_plan("disk_resize")
    with account.database.transaction():
        save_disk(account, disk, {}, account.clock.now() + account.clock.shrink(job.takes_s))
        effect = {"disk_sizes": {disk.id: size}}
        secondary = {job.action: disk.entity}
        enqueue(account, linode, [job], effect=effect, secondary=secondary, failed=failed)


def delete_disk(account: Account, linode: Linode, disk: Disk) -> None:
    """The disk goes when the job ends, also out of the configurations that map it."""
    if "cannot_delete_with_subresources" in linode.body.get("locks", []):
        raise bad_request("Linode is locked: its disks cannot be deleted.")
    require_free(account, linode)
    failed = in_use(account, linode, disk)
    job = quiet_plan("disk_delete")
    with account.database.transaction():
        save_disk(account, disk, {"deleting": not failed})
        secondary = {job.action: disk.entity}
        enqueue(account, linode, [job], effect={"disk_gone": disk.id}, secondary=secondary, failed=failed)


def clone_disk(account: Account, linode: Linode, disk: Disk) -> Disk:
    """The copy is `ready` at once (recording TestInstance_Disk_Clone), the Linode busy for a while."""
    require_free(account, linode)
    require_room(account, linode, disk.size)
    body = {**disk.body, "label": f"Copy of {disk.body['label']}"[:48]}
    with account.database.transaction():
        copy = add_disk(account, linode.id, body, account.clock.now())
        enqueue(account, linode, [quiet_plan("disk_duplicate")], secondary={"disk_duplicate": copy.entity})
    return copy


def reset_password(account: Account, linode: Linode, disk: Disk, body: Body) -> None:
    """The Linode must be off. The password is checked and forgotten."""
    reason = password_problem(body.get("password"))
    if reason:
        raise bad_request(reason, "password")
    require_free(account, linode)
    require_off(account, linode, "Linode must be powered off to reset a disk's root password.")
    enqueue(account, linode, [quiet_plan("password_reset")], secondary={"password_reset": disk.entity})


def set_sizes(account: Account, linode_id: int, sizes: Mapping[str, int]) -> None:
    """Effect of a resize: of one disk, or of the Linode's plan."""
    for disk in all_disks(account, linode_id):
        if str(disk.id) in sizes:
            save_disk(account, disk, {"size": sizes[str(disk.id)]})


def forget(account: Account, linode_id: int, disk_id: int) -> None:
    """Effect of a deletion."""
    with account.database.transaction() as sql:
        sql.execute("DELETE FROM disks WHERE id = ?", (disk_id,))
        configs.unmap(account, linode_id, "disk_id", disk_id)


def notify_rename(account: Account, linode: Linode, disk: Disk) -> None:
    notify(account, "disk_update", linode.entity, disk.entity)
