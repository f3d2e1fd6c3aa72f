"""POST /linode/instances: what it makes. What it checks first: create_checks.py.

The label's uniqueness is decided last, in the transaction that stores the Linode: of two racing
creates with one label exactly one is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.linode_api import (
    addresses,
    backups,
    config_interfaces,
    configs,
    deployment,
    firewalls,
    images,
    interfaces,
    ips,
    lifecycle,
    placement,
    records,
    stackscripts,
)
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.configs import Config
from emulators.linode_api.create_checks import check, generation
from emulators.linode_api.lifecycle import Course
from emulators.linode_api.linodes import Linode, enqueue, save
from emulators.linode_api.tags import remember_tags
from emulators.linode_api.validation import unique_tags

Json = dict[str, Any]
Body = Mapping[str, Any]


def create_linode(account: Account, body: Body) -> Linode:
    """Checks, then makes the Linode with its disks, config and jobs. Raises ApiError 400 or 403."""
    check(account, body)
    image = images.find(account, body["image"]) if body.get("image") else None
    filled = image is not None or body.get("backup_id") is not None
    with account.database.transaction():
        linode = new_linode(account, next_linode_id(account), body)
        plans = lifecycle.create_plans(linode.id, from_image=filled, booted=body.get("booted") is not False)
        ready = account.clock.now() + account.clock.shrink(plans[0].takes_s)
        save(account, linode)
        linode = with_network(account, linode, body)
        config = install(account, linode, body, image, ready)
        if config and len(plans) > 1:
            linode = replace(linode, body={**linode.body, "booted_config": config.id})
        linode = enqueue(account, linode, plans, secondary=secondary(image, config))
        remember_tags(account, linode.body["tags"])
        stackscripts.count(account, body.get("stackscript_id"))
    return linode


def next_linode_id(account: Account) -> int:
    with account.database.lock:
        seen = account.database.sql.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = 'linodes'"
        ).fetchone()
    return int(seen["seq"]) + 1


def with_network(account: Account, linode: Linode, body: Body) -> Linode:
    """Its Linode interfaces, or the firewall that guards it as a whole, and its reserved address."""
    if linode.body["interface_generation"] == "linode":
        linode = interfaces.install(account, linode, body.get("interfaces") or [])
        save(account, linode)
    elif body.get("firewall_id") is not None:
        firewall = records.find(account, "firewall", body["firewall_id"])
        firewalls.add_device(account, firewall, {"id": linode.id, "type": "linode"})
    if body.get("ipv4"):
        ips.assign_reserved(account, body["ipv4"][0], linode.id)
    return linode


def install(account: Account, linode: Linode, body: Body, image: Json | None, ready: float) -> Config | None:
    """Disks and configuration of an image or a backup; legacy interfaces go with the configuration."""
    if image is not None:
        disk_mb = catalogs().type_by_id[body["type"]]["disk"]
        config = deployment.install_image(account, linode.id, image, dict(body), disk_mb, ready)
        if linode.body["interface_generation"] == "legacy_config" and body.get("interfaces"):
            rows = config_interfaces.placed(account, linode, body["interfaces"])
            config = configs.save_config(account, config, {"interfaces": rows})
        return config
    if body.get("backup_id") is not None:
        backup = records.find(account, "backup", body["backup_id"])
        return deployment.install_saved(account, linode.id, backups.copy_of(backup), ready)
    return None


def secondary(image: Json | None, config: Config | None) -> dict[str, Json]:
    """Second entities of the events: the image for the create, the config for the boot."""
    found = {"linode_create": images.entity(image)} if image else {}
    return found | ({"linode_boot": config.entity} if config else {})


def new_linode(account: Account, linode_id: int, body: Body) -> Linode:
    now = account.clock.now()
    settings = account.settings
    user_data = (body.get("metadata") or {}).get("user_data")
    backed_up = bool(body.get("backups_enabled") or settings["backups_enabled"])
    chosen = generation(account, body)
    kept = {
        "group": body.get("group") or "",
        "type": body["type"],
        "ipv4": [] if chosen == "linode" else first_addresses(linode_id, body),
        "ipv6": None if chosen == "linode" else addresses.ipv6(linode_id),
        "image": body.get("image") or None,
        "region": body["region"],
        "alerts": default_alerts(catalogs().any_type(body["type"])["vcpus"]),
        "backups": backups.service(enabled=backed_up, new=True),
        "watchdog_enabled": True,
        "tags": unique_tags(body.get("tags") or []),
        "host_uuid": addresses.host_uuid(body["region"], linode_id),
        "has_user_data": bool(user_data),
        "placement_group": placement.group_for(account, body.get("placement_group")),
        "disk_encryption": body.get("disk_encryption") or "enabled",
        "interface_generation": chosen,
        "network_helper": body.get("network_helper"),
        "maintenance_policy": body.get("maintenance_policy") or settings["maintenance_policy"],
    }
    label = body.get("label") or f"linode{linode_id}"
    return Linode(linode_id, label, now, now, Course("provisioning"), kept)


def first_addresses(linode_id: int, body: Body) -> list[str]:
    """The public one, or a reserved one in its place; then the private one."""
    public = (body.get("ipv4") or [addresses.public_ipv4(linode_id)])[0]
    return [public, addresses.private_ipv4(linode_id)] if body.get("private_ip") else [public]


def default_alerts(vcpus: int) -> Json:
    """CPU in percent of one core, IO in operations a second, network in Mbit/s, transfer in percent."""
    return {"cpu": 90 * vcpus, "network_in": 10, "network_out": 10, "transfer_quota": 80, "io": 10000}
