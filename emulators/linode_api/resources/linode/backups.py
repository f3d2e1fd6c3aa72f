"""Backups of a Linode: the service, snapshots, and bringing one back.

Only snapshots are made here: no automatic backup ever happens. Source: recording TestInstanceBackups_List; API pages
"Create a snapshot", "Restore a backup", "Cancel backups"; for the day's wait the Cloud Manager (linode/manager, issue
6856). Texts marked * are a choice.
"""

from __future__ import annotations

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.clock import stamp
from emulators.linode_api.core import Body, Json, jobs
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import always, check, length
from emulators.linode_api.core.errors import Problem, bad_request
from emulators.linode_api.core.events import notify, on_effect
from emulators.linode_api.core.records import Kind, Record, add, all_of, change, get, remove, remove_within
from emulators.linode_api.core.routes import Call
from emulators.linode_api.resources.linode import deployment, disks, linodes
from emulators.linode_api.resources.linode.linodes import Linode, api

BACKUP = Kind("backup", "/linode/instances/{linode}/backups/{backup}", first_id=343_000_000)
ALL = "/linode/instances/{linode}/backups"
WAIT_S = 24 * 3600
"""From the end of the service until it can begin again."""


@BACKUP.shows
def row(account: Account, backup: Record) -> Json:
    body, finished = backup.body, backup["finished"]
    running = account.now - backup.created >= account.clock.shrink(jobs.PICKED_UP_AFTER_S)
    waits = "running" if running else "pending"
    parts = ("label", "size", "filesystem")
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
        "disks": [{part: disk[part] for part in parts} for disk in body["disks"]] if finished else [],
    }


def service(*, enabled: bool, new: bool = False) -> Json:
    """`backups` of a Linode, when the service has just been switched; a new one has no schedule until it is made.

    Source for the latter: recordings TestVPC_ListIPAddresses, TestWaitForResourceFree.
    """
    slot = "Scheduling" if enabled and not new else None
    schedule = {"day": slot, "window": slot}
    return {"enabled": enabled, "available": False, "schedule": schedule, "last_successful": None}


@on_effect("backups_begin")
def begin(account: Account, linode_id: int, _: object, __: float) -> None:
    """A new Linode is made: its backups, unless they were cancelled meanwhile, are to be scheduled."""
    linode = linodes.find_linode(account, linode_id)
    if (held := linode["backups"])["enabled"]:
        schedule = {name: slot or "Scheduling" for name, slot in held["schedule"].items()}
        linodes.save(account, linode.having(backups={**held, "available": True, "schedule": schedule}))


def size_mb(backup: Record) -> int:
    return sum(disk["size"] for disk in backup["disks"])


def create_problems(account: Account, body: Body) -> list[Problem]:
    """`backup_id` of a create: instead of an image, finished, of that region, with room on the plan."""
    if body.get("backup_id") is None:
        return []
    backup = get(account, "backup", body["backup_id"])
    if backup is None or not backup["finished"]:
        return [("backup_id", "backup_id is not valid")]
    if body.get("image"):
        return [("backup_id", "backup_id and image are mutually exclusive")]  # *
    if backup["region"] != body.get("region"):
        return [("backup_id", "Linode must be deployed to the region of the backup")]  # *
    plan = catalogs().types.get(str(body.get("type")))
    fits = plan is None or size_mb(backup) <= plan["disk"]
    return [] if fits else [("backup_id", "The backup does not fit on the disk of the selected plan")]  # *


def switch(call: Call, linode: Linode, *, enabled: bool) -> None:
    """Enabling twice, or cancelling what is off, changes nothing; cancelling deletes every backup."""
    account = call.account
    if linode["backups"]["enabled"] is enabled:
        return
    if enabled and account.now < linode.body.get("backups_again", 0.0):
        raise bad_request("Backups cannot be enabled within 24 hours of their cancellation.")  # *
    changes: Json = {"backups": service(enabled=enabled)}
    if not enabled:
        remove_within(account, linode.id, "backup")
        changes["backups_again"] = account.later(WAIT_S)
    linodes.change(account, linode, **changes)
    notify(account, "backups_enable" if enabled else "backups_cancel", linode.entity)


api.shows(BACKUP.url)


@api.post(ALL + "/enable")
def enable(call: Call, linode: Linode) -> None:
    switch(call, linode, enabled=True)


@api.post(ALL + "/cancel")
def cancel(call: Call, linode: Linode) -> None:
    switch(call, linode, enabled=False)


@api.get(ALL)
def snapshots(call: Call, linode: Linode) -> Json:
    """An object, not a page: the last good snapshot, and the one that is being made."""
    held = all_of(call.account, "backup", linode.id)
    done = [row(call.account, one) for one in held if one["finished"]]
    running = [row(call.account, one) for one in held if not one["finished"]]
    snapshot = {"current": done[-1] if done else None, "in_progress": running[-1] if running else None}
    return {"automatic": [], "snapshot": snapshot}


@api.post(ALL)
def snapshot(call: Call, linode: Linode) -> Record:
    """The one before is deleted when the new one is done."""
    check(call.body, {"label": always(length(1, 255))})
    if not linode["backups"]["enabled"]:
        raise bad_request("Backups are not enabled for this Linode.")  # *
    linodes.require_free(call.account, linode)
    body = {"label": call.body["label"], "region": linode["region"], "finished": None}
    made = add(call.account, "backup", {**body, "configs": [], "disks": []}, linode.id)
    linodes.enqueue(call.account, linode, jobs.PLANS["linode_snapshot"], effect={"backup": made.id})
    return made


@on_effect("backup")
def finish(account: Account, linode_id: int, backup_id: int, _: float) -> None:
    """It holds what the Linode holds; backups cancelled meanwhile stay away."""
    made = get(account, "backup", backup_id)
    if made is None:
        return
    for old in all_of(account, "backup", linode_id):
        if old.id != backup_id:
            remove(account, old)
    change(account, made, finished=account.now, **deployment.saved(account, linode_id))
    linode = linodes.find_linode(account, linode_id)
    done = {**linode["backups"], "available": True, "last_successful": stamp(account.now)}
    linodes.save(account, linode.having(backups=done))


@api.post(BACKUP.url + "/restore")
def restore(call: Call, _: Linode, backup: Record) -> None:
    """To any Linode of the region with room; with `overwrite` its disks and configurations go first."""
    account = call.account
    target, overwrite = (
        linodes.named_linode(account, call.body, "linode_id"),
        call.body.get("overwrite") is True,
    )
    if not backup["finished"]:
        raise bad_request("Backup is not available for restoration.")  # *
    if target["region"] != backup["region"]:
        raise bad_request("Backups cannot be restored across regions.", "linode_id")  # *
    linodes.require_free(account, target)
    linodes.require_off(account, target, "Linode must be powered off to restore a backup to it.")  # *
    held = 0 if overwrite else disks.total_mb(account, target.id)
    if held + size_mb(backup) > linodes.specs(target["type"])["disk"]:
        raise bad_request("Insufficient space to restore the backup.")  # *
    if overwrite:
        deployment.wipe(account, target.id)
    plan = jobs.PLANS["backups_restore"]
    deployment.install_saved(account, target.id, backup.body, account.later(plan.takes_s))
    linodes.enqueue(account, target, plan)
