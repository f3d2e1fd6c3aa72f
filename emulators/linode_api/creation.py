"""POST /linode/instances: what it checks, and what it makes.

The label's uniqueness is decided last, in the transaction that stores the Linode: of two racing
creates with one label exactly one is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulators.linode_api import addresses, events, storage
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.errors import Problem, bad_request
from emulators.linode_api.lifecycle import Course, create_plans
from emulators.linode_api.linodes import Linode, enqueue
from emulators.linode_api.passwords import password_problem
from emulators.linode_api.tags import remember_tags
from emulators.linode_api.validation import (
    flag_problems,
    key_problems,
    label_problems,
    policy_problems,
    raise_if,
    require_credentials,
    require_sold,
    tag_problems,
    unique_tags,
    user_data_problems,
)

Json = dict[str, Any]
Body = Mapping[str, Any]

FLAGS = ("booted", "backups_enabled", "private_ip", "network_helper")
NOT_KEPT_HERE = ("backup_id", "stackscript_id", "firewall_id", "placement_group")


def create_linode(account: Account, body: Body) -> Linode:
    """Checks, then makes the Linode with its disks, config and jobs. Raises ApiError 400 or 403."""
    check(account, body)
    image = catalogs().image_by_id[body["image"]] if body.get("image") else None
    with account.database.transaction() as sql:
        seen = sql.execute("SELECT seq FROM sqlite_sequence WHERE name = 'linodes'").fetchone()
        linode = new_linode(account, int(seen["seq"]) + 1, body)
        booted = body.get("booted") is not False
        plans = create_plans(linode.id, from_image=image is not None, booted=booted)
        config: Json | None = None
        if image:
            ready = account.clock.now() + account.clock.shrink(plans[0].takes_s)
            disk_mb = catalogs().type_by_id[body["type"]]["disk"]
            config = storage.install_image(account, linode.id, image, dict(body), disk_mb, ready)
        linode = enqueue(account, linode, plans, secondary=secondary(image, config))
        remember_tags(account, linode.body["tags"])
    return linode


def secondary(image: Json | None, config: Json | None) -> dict[str, Json]:
    """Second entities of the events: the image for the create, the config for the boot."""
    if image is None or config is None:
        return {}
    made_from = events.entity("image", image["id"], image["label"], f"/images/{image['id']}")
    return {"linode_create": made_from, "linode_boot": config}


def new_linode(account: Account, linode_id: int, body: Body) -> Linode:
    now = account.clock.now()
    plan = catalogs().type_by_id[body["type"]]
    settings = account.settings
    ipv4 = [addresses.public_ipv4(linode_id)]
    if body.get("private_ip"):
        ipv4.append(addresses.private_ipv4(linode_id))
    user_data = (body.get("metadata") or {}).get("user_data")
    backed_up = bool(body.get("backups_enabled") or settings["backups_enabled"])
    kept = {
        "group": body.get("group") or "",
        "type": body["type"],
        "ipv4": ipv4,
        "ipv6": addresses.ipv6(linode_id),
        "image": body.get("image") or None,
        "region": body["region"],
        "alerts": default_alerts(plan["vcpus"]),
        "backups": backups(enabled=backed_up),
        "watchdog_enabled": True,
        "tags": unique_tags(body.get("tags") or []),
        "host_uuid": addresses.host_uuid(body["region"], linode_id),
        "has_user_data": bool(user_data),
        "disk_encryption": body.get("disk_encryption") or "enabled",
        "interface_generation": body.get("interface_generation") or "legacy_config",
        "maintenance_policy": body.get("maintenance_policy") or settings["maintenance_policy"],
    }
    label = body.get("label") or f"linode{linode_id}"
    return Linode(linode_id, label, now, now, Course("provisioning"), kept)


def default_alerts(vcpus: int) -> Json:
    """CPU in percent of one core, IO in operations a second, network in Mbit/s, transfer in percent."""
    return {"cpu": 90 * vcpus, "network_in": 10, "network_out": 10, "transfer_quota": 80, "io": 10000}


def backups(*, enabled: bool) -> Json:
    slot = "Scheduling" if enabled else None
    schedule = {"day": slot, "window": slot}
    return {"enabled": enabled, "available": False, "schedule": schedule, "last_successful": None}


def check(account: Account, body: Body) -> None:
    """Checks come in stages: mending what one answer names may bring out more."""
    raise_if(field_problems(account, body))
    image = body.get("image")
    if image:
        require_credentials(body)
        check_image(body)
    require_sold(body["type"], body["region"])


def field_problems(account: Account, body: Body) -> list[Problem]:
    image = catalogs().image_by_id.get(str(body.get("image")))
    problems = [*choice_problems(body), *flag_problems(body, *FLAGS), *policy_problems(body)]
    if body.get("label") is not None:
        problems += label_problems(body["label"])
    if body.get("tags") is not None:
        problems += tag_problems(body["tags"])
    if body.get("root_pass") is not None:
        reason = password_problem(body["root_pass"])
        problems += [("root_pass", reason)] if reason else []
    problems += key_problems(body, {account.username})
    problems += metadata_problems(body, image)
    problems += [(name, f"{name} is not valid") for name in NOT_KEPT_HERE if body.get(name) is not None]
    if body.get("ipv4") is not None:
        problems.append(("ipv4", "Must provide a single valid reserved ipv4 address"))
    return problems + interface_problems(body) + size_problems(body)


def choice_problems(body: Body) -> list[Problem]:
    """Type and region must be given and known; image, kernel, encryption and generation may be left out."""
    problems: list[Problem] = []
    if not body.get("type"):
        problems.append(("type", "type is required"))
    elif str(body["type"]) not in catalogs().type_by_id:
        problems.append(("type", "A valid plan type by that ID was not found"))
    if not body.get("region"):
        problems.append(("region", "region is required"))
    elif str(body["region"]) not in catalogs().region_by_id:
        problems.append(("region", "region is not valid"))
    optional: dict[str, Any] = {
        "image": catalogs().image_by_id,
        "kernel": catalogs().kernel_by_id,
        "disk_encryption": ("enabled", "disabled"),
        "interface_generation": ("legacy_config", "linode"),
    }
    for name, known in optional.items():
        if body.get(name) is not None and str(body[name]) not in known:
            problems.append((name, f"{name} is not valid"))
    return problems


def metadata_problems(body: Body, image: Json | None) -> list[Problem]:
    if not isinstance(body.get("metadata") or {}, dict):
        return [("metadata", "Must be an object")]
    return user_data_problems(body, str(body.get("region")), image)


def interface_problems(body: Body) -> list[Problem]:
    """Public and VLAN interfaces are kept with the config; there are no VPCs here to connect to."""
    interfaces = body.get("interfaces") or []
    if not isinstance(interfaces, list) or not all(isinstance(entry, dict) for entry in interfaces):
        return [("interfaces", "Must be a list of objects")]
    return [
        (f"interfaces[{number}].subnet_id", "subnet_id is not valid")
        for number, entry in enumerate(interfaces)
        if entry.get("purpose") == "vpc" or entry.get("vpc")
    ]


def size_problems(body: Body) -> list[Problem]:
    return [
        (name, "Must be a positive integer")
        for name in ("swap_size", "boot_size")
        if body.get(name) is not None and not (type(body[name]) is int and body[name] >= 0)
    ]


def check_image(body: Body) -> None:
    """The image, and what is asked beside it, must fit the plan's disk."""
    image = catalogs().image_by_id[body["image"]]
    disk_mb = catalogs().type_by_id[body["type"]]["disk"]
    swap_mb = body.get("swap_size")
    swap_mb = storage.DEFAULT_SWAP_MB if swap_mb is None else swap_mb
    if image["size"] > disk_mb - swap_mb:
        raise bad_request("The image does not fit on the disk of the selected plan", "image")
    if (body.get("boot_size") or 0) + swap_mb > disk_mb:
        raise bad_request("The disks do not fit on the selected plan", "boot_size")
    if body.get("boot_size") and body["boot_size"] < image["size"]:
        raise bad_request("The image does not fit on a disk of this size", "boot_size")
    if catalogs().region_by_id[body["region"]]["site_type"] == "distributed" and (
        "distributed-sites" not in image["capabilities"]
    ):
        raise bad_request("The image is not available in distributed regions", "image")
