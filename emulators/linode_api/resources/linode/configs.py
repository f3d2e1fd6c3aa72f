"""Configuration profiles of a Linode: what it boots, from which disks, on which network.

A PUT changes what it names; `devices` and `interfaces` are replaced as a whole, null leaves them alone.
Source: recordings TestInstance_Config_Update, TestInstance_Configs_List, TestInstance_ConfigInterfaces_List;
API pages "Create a config profile", "Boot a Linode".
"""

from __future__ import annotations

from string import ascii_lowercase

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.core import Body, Json, bodies, records
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import choice, known, length, problems_in, that
from emulators.linode_api.core.errors import Problem, bad_request, raise_if
from emulators.linode_api.core.events import notify
from emulators.linode_api.core.records import Kind, Record, all_of, change, get, given
from emulators.linode_api.core.routes import Call
from emulators.linode_api.resources.linode import config_interfaces, linodes
from emulators.linode_api.resources.linode.linodes import Linode, api, find_linode

CONFIG = Kind(
    "config",
    "/linode/instances/{linode}/configs/{config}",
    first_id=101_000_000,
    entity_type="linode_config",
    columns={"interfaces": None, "interfaces.label": None},  # a list of objects
)
LETTERS = ascii_lowercase
SLOTS = tuple(f"sd{letters}" for letters in [*LETTERS, *(one + two for one in "ab" for two in LETTERS)])[:64]
ALWAYS_SHOWN = 8
"""Slots that every plan has; the others show when they are used."""

WITH_VOLUMES = """kind = 'config' AND body GLOB '*"volume_id": [0-9]*'"""
"""As an index has it."""

VOLUMES = "SELECT json_extract(slot.value, '$.volume_id') FROM json_each(body, '$.devices') AS slot"
MAPS_VOLUME = f"? IN ({VOLUMES})"
HELPERS = ("updatedb_disabled", "distro", "modules_dep", "network", "devtmpfs_automount")
DEFAULTS: Json = {
    "kernel": "linode/latest-64bit",
    "comments": "",
    "memory_limit": 0,
    "root_device": "/dev/sda",
    "initrd": None,
    "run_level": "default",
    "virt_mode": "paravirt",
    "devices": {},
    "interfaces": [],
}
FIELDS = {
    "label": length(1, 48),
    "comments": length(0, 65_535),
    "root_device": length(1, 255),
    "kernel": known(lambda: catalogs().kernels),
    "run_level": choice("default", "single", "binbash"),
    "virt_mode": choice("paravirt", "fullvirt"),
    "memory_limit": bodies.at_least_0,
    "helpers": that(
        lambda helpers: all(isinstance(on, bool | None) for on in helpers.values()),
        "Must be an object of Booleans",
    ),
}


@CONFIG.shows
def row(account: Account, config: Record) -> Json:
    body = {**DEFAULTS, **config.body}
    linode = find_linode(account, config.parent_id)
    return {
        "id": config.id,
        "label": body["label"],
        "helpers": {name: helpers_of(config)[name] for name in HELPERS},
        **{name: body[name] for name in ("kernel", "comments", "memory_limit")},
        **config.dates,
        "root_device": body["root_device"],
        "devices": {**dict.fromkeys(SLOTS[:ALWAYS_SHOWN]), **in_order(body["devices"])},
        **{name: body[name] for name in ("initrd", "run_level", "virt_mode")},
        "interfaces": config_interfaces.shown(account, linode, config),
    }


def mapped(device: Json) -> Json:
    return {"disk_id": device.get("disk_id"), "volume_id": device.get("volume_id")}


def in_order(devices: Json) -> Json:
    return {slot: devices[slot] for slot in SLOTS if slot in devices}


