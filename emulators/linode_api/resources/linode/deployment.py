"""What is put on a Linode: the disks and the configuration of an image, or a copy of another Linode's.

Source: recordings TestInstance_Disks_List, TestEventPoller_InstancePower; API page "Create a Linode".
"""

from __future__ import annotations

from collections.abc import Sequence

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.core import Body, Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.errors import bad_request
from emulators.linode_api.core.records import Record, all_of, remove_within
from emulators.linode_api.resources import images
from emulators.linode_api.resources.linode import configs, disks

DEFAULT_SWAP_MB = 512


def swap_mb(body: Body) -> int:
    wanted = body.get("swap_size")
    return DEFAULT_SWAP_MB if wanted is None else int(wanted)


def require_room_for_image(account: Account, body: Body) -> Json:
    """The image; it, and what is asked beside it, must fit the plan's disk. `body` names type and region."""
    image = images.require(account, body["image"])
    disk_mb = catalogs().any_type(body["type"])["disk"]
    boot_mb = body.get("boot_size") or 0
    if image["size"] > disk_mb - swap_mb(body):
        raise bad_request("The image does not fit on the disk of the selected plan", "image")
    if boot_mb + swap_mb(body) > disk_mb:
        raise bad_request("The disks do not fit on the selected plan", "boot_size")
    if boot_mb and boot_mb < image["size"]:
        raise bad_request("The image does not fit on a disk of this size", "boot_size")
    if catalogs().any_region(body["region"])["site_type"] == "distributed" and (
        "distributed-sites" not in image["capabilities"]
    ):
        raise bad_request("The image is not available in distributed regions", "image")
    return image


def install_image(
    account: Account, linode_id: int, image: Json, body: Body, disk_mb: int, ready: float
) -> Record:
    """Replaces all disks and configurations by those of a fresh image; the configuration.

    `body` may hold swap_size, boot_size, kernel, disk_encryption. `disk_mb` is the plan's disk, `ready` when the disks
    can be used.
    """
    wipe(account, linode_id)
    swap = swap_mb(body)
    main = {
        "label": f"{image['label']} Disk",
        "filesystem": "ext4",
        "used": image["size"],
        "size": body.get("boot_size") or disk_mb - swap,
    }
    wanted = [main, {"label": f"{swap} MB Swap Image", "filesystem": "swap", "size": swap}]
    encryption = body.get("disk_encryption") or "enabled"
    made = [
        disks.add(account, linode_id, {**disk, "disk_encryption": encryption}, ready)
        for disk in wanted
        if disk["size"]
    ]
    config = {
        "label": f"My {image['label']} Disk Profile",
        "kernel": body.get("kernel") or "linode/grub2",
        "devices": {slot: device(disk.id) for slot, disk in zip(("sda", "sdb"), made, strict=False)},
    }
    return configs.add(account, linode_id, config)


def device(disk_id: int) -> Json:
    return {"disk_id": disk_id, "volume_id": None}


def wipe(account: Account, linode_id: int) -> None:
    remove_within(account, linode_id, "disk", "config")


def chosen(account: Account, linode_id: int, body: Body) -> tuple[list[Record], list[Record]]:
    """The disks and configurations that a clone takes: all that `configs` name, or all, and more `disks`.

    Raises ApiError 400.
    """
    disks, configs = all_of(account, "disk", linode_id), all_of(account, "config", linode_id)
    for name, there in (("disks", disks), ("configs", configs)):
        wanted, known = body.get(name) or [], {one.id for one in there}
        if not isinstance(wanted, list) or not all(type(one) is int and one in known for one in wanted):
            raise bad_request(f"{name} is not valid", name)
    if body.get("configs") is not None:
        configs = [config for config in configs if config.id in body["configs"]]
    mapped = {one["disk_id"] for config in configs for one in config["devices"].values() if one}
    wanted = mapped | {*(body.get("disks") or ())}
    return [disk for disk in disks if disk.id in wanted], configs


def saved(account: Account, linode_id: int) -> Json:
    """All that a Linode has, to be copied."""
    return copied(all_of(account, "disk", linode_id), all_of(account, "config", linode_id))


def copied(disks: Sequence[Record], configs: Sequence[Record]) -> Json:
    """`disks` and `configs` as they are stored in a copy; volumes stay where they are.

    Devices of the configurations name disks by their place among `disks`.
    """
    place = {disk.id: number for number, disk in enumerate(disks)}
    kept = []
    for config in configs:
        slots = {
            slot: place[one["disk_id"]]
            for slot, one in config["devices"].items()
            if one and one.get("disk_id") in place
        }
        kept.append({**config.body, "devices": slots, "interfaces": []})
    return {"disks": [{**disk.body, "new": False} for disk in disks], "configs": kept}


def install_saved(account: Account, linode_id: int, copy: Body, ready: float) -> Record | None:
    """Adds the disks and configurations of a copy; the first configuration, if there is one."""
    made = [disks.add(account, linode_id, body, ready) for body in copy["disks"]]
    added = []
    for body in copy["configs"]:
        devices = {slot: device(made[place].id) for slot, place in body["devices"].items()}
        added.append(configs.add(account, linode_id, {**body, "devices": devices}))
    return added[0] if added else None
