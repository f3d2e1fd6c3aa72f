"""Disks of a Linode. Sizes in MB.

A disk made by POST is missing from the list until its job is done, though GET finds it. Source: recordings
TestInstance_Disks_List, TestInstance_Disk_Resize, TestInstance_Disk_Clone; API pages "Create a disk", "Resize a disk":
a disk in use cannot be changed, the call succeeds and its job fails.
"""

from __future__ import annotations

from collections.abc import Mapping

from emulators.linode_api.clock import stamp
from emulators.linode_api.core import Json, bodies, records
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import check, choice, length, problems_in
from emulators.linode_api.core.errors import bad_request, problem_if, raise_if
from emulators.linode_api.core.events import notify, on_effect
from emulators.linode_api.core.jobs import PLANS
from emulators.linode_api.core.records import Kind, Record, all_of, change, get, remove, stored
from emulators.linode_api.core.routes import Call
from emulators.linode_api.core.stored import Stored
from emulators.linode_api.resources import images, stackscripts, users
from emulators.linode_api.resources.linode import configs, linodes
from emulators.linode_api.resources.linode.linodes import Linode, api

DISK = Kind("disk", "/linode/instances/{linode}/disks/{disk}", first_id=188_000_000)
MOST = 50
FILESYSTEMS = ("raw", "swap", "ext2", "ext3", "ext4", "initrd")


@DISK.shows
def row(account: Account, disk: Record) -> Json:
    now, ready = account.now, disk["ready"]
    status = "ready" if now >= ready else "not ready"
    return {
        "id": disk.id,
        "status": "deleting" if disk.body.get("deleting") else status,
        "label": disk["label"],
        "created": stamp(disk.created),
        "updated": stamp(max(disk.created, min(ready, now))),
        **disk.parts("filesystem", "size", "disk_encryption"),
    }


def add(account: Account, linode_id: int, body: Json, ready: float) -> Record:
    """`body` has label, filesystem, size and disk_encryption; `used` and `new` where they matter.

    `ready` is the moment (seconds since 1970) from which on it can be used.
    """
    return records.add(account, "disk", {**body, "ready": ready}, linode_id)


def total_mb(account: Account, linode_id: int, besides: int | None = None) -> int:
    return sum(int(disk["size"]) for disk in all_of(account, "disk", linode_id) if disk.id != besides)


def require_room(account: Account, linode: Linode, size_mb: int, besides: int | None = None) -> None:
    """Raises ApiError 400 when the plan's disk has no such room left."""
    if total_mb(account, linode.id, besides) + size_mb > linodes.specs(linode["type"])["disk"]:
        raise bad_request("Insufficient space for disk: the disks do not fit on this Linode's plan", "size")


def in_use(account: Account, linode: Linode, disk: Record) -> bool:
    """Whether the Linode runs on a configuration that maps the disk, or is being rescued with it."""
    booted = configs.booted(account, linode)
    devices: Json = linode.body.get("rescue") or (booted["devices"] if booted else {})
    return linodes.is_up(account, linode) and any(
        one["disk_id"] == disk.id for one in devices.values() if one
    )


api.shows(DISK.url)


@api.rows("/linode/instances/{linode}/disks", "label", "size")
def rows(call: Call, linode: Linode) -> Stored[Record]:
    """Those of a new Linode are listed at once, as `not ready`; one added later when it is ready."""
    found = stored(call.account, "disk", linode.id)
    ready = "json_extract(body, '$.ready') <= ? OR NOT coalesce(json_extract(body, '$.new'), 0)"
    return found.but(ready, call.account.now)


