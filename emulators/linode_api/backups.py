"""Backups of a Linode: the service, snapshots, and bringing one back.

Only snapshots are made here: no automatic backup ever happens. Source: recording TestInstanceBackups_List; API pages
"Create a snapshot", "Restore a backup", "Cancel backups". Texts marked * are a choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.linode_api import deployment, disks, events, lifecycle, linodes, records
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.clock import stamp
from emulators.linode_api.deployment import Saved
from emulators.linode_api.errors import Problem, bad_request
from emulators.linode_api.linodes import (
    Linode,
    enqueue,
    find_linode,
    require_free,
    require_off,
    save,
    with_body,
)
from emulators.linode_api.records import Record

Json = dict[str, Any]
Body = Mapping[str, Any]


def service(*, enabled: bool, new: bool = False) -> Json:
    """`backups` of a Linode, when the service has just been switched; a new one has no schedule yet.

    Source for the latter: recording TestVPC_ListIPAddresses.
    """
    slot = "Scheduling" if enabled and not new else None
    schedule = {"day": slot, "window": slot}
    return {"enabled": enabled, "available": False, "schedule": schedule, "last_successful": None}


def switch(account: Account, linode: Linode, *, enabled: bool) -> None:
    """Enabling twice, or cancelling what is off, changes nothing; cancelling deletes every backup."""
    if linode.body["backups"]["enabled"] is enabled:
        return
    with account.database.transaction():
        for backup in records.all_of(account, "backup", linode.id) if not enabled else []:
            records.remove(account, backup)
        changed = with_body(linode, {"backups": service(enabled=enabled)})
        save(account, replace(changed, updated=account.clock.now()))
        events.notify(account, "backups_enable" if enabled else "backups_cancel", linode.entity)


def enable(account: Account, linode: Linode) -> None:
    switch(account, linode, enabled=True)


def cancel(account: Account, linode: Linode) -> None:
    switch(account, linode, enabled=False)


def backup_row(account: Account, backup: Record) -> Json:
    body = backup.body
    running = account.clock.now() - backup.created >= account.clock.shrink(lifecycle.PICKED_UP_AFTER_S)
    waits = "running" if running else "pending"
    finished = body["finished"]
    return {
        "id": backup.id,
        "region": body["region"],
        "type": "snapshot",
        "status": "successful" if finished else waits,
        "available": True,
        **backup.dates,
        "finished": stamp(finished) if finished else None,
        "label": body["label"],
        "configs": [config["label"] for config in body["configs"]] if finished else [],
        "disks": [disk_part(disk) for disk in body["disks"]] if finished else [],
    }


def disk_part(disk: Body) -> Json:
    return {name: disk[name] for name in ("label", "size", "filesystem")}


def rows(account: Account, linode: Linode) -> Json:
    """An object, not a page: the last good snapshot, and the one that is being made."""
    held = records.all_of(account, "backup", linode.id)
    done = [backup_row(account, one) for one in held if one.body["finished"]]
    running = [backup_row(account, one) for one in held if not one.body["finished"]]
    snapshot = {"current": done[-1] if done else None, "in_progress": running[-1] if running else None}
    return {"automatic": [], "snapshot": snapshot}


def snapshot(account: Account, linode: Linode, body: Body) -> Record:
    """POST backups. The one before is deleted when the new one is done."""
    label = body.get("label")
    if not isinstance(label, str) or not 1 <= len(label) <= 255:
        raise bad_request("Length must be 1-255 characters", "label")
    if not linode.body["backups"]["enabled"]:
        raise bad_request("Backups are not enabled for this Linode.")  # *
    require_free(account, linode)
    kept = {"label": label, "region": linode.body["region"], "finished": None, "configs": [], "disks": []}
    with account.database.transaction():
        made = records.add(account, "backup", kept, linode.id)
        enqueue(account, linode, [lifecycle.quiet_plan("linode_snapshot")], effect={"backup": made.id})
    return made


def finish(account: Account, linode_id: int, backup_id: int) -> None:
    """Effect of a snapshot: it holds what the Linode holds; backups cancelled meanwhile stay away."""
    made = records.get(account, "backup", backup_id)
    if made is None:
        return
    now = account.clock.now()
    for old in records.all_of(account, "backup", linode_id):
        if old.id != backup_id:
            records.remove(account, old)
    copy = deployment.saved(account, linode_id)
    records.change(account, made, {"finished": now, "configs": copy.configs, "disks": copy.disks})
    linode = find_linode(account, linode_id)
    done = {**linode.body["backups"], "available": True, "last_successful": stamp(now)}
    save(account, with_body(linode, {"backups": done}))


def find(account: Account, linode: Linode, backup_id: int) -> Record:
    return records.find(account, "backup", backup_id, linode.id)


def size_mb(backup: Record) -> int:
    return sum(disk["size"] for disk in backup.body["disks"])


def copy_of(backup: Record) -> Saved:
    return Saved(backup.body["disks"], backup.body["configs"])


def restore(account: Account, backup: Record, body: Body) -> None:
    """To any Linode of the region with room; with `overwrite` its disks and configurations go first."""
    target, overwrite = linodes.named_linode(account, body, "linode_id"), body.get("overwrite") is True
    if not backup.body["finished"]:
        raise bad_request("Backup is not available for restoration.")  # *
    if target.body["region"] != backup.body["region"]:
        raise bad_request("Backups cannot be restored across regions.", "linode_id")  # *
    require_free(account, target)
    require_off(account, target, "Linode must be powered off to restore a backup to it.")  # *
    held = 0 if overwrite else sum(disk.size for disk in disks.all_disks(account, target.id))
    if held + size_mb(backup) > linodes.specs(target.body["type"])["disk"]:
        raise bad_request("Insufficient space to restore the backup.")  # *
    plan = lifecycle.restore_plan()
    ready = account.clock.now() + account.clock.shrink(plan.takes_s)
    with account.database.transaction():
        if overwrite:
            deployment.wipe(account, target.id)
        deployment.install_saved(account, target.id, copy_of(backup), ready)
        enqueue(account, target, [plan])


def create_problems(account: Account, body: Body) -> list[Problem]:
    """`backup_id` of a create: instead of an image, finished, of that region, with room on the plan."""
    if body.get("backup_id") is None:
        return []
    backup = records.get(account, "backup", body["backup_id"])
    if backup is None or not backup.body["finished"]:
        return [("backup_id", "backup_id is not valid")]
    if body.get("image"):
        return [("backup_id", "backup_id and image are mutually exclusive")]  # *
    if backup.body["region"] != body.get("region"):
        return [("backup_id", "Linode must be deployed to the region of the backup")]  # *
    plan = catalogs().type_by_id.get(str(body.get("type")))
    fits = plan is None or size_mb(backup) <= plan["disk"]
    return [] if fits else [("backup_id", "The backup does not fit on the disk of the selected plan")]  # *
