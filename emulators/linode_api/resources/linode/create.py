"""POST /linode/instances: what is checked, in the API's words, and what it makes. Texts marked * are a choice.

Checks come in stages: mending what one answer names may bring out more. The label's uniqueness is decided last, in the
transaction that stores the Linode: of two racing creates with one label exactly one is made.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.core import Body, Json, bodies, jobs
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import choice, known, problems_in, required, that, unique_tags
from emulators.linode_api.core.errors import Problem, problem_if, raise_if
from emulators.linode_api.core.limits import CREATE
from emulators.linode_api.core.records import Record, change, find, get, given
from emulators.linode_api.core.routes import Call
from emulators.linode_api.resources import firewalls, images, ips, placement_groups, stackscripts, users
from emulators.linode_api.resources.linode import backups, config_interfaces, deployment, interfaces, linodes
from emulators.linode_api.resources.linode.linodes import Linode, api
from emulators.linode_api.resources.linode.power import NO_INTERFACE

LARGEST_USER_DATA = 65_535
PLACE = {
    "type": required(known(lambda: catalogs().types, "A valid plan type by that ID was not found")),
    "region": required(known(lambda: catalogs().regions)),
}
OPTIONS = {
    "kernel": known(lambda: catalogs().kernels),
    "disk_encryption": choice("enabled", "disabled"),
    "interface_generation": choice("legacy_config", "linode"),
}
FIELDS = {
    "booted": bodies.flag,
    "backups_enabled": bodies.flag,
    "private_ip": bodies.flag,
    "network_helper": bodies.flag,
    "maintenance_policy": bodies.maintenance_policy,
    "label": bodies.linode_label,
    "tags": bodies.tags,
}
SIZES = dict.fromkeys(("swap_size", "boot_size"), bodies.whole(0, "Must be a positive integer"))


@api.post("/linode/instances", CREATE, grant="add_linodes")
def create(call: Call) -> Linode:
    """The Linode with its disks, configuration and jobs. Raises ApiError 400 or 403."""
    return create_linode(call.account, call.body)


def create_linode(account: Account, body: Body) -> Linode:
    image = check_create(account, body)
    filled = image is not None or body.get("backup_id") is not None
    linode = new_linode(account, linodes.next_linode_id(account), body)
    plans = jobs.create_plans(linode.id, from_image=filled, booted=body.get("booted") is not False)
    linode = with_network(account, linodes.made_new(account, linode), body)
    config = install(account, linode, body, image, account.later(plans[0].takes_s))
    secondary = {"linode_create": images.image_entity(image)} if image else {}
    if config:
        secondary["linode_boot"] = config.entity
        linode = linode.having(booted_config=config.id) if len(plans) > 1 else linode
    account.remember_tags(linode["tags"])
    stackscripts.count(account, body.get("stackscript_id"))
    effect = {"backups_begin": True} if linode["backups"]["enabled"] else None
    return linodes.enqueue(account, linode, *plans, secondary=secondary, effect=effect)


def check_create(account: Account, body: Body) -> Json | None:
    """The image, if one is to be deployed. Raises ApiError 400 or 403."""
    linodes.require_tag_right(account, body.get("tags"), [])
    image = images.find_any(account, body.get("image"))
    if image and not place_problems(account, body):
        users.require_credentials(body)
    raise_if(
        [
            *choice_problems(account, body),
            *problems_in(body, FIELDS),
            *users.access_problems(account, body),
            *user_data_problems(body, image),
            *backups.create_problems(account, body),
            *stackscripts.use_problems(account, body, image),
            *ips.create_problems(account, body),
            *placement_groups.join_problems(account, body),
            *network_problems(account, body),
            *problems_in(body, SIZES),
        ]
    )
    if body.get("image"):
        deployment.require_room_for_image(account, body)
    linodes.require_sold(body["type"], body["region"])
    return image


def place_problems(account: Account, body: Body) -> list[Problem]:
    return problems_in(body, {**PLACE, "image": that(lambda image_id: images.usable(account, image_id))})


def choice_problems(account: Account, body: Body) -> list[Problem]:
    """Type and region must be given and known; image, kernel, encryption and generation may be left out."""
    problems = place_problems(account, body) + problems_in(body, OPTIONS)
    lacks = [catalogs().lacks(body.get("region"), name) for name in ("Disk Encryption", "LA Disk Encryption")]
    if body.get("disk_encryption") == "enabled" and all(lacks):
        problems.append(("disk_encryption", "Disk encryption is not available in this region"))  # *
    return problems


def user_data_of(body: Body) -> Json:
    """What a Linode keeps of `metadata`: what its metadata service would hand out, and whether there is any."""
    data = (body.get("metadata") or {}).get("user_data") or None
    return {"user_data": data, "has_user_data": data is not None}


def user_data_problems(body: Body, image: Body | None) -> list[Problem]:
    """`metadata.user_data`: Base64, at most 65,535 bytes, where region and image support it. Texts *."""
    user_data = (body.get("metadata") or {}).get("user_data")
    if user_data is None:
        return []
    found = []
    try:
        if len(base64.b64decode(user_data, validate=True)) > LARGEST_USER_DATA:
            found.append("Must be at most 65535 bytes")
    except (binascii.Error, ValueError):
        found.append("Must be valid base64")
    if catalogs().lacks(body.get("region"), "Metadata"):
        found.append("Metadata is not available in this region")
    if image and "cloud-init" not in image["capabilities"]:
        found.append("The image does not support cloud-init")
    return [("metadata.user_data", why) for why in found]


def generation(account: Account, body: Body) -> str:
    """Which interfaces a new Linode has: as asked, else the account's default."""
    default = account.settings["interfaces_for_new_linodes"]
    asked = body.get("interface_generation")
    return str(asked or ("linode" if default.startswith("linode") else "legacy_config"))