@api.post("/linode/instances/{linode}/disks")
def create(call: Call, linode: Linode) -> Record:
    """An empty disk, or one with an image on it. Raises ApiError 400: missing, does not fit, `Linode busy.`."""
    account, body = call.account, call.body
    image = images.usable(account, body.get("image"))
    size = body.get("size")
    problems = problems_in(body, {"label": length(1, 48), "filesystem": choice(*FILESYSTEMS)})
    problems += problem_if(not body.get("label") and not body.get("image"), "label", "label is required")
    problems += problem_if(body.get("image") is not None and image is None, "image", "image is not valid")
    if type(size) is not int or size < 1:
        problems.append(("size", "Must be a positive integer"))
    elif image and size < image["size"]:
        problems.append(("size", "The image does not fit on a disk of this size"))
    raise_if(
        problems + users.access_problems(account, body) + stackscripts.use_problems(account, body, image)
    )
    if image:
        users.require_credentials(body)
    linodes.require_free(account, linode)
    if len(all_of(account, "disk", linode.id)) >= MOST:
        raise bad_request(f"A Linode can have up to {MOST} disks")
    require_room(account, linode, body["size"])
    wanted = {
        "label": body.get("label") or f"{(image or {}).get('label')} Disk",
        "filesystem": body.get("filesystem") or "ext4",
        "size": size,
        "disk_encryption": linode["disk_encryption"],
        "used": image["size"] if image else 0,
        "new": True,
    }
    job = PLANS["disk_create from an image" if image else "disk_create"]
    disk = add(account, linode.id, wanted, account.later(job.takes_s))
    stackscripts.count(account, body.get("stackscript_id"))
    linodes.enqueue(account, linode, job, secondary={job.action: disk.entity})
    return disk


@api.put(DISK.url)
def rename(call: Call, linode: Linode, disk: Record) -> Record:
    label = call.body.get("label", disk["label"])
    check({"label": label}, {"label": bodies.always(length(1, 48))})
    changed = change(call.account, disk, label=label)
    notify(call.account, "disk_update", linode.entity, changed.entity)
    return changed


@api.delete(DISK.url)
def delete(call: Call, linode: Linode, disk: Record) -> None:
    """The disk goes when the job ends, also out of the configurations that map it."""
    account = call.account
    if "cannot_delete_with_subresources" in linode.body.get("locks", []):
        raise bad_request("Linode is locked: its disks cannot be deleted.")
    linodes.require_free(account, linode)
    failed = in_use(account, linode, disk)
    change(account, disk, deleting=not failed)
    secondary, effect = {"disk_delete": disk.entity}, {"disk_gone": disk.id}
    linodes.enqueue(account, linode, PLANS["disk_delete"], effect=effect, secondary=secondary, failed=failed)


@api.post(DISK.url + "/resize")
def resize(call: Call, linode: Linode, disk: Record) -> None:
    account = call.account
    check(call.body, {"size": bodies.always(bodies.size)})
    size: int = call.body["size"]
    linodes.require_free(account, linode)
    require_room(account, linode, size, besides=disk.id)
    failed = in_use(account, linode, disk) or size < disk.body.get("used", 0)
    job = PLANS["disk_resize"]
    change(account, disk, ready=account.later(job.takes_s))
    secondary, effect = {job.action: disk.entity}, {"disk_sizes": {disk.id: size}}
    linodes.enqueue(account, linode, job, effect=effect, secondary=secondary, failed=failed)


@api.post(DISK.url + "/clone")
def clone(call: Call, linode: Linode, disk: Record) -> Record:
    """The copy is `ready` at once (recording TestInstance_Disk_Clone), the Linode busy for a while."""
    account = call.account
    linodes.require_free(account, linode)
    require_room(account, linode, disk["size"])
    body = {**disk.body, "label": f"Copy of {disk['label']}"[:48]}
    copy = add(account, linode.id, body, account.now)
    linodes.enqueue(account, linode, PLANS["disk_duplicate"], secondary={"disk_duplicate": copy.entity})
    return copy


@api.post(DISK.url + "/password")
def reset_password(call: Call, linode: Linode, disk: Record) -> None:
    """The Linode must be off. The password is checked and forgotten."""
    check(call.body, {"password": bodies.always(bodies.password)})
    linodes.require_free(call.account, linode)
    linodes.require_off(call.account, linode, "Linode must be powered off to reset a disk's root password.")
    linodes.enqueue(call.account, linode, PLANS["password_reset"], secondary={"password_reset": disk.entity})


@on_effect("disk_sizes")
def set_sizes(account: Account, _: int, sizes: Mapping[str, int], __: float) -> None:
    """Of one disk, or of those that a plan's resize makes larger."""
    for disk_id, size in sizes.items():
        disk = get(account, "disk", int(disk_id))
        if disk:
            change(account, disk, size=size)


@on_effect("disk_gone")
def forget(account: Account, linode_id: int, disk_id: int, _: float) -> None:
    disk = get(account, "disk", disk_id)
    if disk:
        remove(account, disk)
    configs.unmap(account, linode_id, "disk_id", disk_id)