def slots_of(linode: Linode) -> tuple[str, ...]:
    """One for each GB of the plan's memory, 8 to 64. Source: linode_api4's `config_create`."""
    return SLOTS[: max(ALWAYS_SHOWN, linodes.specs(linode["type"])["memory"] // 1024)]


def helpers_of(config: Record) -> Json:
    """Also of a database of the first version, which kept one of them."""
    network = config.body.get("network_helper", True)
    return {**dict.fromkeys(HELPERS, True), "network": network, **config.body.get("helpers", {})}


def add(account: Account, linode_id: int, body: Json) -> Record:
    helpers = dict.fromkeys(HELPERS, True) | {"network": account.settings["network_helper"]}
    full = {**DEFAULTS, **body, "helpers": {**helpers, **body.get("helpers", {})}}
    return records.add(account, "config", full, linode_id)


def booted(account: Account, linode: Linode) -> Record | None:
    """The one that was booted last, if it is still there; else the only one."""
    found = all_of(account, "config", linode.id)
    last = [config for config in found if config.id == linode.body.get("booted_config")]
    return last[0] if last else found[0] if len(found) == 1 else None


def map_volume(account: Account, config: Record, volume_id: int) -> None:
    """In the first free slot. Raises ApiError 400 when there is none."""
    devices = config["devices"]
    free = [slot for slot in slots_of(find_linode(account, config.parent_id)) if not devices.get(slot)]
    if not free:
        raise bad_request("The configuration profile has no free device", "config_id")  # *
    change(account, config, devices={**devices, free[0]: {"disk_id": None, "volume_id": volume_id}})


def unmap(account: Account, linode_id: int, kind: str, thing_id: int) -> None:
    """Takes a disk or a volume out of every configuration of a Linode."""
    for config in all_of(account, "config", linode_id):
        devices = config["devices"]
        kept = {slot: one for slot, one in devices.items() if not one or one.get(kind) != thing_id}
        if kept != devices:
            change(account, config, devices=kept)


def checked(account: Account, linode: Linode, body: Body) -> Json:
    """The fields of a request as they are stored, interfaces apart. Raises ApiError 400."""
    interfaces = body.get("interfaces") or []
    if interfaces:
        config_interfaces.require_legacy(linode)
    raise_if(
        problems_in(body, FIELDS)
        + device_problems(account, linode, body.get("devices") or {})
        + config_interfaces.problems_of(account, interfaces, linode["region"])
    )
    kept = given(body, "label", "comments", "root_device", "kernel", "run_level", "virt_mode", "memory_limit")
    kept["helpers"] = {name: on for name, on in (body.get("helpers") or {}).items() if on is not None}
    if body.get("devices") is not None:
        kept["devices"] = {
            slot: mapped(device)
            for slot, device in body["devices"].items()
            if device and any(device.values())
        }
    return kept


def device_problems(account: Account, linode: Linode, devices: Body) -> list[Problem]:
    own, slots = [disk.id for disk in all_of(account, "disk", linode.id)], slots_of(linode)
    problems: list[Problem] = []
    for slot, device in devices.items():
        if device is not None and not isinstance(device, dict):
            problems.append((f"devices.{slot}", "Must be an object"))
            continue
        disk_id, volume_id = ((device or {}).get(name) for name in ("disk_id", "volume_id"))
        if slot not in slots:
            problems.append(("devices", f"{slot} is not valid"))
        elif disk_id is not None and (disk_id not in own or volume_id is not None):
            problems.append((f"devices.{slot}.disk_id", "disk_id is not valid"))
        elif volume_id is not None and get(account, "volume", volume_id) is None:
            problems.append((f"devices.{slot}.volume_id", "volume_id is not valid"))
    return problems


api.reads_of(CONFIG, "label", "interfaces.label", "interfaces")


@api.post("/linode/instances/{linode}/configs")
def create(call: Call, linode: Linode) -> Record:
    account, body = call.account, call.body
    if not body.get("label"):
        raise bad_request("label is required", "label")
    kept = checked(account, linode, body)
    if body.get("interfaces"):
        kept["interfaces"] = config_interfaces.placed(account, linode, body["interfaces"])
    made = add(account, linode.id, kept)
    notify(account, "linode_config_create", linode.entity, made.entity)
    return made


@api.put(CONFIG.url)
def update(call: Call, linode: Linode, config: Record) -> Record:
    account, body = call.account, call.body
    changes = checked(account, linode, body)
    helpers = {name: on for name, on in changes["helpers"].items() if name in HELPERS}
    changes["helpers"] = {**helpers_of(config), **helpers}
    if body.get("interfaces") is not None:
        rows = config_interfaces.placed(account, linode, body["interfaces"], config["interfaces"])
        config_interfaces.require_changeable(account, linode, config, rows)
        changes["interfaces"] = rows
    changed = change(account, config, **changes)
    notify(account, "linode_config_update", linode.entity, changed.entity)
    return changed


@api.delete(CONFIG.url)
def delete(call: Call, linode: Linode, config: Record) -> None:
    if "cannot_delete_with_subresources" in linode.body.get("locks", []):
        raise bad_request("Linode is locked: its configuration profiles cannot be deleted.")
    if any(row["vpc_id"] for row in config["interfaces"]):
        config_interfaces.require_inactive(call.account, linode, config)
    records.remove(call.account, config)
    notify(call.account, "linode_config_delete", linode.entity, config.entity)
