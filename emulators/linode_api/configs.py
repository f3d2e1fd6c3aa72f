"""Configuration profiles of a Linode: what it boots, from which disks, on which network.

A PUT changes what it names; `devices` and `interfaces` are replaced as a whole, null leaves them alone.
Source: recordings TestInstance_Config_Update, TestInstance_Configs_List, TestInstance_ConfigInterfaces_List;
API pages "Create a config profile", "Boot a Linode".
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from emulators.linode_api import events, records
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.clock import stamp
from emulators.linode_api.errors import Problem, bad_request, not_found
from emulators.linode_api.filters import Attributes
from emulators.linode_api.linodes import Linode, is_up
from emulators.linode_api.validation import choice, raise_if, text

Json = dict[str, Any]
Body = Mapping[str, Any]

FILTERABLE = Attributes(frozenset({"label", "interfaces.label", "interfaces"}))
SLOTS = tuple(f"sd{letter}" for letter in "abcdefgh")
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


@dataclass(frozen=True)
class Config:
    """A stored configuration profile."""

    id: int
    linode_id: int
    created: float
    body: Json

    @property
    def entity(self) -> Json:
        url = f"/linode/instances/{self.linode_id}/configs/{self.id}"
        return events.entity("linode_config", self.id, self.body["label"], url)

    @property
    def disk_ids(self) -> set[int]:
        return {device["disk_id"] for device in self.body["devices"].values() if device}


def all_configs(account: Account, linode_id: int) -> list[Config]:
    with account.database.lock:
        rows = account.database.sql.execute(
            "SELECT * FROM configs WHERE linode_id = ? ORDER BY id", (linode_id,)
        ).fetchall()
    return [from_row(row) for row in rows]


def find_config(account: Account, linode_id: int, config_id: int) -> Config:
    for config in all_configs(account, linode_id):
        if config.id == config_id:
            return config
    raise not_found()


def from_row(row: sqlite3.Row) -> Config:
    """Also of a database of the first version, which kept less."""
    body = json.loads(row["body"])
    network = body.pop("network_helper", True)
    helpers = dict.fromkeys(HELPERS, True) | {"network": network}
    return Config(row["id"], row["linode_id"], row["created"], {**DEFAULTS, "helpers": helpers, **body})


def add_config(account: Account, linode_id: int, body: Json) -> Config:
    now = account.clock.now()
    helpers = dict.fromkeys(HELPERS, True) | {"network": account.settings["network_helper"]}
    full = {**DEFAULTS, "updated": now, **body, "helpers": {**helpers, **(body.get("helpers") or {})}}
    with account.database.transaction() as sql:
        cursor = sql.execute(
            "INSERT INTO configs (linode_id, created, body) VALUES (?, ?, ?)",
            (linode_id, now, json.dumps(full)),
        )
    return Config(int(cursor.lastrowid or 0), linode_id, now, full)


def save_config(account: Account, config: Config, changes: Body) -> Config:
    body = {**config.body, **changes, "updated": account.clock.now()}
    with account.database.transaction() as sql:
        sql.execute("UPDATE configs SET body = ? WHERE id = ?", (json.dumps(body), config.id))
    return replace(config, body=body)


def config_row(account: Account, linode: Linode, config: Config) -> Json:
    body = config.body
    return {
        "id": config.id,
        "label": body["label"],
        "helpers": {name: body["helpers"][name] for name in HELPERS},
        "kernel": body["kernel"],
        "comments": body["comments"],
        "memory_limit": body["memory_limit"],
        "created": stamp(config.created),
        "updated": stamp(body.get("updated", config.created)),
        "root_device": body["root_device"],
        "devices": {slot: body["devices"].get(slot) for slot in SLOTS},
        "initrd": body["initrd"],
        "run_level": body["run_level"],
        "virt_mode": body["virt_mode"],
        "interfaces": interface_rows(account, linode, config),
    }


def interface_rows(account: Account, linode: Linode, config: Config) -> list[Json]:
    active = is_active(account, linode, config)
    return [{**row, "active": active} for row in config.body["interfaces"]]


def is_active(account: Account, linode: Linode, config: Config) -> bool:
    return is_up(account, linode) and linode.body.get("booted_config") == config.id


def config_rows(account: Account, linode: Linode) -> list[Json]:
    return [config_row(account, linode, config) for config in all_configs(account, linode.id)]


def booted_config(account: Account, linode: Linode) -> Config | None:
    """The one that was booted last, if it is still there; else the only one."""
    found = all_configs(account, linode.id)
    last = [config for config in found if config.id == linode.body.get("booted_config")]
    return last[0] if last else found[0] if len(found) == 1 else None


def field_problems(account: Account, linode: Linode, body: Body) -> list[Problem]:
    """Everything but interfaces."""
    problems = [
        *text(body, "label", 1, 48),
        *text(body, "comments", 0, 65_535),
        *text(body, "root_device", 1, 255),
        *choice(body, "kernel", catalogs().kernel_by_id),
        *choice(body, "run_level", ("default", "single", "binbash")),
        *choice(body, "virt_mode", ("paravirt", "fullvirt")),
    ]
    limit = body.get("memory_limit")
    if limit is not None and not (type(limit) is int and limit >= 0):
        problems.append(("memory_limit", "Must be 0 or greater"))
    helpers = body.get("helpers") or {}
    if not isinstance(helpers, dict) or not all(isinstance(on, bool | None) for on in helpers.values()):
        problems.append(("helpers", "Must be an object of Booleans"))
    return problems + device_problems(account, linode, body.get("devices") or {})


def device_problems(account: Account, linode: Linode, devices: object) -> list[Problem]:
    if not isinstance(devices, dict):
        return [("devices", "Must be an object")]
    with account.database.lock:
        own = {
            row["id"]
            for row in account.database.sql.execute("SELECT id FROM disks WHERE linode_id = ?", (linode.id,))
        }
    problems: list[Problem] = []
    for slot, device in devices.items():
        disk_id, volume_id = ((device or {}).get(name) for name in ("disk_id", "volume_id"))
        if slot not in SLOTS:
            problems.append(("devices", f"{slot} is not valid"))
        elif disk_id is not None and (disk_id not in own or volume_id is not None):
            problems.append((f"devices.{slot}.disk_id", "disk_id is not valid"))
        elif volume_id is not None and records.get(account, "volume", volume_id) is None:
            problems.append((f"devices.{slot}.volume_id", "volume_id is not valid"))
    return problems


def kept_fields(body: Body) -> Json:
    """The fields of a request that was checked, as they are stored; interfaces apart."""
    names = ("label", "comments", "root_device", "kernel", "run_level", "virt_mode", "memory_limit")
    kept: Json = {name: body[name] for name in names if body.get(name) is not None}
    if body.get("devices") is not None:
        kept["devices"] = {
            slot: {"disk_id": device.get("disk_id"), "volume_id": device.get("volume_id")}
            for slot, device in body["devices"].items()
            if device and any(device.values())
        }
    return kept


def kept_helpers(config: Config, body: Body) -> Json:
    wanted = {
        name: on for name, on in (body.get("helpers") or {}).items() if name in HELPERS and on is not None
    }
    return {"helpers": {**config.body["helpers"], **wanted}}


def require_label(body: Body) -> None:
    if not body.get("label"):
        raise bad_request("label is required", "label")


def delete_config(account: Account, linode: Linode, config: Config) -> None:
    if "cannot_delete_with_subresources" in linode.body.get("locks", []):
        raise bad_request("Linode is locked: its configuration profiles cannot be deleted.")
    raise_if(
        [(None, "Interfaces of an active configuration profile cannot be deleted.")]
        if is_active(account, linode, config) and any(row["vpc_id"] for row in config.body["interfaces"])
        else []
    )
    with account.database.transaction() as sql:
        sql.execute("DELETE FROM configs WHERE id = ?", (config.id,))
        events.notify(account, "linode_config_delete", linode.entity, config.entity)


def unmap(account: Account, linode_id: int, kind: str, thing_id: int) -> None:
    """Takes a disk or a volume out of every configuration of a Linode."""
    for config in all_configs(account, linode_id):
        devices = config.body["devices"]
        kept = {slot: one for slot, one in devices.items() if not one or one.get(kind) != thing_id}
        if kept != devices:
            save_config(account, config, {"devices": kept})
