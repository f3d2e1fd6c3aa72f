"""What an image puts on a Linode: a main disk, a swap disk, and a configuration that boots from them.

Source: recordings TestInstance_Disks_List, TestEventPoller_InstancePower; API page "Create a Linode".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulators.linode_api import configs, disks
from emulators.linode_api.account import Account
from emulators.linode_api.configs import Config

Json = dict[str, Any]
DEFAULT_SWAP_MB = 512


@dataclass(frozen=True)
class Saved:
    """Disks and configurations as a backup keeps them; devices name disks by their place in `disks`."""

    disks: list[Json]
    configs: list[Json]


def swap_mb(wish: Mapping[str, Any]) -> int:
    wanted = wish.get("swap_size")
    return DEFAULT_SWAP_MB if wanted is None else int(wanted)


def install_image(
    account: Account, linode_id: int, image: Json, wish: Json, disk_mb: int, ready: float
) -> Config:
    """Replaces all disks and configs by those of a fresh image; `ready` is when the disks can be used.

    `wish` may hold swap_size, boot_size, kernel, disk_encryption. `disk_mb` is the plan's disk.
    """
    wipe(account, linode_id)
    swap = swap_mb(wish)
    encryption = wish.get("disk_encryption") or "enabled"
    shared = {"disk_encryption": encryption}
    main: Json = {"label": f"{image['label']} Disk", "filesystem": "ext4", "used": image["size"], **shared}
    main["size"] = wish.get("boot_size") or disk_mb - swap
    devices = {"sda": device(disks.add_disk(account, linode_id, main, ready).id)}
    if swap:
        body = {"label": f"{swap} MB Swap Image", "filesystem": "swap", "size": swap, **shared}
        devices["sdb"] = device(disks.add_disk(account, linode_id, body, ready).id)
    config = {
        "label": f"My {image['label']} Disk Profile",
        "kernel": wish.get("kernel") or "linode/grub2",
        "devices": devices,
    }
    return configs.add_config(account, linode_id, config)


def device(disk_id: int) -> Json:
    return {"disk_id": disk_id, "volume_id": None}


def wipe(account: Account, linode_id: int) -> None:
    with account.database.transaction() as sql:
        sql.execute("DELETE FROM disks WHERE linode_id = ?", (linode_id,))
        sql.execute("DELETE FROM configs WHERE linode_id = ?", (linode_id,))


def saved(account: Account, linode_id: int) -> Saved:
    """A copy of what a Linode holds; volumes stay where they are."""
    held = disks.all_disks(account, linode_id)
    place = {disk.id: number for number, disk in enumerate(held)}
    kept = []
    for config in configs.all_configs(account, linode_id):
        slots = {
            slot: place[one["disk_id"]]
            for slot, one in config.body["devices"].items()
            if one and one.get("disk_id") in place
        }
        kept.append({**config.body, "devices": slots, "interfaces": []})
    return Saved([disk.body for disk in held], kept)


def install_saved(account: Account, linode_id: int, copy: Saved, ready: float) -> Config | None:
    """Adds the disks and configurations of a copy; the first configuration, if there is one."""
    made = [disks.add_disk(account, linode_id, body, ready) for body in copy.disks]
    added = []
    for body in copy.configs:
        devices = {slot: device(made[place].id) for slot, place in body["devices"].items()}
        added.append(configs.add_config(account, linode_id, {**body, "devices": devices}))
    return added[0] if added else None
