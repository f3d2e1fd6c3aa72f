"""Disks and configuration profiles of a Linode.

Source: recordings TestInstance_Disks_List, TestInstance_Configs_List; kernel and labels of an image's
config: TestEventPoller_InstancePower and API page "Create a Linode".
"""

from __future__ import annotations

import json
from typing import Any

from emulators.linode_api.account import Account
from emulators.linode_api.clock import stamp
from emulators.linode_api.events import entity
from emulators.linode_api.filters import Attributes

Json = dict[str, Any]

DISKS = Attributes(frozenset({"label", "size"}))
CONFIGS = Attributes(frozenset({"label", "interfaces.label", "interfaces"}))
DEFAULT_SWAP_MB = 512
SLOTS = tuple(f"sd{letter}" for letter in "abcdefgh")


def install_image(
    account: Account, linode_id: int, image: Json, wish: Json, disk_mb: int, ready: float
) -> Json:
    """Replaces all disks and configs by those of a fresh image; `ready` is when the disks can be used.

    `wish` may hold swap_size, boot_size, kernel, disk_encryption, interfaces. Gives the config as an entity.
    """
    wipe(account, linode_id)
    swap_mb = wish.get("swap_size")
    swap_mb = DEFAULT_SWAP_MB if swap_mb is None else swap_mb
    main_mb = wish.get("boot_size") or disk_mb - swap_mb
    encryption = wish.get("disk_encryption") or "enabled"
    sda = add_disk(account, linode_id, f"{image['label']} Disk", "ext4", main_mb, encryption, ready)
    sdb = swap_mb and add_disk(
        account, linode_id, f"{swap_mb} MB Swap Image", "swap", swap_mb, encryption, ready
    )
    devices = {"sda": device(sda), "sdb": device(sdb) if sdb else None}
    label = f"My {image['label']} Disk Profile"
    config = {
        "label": label,
        "kernel": wish.get("kernel") or "linode/grub2",
        "network_helper": account.settings["network_helper"],
        "devices": devices,
        "interfaces": wish.get("interfaces") or [],
    }
    with account.database.transaction() as sql:
        cursor = sql.execute(
            "INSERT INTO configs (linode_id, created, body) VALUES (?, ?, ?)",
            (linode_id, account.clock.now(), json.dumps(config)),
        )
    return config_entity(linode_id, int(cursor.lastrowid or 0), label)


def config_entity(linode_id: int, config_id: int, label: str) -> Json:
    return entity("linode_config", config_id, label, f"/linode/instances/{linode_id}/configs/{config_id}")


def device(disk_id: int) -> Json:
    return {"disk_id": disk_id, "volume_id": None}


def wipe(account: Account, linode_id: int) -> None:
    with account.database.transaction() as sql:
        sql.execute("DELETE FROM disks WHERE linode_id = ?", (linode_id,))
        sql.execute("DELETE FROM configs WHERE linode_id = ?", (linode_id,))


def add_disk(
    account: Account, linode_id: int, label: str, filesystem: str, size_mb: int, encryption: str, ready: float
) -> int:
    body = {"label": label, "filesystem": filesystem, "size": size_mb, "disk_encryption": encryption}
    with account.database.transaction() as sql:
        cursor = sql.execute(
            "INSERT INTO disks (linode_id, created, ready, body) VALUES (?, ?, ?, ?)",
            (linode_id, account.clock.now(), ready, json.dumps(body)),
        )
    return int(cursor.lastrowid or 0)


def disk_rows(account: Account, linode_id: int) -> list[Json]:
    """Disks are listed at once, as `not ready`. Sizes in MB."""
    now = account.clock.now()
    with account.database.lock:
        rows = account.database.sql.execute(
            "SELECT * FROM disks WHERE linode_id = ? ORDER BY id", (linode_id,)
        ).fetchall()
    return [disk_row(row["id"], row["created"], row["ready"], json.loads(row["body"]), now) for row in rows]


def disk_row(disk_id: int, created: float, ready: float, body: Json, now: float) -> Json:
    return {
        "id": disk_id,
        "status": "ready" if now >= ready else "not ready",
        "label": body["label"],
        "created": stamp(created),
        "updated": stamp(max(created, min(ready, now))),
        "filesystem": body["filesystem"],
        "size": body["size"],
        "disk_encryption": body["disk_encryption"],
    }


def config_rows(account: Account, linode_id: int) -> list[Json]:
    with account.database.lock:
        rows = account.database.sql.execute(
            "SELECT * FROM configs WHERE linode_id = ? ORDER BY id", (linode_id,)
        ).fetchall()
    return [config_row(row["id"], row["created"], json.loads(row["body"])) for row in rows]


def config_row(config_id: int, created: float, body: Json) -> Json:
    return {
        "id": config_id,
        "label": body["label"],
        "helpers": {
            "updatedb_disabled": True,
            "distro": True,
            "modules_dep": True,
            "network": body["network_helper"],
            "devtmpfs_automount": True,
        },
        "kernel": body["kernel"],
        "comments": "",
        "memory_limit": 0,
        "created": stamp(created),
        "updated": stamp(created),
        "root_device": "/dev/sda",
        "devices": {slot: body["devices"].get(slot) for slot in SLOTS},
        "initrd": None,
        "run_level": "default",
        "virt_mode": "paravirt",
        "interfaces": body["interfaces"],
    }