def network_problems(account: Account, body: Body) -> list[Problem]:
    allowed = account.settings["interfaces_for_new_linodes"]
    chosen, region_id = generation(account, body), str(body.get("region"))
    if (chosen, allowed) in (("linode", "legacy_config_only"), ("legacy_config", "linode_only")):
        return [("interface_generation", "Not allowed by the account's interfaces_for_new_linodes")]  # *
    problems = problems_in(
        body, {"firewall_id": that(lambda firewall_id: get(account, "firewall", firewall_id))}
    )
    if chosen == "legacy_config":
        return config_interfaces.problems_of(account, body.get("interfaces") or [], region_id) + problems
    problems += interfaces.problems_of(account, guarded_interfaces(body), region_id)
    return problems + only_legacy(body, region_id)


def guarded_interfaces(body: Body) -> list[Body]:
    """Linode interfaces; those that name no firewall have that of the Linode."""
    wanted, guard = body.get("interfaces") or [], given(body, "firewall_id")
    return [one if one.get("vlan") else {**guard, **one} for one in wanted]


def only_legacy(body: Body, region_id: str) -> list[Problem]:
    """What a Linode with Linode interfaces cannot have."""
    problems: list[Problem] = []
    if catalogs().lacks(region_id, "Linode Interfaces"):
        problems.append(("interface_generation", "Linode interfaces are not available in this region"))  # *
    wrong = [name for name in ("private_ip", "ipv4") if body.get(name)]
    problems += [(name, f"{name} is not allowed with Linode interfaces") for name in wrong]  # *
    boots = (body.get("image") or body.get("backup_id")) and body.get("booted") is not False
    problems += problem_if(boots and not body.get("interfaces"), None, NO_INTERFACE)
    return problems


def new_linode(account: Account, linode_id: int, body: Body) -> Linode:
    """As it will be stored, without disks, configurations and interfaces."""
    settings, now = account.settings, account.now
    chosen = generation(account, body)
    waits = chosen == "linode" and bool(body.get("interfaces"))  # for the addresses of its interfaces
    kept = {
        "group": body.get("group") or "",
        "type": body["type"],
        "ipv4": [] if waits else first_addresses(linode_id, body),
        "ipv6": None if waits else ips.ipv6(linode_id),
        "image": body.get("image") or None,
        "region": body["region"],
        "alerts": default_alerts(catalogs().any_type(body["type"])["vcpus"]),
        "backups": backups.service(
            enabled=bool(body.get("backups_enabled") or settings["backups_enabled"]), new=True
        ),
        "watchdog_enabled": True,
        "tags": unique_tags(body.get("tags") or []),
        "host_uuid": ips.host_uuid(body["region"], linode_id),
        **user_data_of(body),
        "root_keys": users.root_keys(account, body),
        "placement_group": placement_groups.joined(account, body),
        "disk_encryption": body.get("disk_encryption") or "enabled",
        "interface_generation": chosen,
        "network_helper": body.get("network_helper"),
        "maintenance_policy": body.get("maintenance_policy") or settings["maintenance_policy"],
    }
    label = body.get("label") or f"linode{linode_id}"
    return Linode(linode_id, label, now, now, jobs.Course("provisioning"), kept)


def first_addresses(linode_id: int, body: Body) -> list[str]:
    """The public one, or a reserved one in its place; then the private one."""
    public = (body.get("ipv4") or [ips.public_ipv4(linode_id)])[0]
    return [public, ips.private_ipv4(linode_id)] if body.get("private_ip") else [public]


def default_alerts(vcpus: int) -> Json:
    """CPU in percent of one core, IO in operations a second, network in Mbit/s, transfer in percent."""
    return {"cpu": 90 * vcpus, "network_in": 10, "network_out": 10, "transfer_quota": 80, "io": 10000}


def with_network(account: Account, linode: Linode, body: Body) -> Linode:
    """Its Linode interfaces, or the firewall that guards it as a whole, and its reserved address."""
    if linode["interface_generation"] == "linode":
        linode = interfaces.install(account, linode, guarded_interfaces(body))
    elif (guard := body.get("firewall_id") or firewalls.defaults(account)["linode"]) is not None:
        firewalls.add_device(account, find(account, "firewall", guard), "linode", linode.id)
    if body.get("ipv4"):
        ips.assign_reserved(account, body["ipv4"][0], linode.id)
    return linode


def install(account: Account, linode: Linode, body: Body, image: Json | None, ready: float) -> Record | None:
    """Disks and configuration of an image or a backup; legacy interfaces go with the configuration."""
    if image is not None:
        disk_mb = catalogs().types[body["type"]]["disk"]
        config = deployment.install_image(account, linode.id, image, body, disk_mb, ready)
        if linode["interface_generation"] == "legacy_config" and body.get("interfaces"):
            rows: list[Any] = config_interfaces.placed(account, linode, body["interfaces"])
            config = change(account, config, interfaces=rows)
        return config
    if body.get("backup_id") is not None:
        backup = find(account, "backup", body["backup_id"])
        return deployment.install_saved(account, linode.id, backup.body, ready)
    return None
