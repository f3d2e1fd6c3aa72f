"""Block storage volumes, as far as Linodes have to do with them: made, attached, detached, deleted. Sizes in GB.

Source: recordings TestVolume_List, TestVolume_Resize, TestVolume_WaitForLinodeID_volume,
TestIAM_GetIOReadyForAttachedDetachedVolume; API page "Create a volume". Texts marked * are a choice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from emulators.linode_api import configs, events, linodes, records
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.errors import Problem, bad_request
from emulators.linode_api.filters import Attributes
from emulators.linode_api.linodes import Linode, named_linode
from emulators.linode_api.records import Record
from emulators.linode_api.tags import remember_tags
from emulators.linode_api.validation import raise_if, tag_problems

Json = dict[str, Any]
Body = Mapping[str, Any]

FILTERABLE = Attributes(frozenset({"label", "tags"}))
LABEL = re.compile(r"[a-zA-Z](?!.*(--|__))[a-zA-Z0-9_-]{0,31}")
SMALLEST_GB, LARGEST_GB, DEFAULT_GB = 10, 16_384, 20
WORK_S = 10.0  # creating and resizing; a choice
ATTACH_S = 5.0  # until `io_ready`; a choice


def volume_row(account: Account, volume: Record) -> Json:
    body, now = volume.body, account.clock.now()
    linode = linode_of(account, volume)
    return {
        "id": volume.id,
        "status": body["working"] if now < body["ready"] else "active",
        "label": body["label"],
        **volume.dates,
        "filesystem_path": f"/dev/disk/by-id/scsi-0Linode_Volume_{body['label']}",
        "size": body["size"],
        "linode_id": linode.id if linode else None,
        "linode_label": linode.label if linode else None,
        "io_ready": linode is not None and now >= body["attached"] + account.clock.shrink(ATTACH_S),
        "region": body["region"],
        "tags": body["tags"],
        "hardware_type": "nvme",
        "encryption": body["encryption"],
        "locks": [],
    }


def linode_of(account: Account, volume: Record) -> Linode | None:
    """The Linode it is attached to, by a call or by a configuration that maps it."""
    attached = linodes.get_linode(account, volume.body["linode_id"])
    if attached:
        return attached
    for linode in linodes.all_linodes(account):
        for config in configs.all_configs(account, linode.id):
            if any(one and one.get("volume_id") == volume.id for one in config.body["devices"].values()):
                return linode
    return None


def rows(account: Account) -> list[Json]:
    return [volume_row(account, volume) for volume in records.all_of(account, "volume")]


def rows_of(account: Account, linode: Linode) -> list[Json]:
    return [row for row in rows(account) if row["linode_id"] == linode.id]


def size_problems(size: object) -> list[Problem]:
    fits = type(size) is int and SMALLEST_GB <= size <= LARGEST_GB
    return [] if fits else [("size", f"Must be {SMALLEST_GB}-{LARGEST_GB}")]


def create(account: Account, body: Body) -> Record:
    label = body.get("label")
    problems = size_problems(DEFAULT_GB if body.get("size") is None else body["size"])
    if not isinstance(label, str) or not LABEL.fullmatch(label):
        problems.append(("label", "Must only use ASCII letters, numbers, underscores and dashes"))
    if body.get("tags") is not None:
        problems += tag_problems(body["tags"])
    linode = named_linode(account, body, "linode_id") if body.get("linode_id") is not None else None
    region = linode.body["region"] if linode else str(body.get("region"))
    if region not in catalogs().region_by_id or not catalogs().has(region, "Block Storage"):
        problems.append(("region", "region is not valid"))
    raise_if(problems)
    records.require_unique_label(account, "volume", label)
    now = account.clock.now()
    kept: Json = {
        "label": label,
        "size": body.get("size") or DEFAULT_GB,
        "region": region,
        "tags": list(body.get("tags") or []),
        "encryption": body.get("encryption") or "disabled",
        "linode_id": linode.id if linode else None,
        "attached": now,
        "working": "creating",
        "ready": now + account.clock.shrink(WORK_S),
    }
    with account.database.transaction():
        made = records.add(account, "volume", kept)
        remember_tags(account, kept["tags"])
        events.notify(account, "volume_create", entity(made))
    return made


def entity(volume: Record) -> Json:
    return events.entity("volume", volume.id, volume.body["label"], f"/volumes/{volume.id}")


def update(account: Account, volume: Record, body: Body) -> Record:
    changes = {name: body[name] for name in ("label", "tags") if body.get(name) is not None}
    if "label" in changes:
        if not isinstance(changes["label"], str) or not LABEL.fullmatch(changes["label"]):
            raise bad_request("Must only use ASCII letters, numbers, underscores and dashes", "label")
        records.require_unique_label(account, "volume", changes["label"], besides=volume.id)
    raise_if(tag_problems(changes.get("tags", [])))
    with account.database.transaction():
        changed = records.change(account, volume, changes)
        remember_tags(account, changed.body["tags"])
        events.notify(account, "volume_update", entity(changed))
    return changed


def attach(account: Account, volume: Record, body: Body) -> Record:
    linode = named_linode(account, body, "linode_id")
    if linode_of(account, volume):
        raise bad_request("Volume is already attached to a Linode")  # *
    if linode.body["region"] != volume.body["region"]:
        raise bad_request("Volume and Linode must be in the same region", "linode_id")  # *
    with account.database.transaction():
        changes = {"linode_id": linode.id, "attached": account.clock.now()}
        changed = records.change(account, volume, changes)
        events.notify(account, "volume_attach", entity(changed), linode.entity)
    return changed


def detach(account: Account, volume: Record) -> None:
    """Also out of the configurations that map it."""
    linode = linode_of(account, volume)
    if linode is None:
        raise bad_request("Volume is not attached to a Linode")  # *
    with account.database.transaction():
        records.change(account, volume, {"linode_id": None})
        configs.unmap(account, linode.id, "volume_id", volume.id)
        events.notify(account, "volume_detach", entity(volume), linode.entity)


def detach_all(account: Account, linode_id: int) -> None:
    """When their Linode is gone."""
    for volume in records.all_of(account, "volume"):
        if volume.body["linode_id"] == linode_id:
            records.change(account, volume, {"linode_id": None})
            events.notify(account, "volume_detach", entity(volume))


def resize(account: Account, volume: Record, body: Body) -> Record:
    """The new size shows at once; volumes only grow."""
    raise_if(size_problems(body.get("size")))
    if body["size"] <= volume.body["size"]:
        raise bad_request("Volumes can only be resized up", "size")  # *
    ready = account.clock.now() + account.clock.shrink(WORK_S)
    with account.database.transaction():
        changes = {"size": body["size"], "working": "resizing", "ready": ready}
        changed = records.change(account, volume, changes)
        events.notify(account, "volume_resize", entity(changed))
    return changed


def delete(account: Account, volume: Record) -> None:
    """The recordings delete attached ones, too."""
    with account.database.transaction():
        linode = linode_of(account, volume)
        if linode:
            configs.unmap(account, linode.id, "volume_id", volume.id)
        records.remove(account, volume)
        events.notify(account, "volume_delete", entity(volume))
