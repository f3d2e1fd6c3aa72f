"""Addresses of what a Linode is made of: disks, configurations and their interfaces, Linode interfaces, volumes."""

from __future__ import annotations

from typing import Any

from emulators.linode_api import (
    config_interfaces,
    configs,
    disk_images,
    disks,
    firewalls,
    interfaces,
    records,
    volumes,
)
from emulators.linode_api.calls import Answer, Call, Endpoint, endpoint, nothing
from emulators.linode_api.configs import Config
from emulators.linode_api.disks import Disk
from emulators.linode_api.endpoints.instances import on_instance
from emulators.linode_api.limits import COLLECTION, VOLUMES, Budget
from emulators.linode_api.records import Record

Json = dict[str, Any]

ONE_DISK, ONE_CONFIG, ONE_INTERFACE = (
    "/{id}/disks/{disk}",
    "/{id}/configs/{config}",
    "/{id}/interfaces/{interface}",
)


def disk(call: Call) -> Disk:
    return disks.find_disk(call.account, call.linode.id, call.number("disk"))


def rename_disk(call: Call) -> Json:
    changed = disks.rename(call.account, disk(call), call.body)
    disks.notify_rename(call.account, call.linode, changed)
    return disks.disk_row(call.account, changed)


def config(call: Call) -> Config:
    return configs.find_config(call.account, call.linode.id, call.number("config"))


def shown(call: Call, one: Config) -> Json:
    return configs.config_row(call.account, call.linode, one)


def interface(call: Call) -> Record:
    interfaces.require_generation(call.linode)
    return records.find(call.account, "interface", call.number("interface"), call.id)


def list_interfaces(call: Call) -> Json:
    """An object with one key, without pages (API page "List Linode interfaces")."""
    interfaces.require_generation(call.linode)
    held = interfaces.all_interfaces(call.account, call.id)
    return {"interfaces": [interfaces.interface_row(call.account, one) for one in held]}


def interface_firewalls(call: Call) -> Json:
    found = firewalls.of_thing(call.account, call.id, interface(call).id)
    return call.page([firewalls.firewall_row(call.account, one) for one in found], firewalls.FILTERABLE)


def volume(call: Call) -> Record:
    return records.find(call.account, "volume", call.id)


def on_volume(
    method: str, path: str, answer: Answer, *budgets: Budget, grant: str | None = None, also: str = ""
) -> Endpoint:
    scope = "volumes:read_only" if method == "GET" else "volumes:read_write" + also
    return endpoint(method, "/volumes" + path, scope, answer, *budgets, grant=grant)


LINODE_TOO = ",linodes:read_write"
DISKS = (
    on_instance(
        "GET",
        "/{id}/disks",
        lambda c: c.page(disks.disk_rows(c.account, c.linode.id), disks.FILTERABLE),
        COLLECTION,
    ),
    on_instance(
        "POST",
        "/{id}/disks",
        lambda c: disks.disk_row(c.account, disk_images.create(c.account, c.linode, c.body)),
    ),
    on_instance("GET", ONE_DISK, lambda c: disks.disk_row(c.account, disk(c))),
    on_instance("PUT", ONE_DISK, rename_disk),
    on_instance("DELETE", ONE_DISK, nothing(lambda c: disks.delete_disk(c.account, c.linode, disk(c)))),
    on_instance(
        "POST",
        ONE_DISK + "/resize",
        nothing(lambda c: disks.resize_disk(c.account, c.linode, disk(c), c.body)),
    ),
    on_instance(
        "POST",
        ONE_DISK + "/clone",
        lambda c: disks.disk_row(c.account, disks.clone_disk(c.account, c.linode, disk(c))),
    ),
    on_instance(
        "POST",
        ONE_DISK + "/password",
        nothing(lambda c: disks.reset_password(c.account, c.linode, disk(c), c.body)),
    ),
)
CONFIGS = (
    on_instance(
        "GET",
        "/{id}/configs",
        lambda c: c.page(configs.config_rows(c.account, c.linode), configs.FILTERABLE),
        COLLECTION,
    ),
    on_instance(
        "POST", "/{id}/configs", lambda c: shown(c, config_interfaces.create(c.account, c.linode, c.body))
    ),
    on_instance("GET", ONE_CONFIG, lambda c: shown(c, config(c))),
    on_instance(
        "PUT",
        ONE_CONFIG,
        lambda c: shown(c, config_interfaces.update(c.account, c.linode, config(c), c.body)),
    ),
    on_instance(
        "DELETE", ONE_CONFIG, nothing(lambda c: configs.delete_config(c.account, c.linode, config(c)))
    ),
    on_instance(
        "GET",
        ONE_CONFIG + "/interfaces",
        lambda c: configs.interface_rows(c.account, c.linode, config(c)),
    ),
    on_instance(
        "POST",
        ONE_CONFIG + "/interfaces",
        lambda c: config_interfaces.append(c.account, c.linode, config(c), c.body),
    ),
    on_instance(
        "POST",
        ONE_CONFIG + "/interfaces/order",
        nothing(lambda c: config_interfaces.reorder(c.account, c.linode, config(c), c.body)),
    ),
    on_instance(
        "GET",
        ONE_CONFIG + "/interfaces/{interface}",
        lambda c: config_interfaces.find(c.account, c.linode, config(c), c.number("interface")),
    ),
    on_instance(
        "PUT",
        ONE_CONFIG + "/interfaces/{interface}",
        lambda c: config_interfaces.change(c.account, c.linode, config(c), c.number("interface"), c.body),
    ),
    on_instance(
        "DELETE",
        ONE_CONFIG + "/interfaces/{interface}",
        nothing(lambda c: config_interfaces.remove(c.account, c.linode, config(c), c.number("interface"))),
    ),
)
INTERFACES = (
    on_instance("GET", "/{id}/interfaces", list_interfaces),
    on_instance(
        "POST",
        "/{id}/interfaces",
        lambda c: interfaces.interface_row(c.account, interfaces.create(c.account, c.linode, c.body)),
    ),
    on_instance("GET", "/{id}/interfaces/settings", lambda c: interfaces.settings(c.account, c.linode)),
    on_instance(
        "PUT", "/{id}/interfaces/settings", lambda c: interfaces.change_settings(c.account, c.linode, c.body)
    ),
    on_instance("GET", ONE_INTERFACE, lambda c: interfaces.interface_row(c.account, interface(c))),
    on_instance(
        "PUT",
        ONE_INTERFACE,
        lambda c: interfaces.interface_row(
            c.account, interfaces.update(c.account, c.linode, interface(c), c.body)
        ),
    ),
    on_instance(
        "DELETE", ONE_INTERFACE, nothing(lambda c: interfaces.delete(c.account, c.linode, interface(c)))
    ),
    on_instance("GET", ONE_INTERFACE + "/firewalls", interface_firewalls, COLLECTION),
)
BLOCK_STORAGE = (
    on_volume("GET", "", lambda c: c.page(volumes.rows(c.account), volumes.FILTERABLE), COLLECTION),
    on_volume(
        "POST",
        "",
        lambda c: volumes.volume_row(c.account, volumes.create(c.account, c.body)),
        VOLUMES,
        grant="add_volumes",
    ),
    on_volume("GET", "/{id}", lambda c: volumes.volume_row(c.account, volume(c))),
    on_volume(
        "PUT", "/{id}", lambda c: volumes.volume_row(c.account, volumes.update(c.account, volume(c), c.body))
    ),
    on_volume("DELETE", "/{id}", nothing(lambda c: volumes.delete(c.account, volume(c)))),
    on_volume(
        "POST",
        "/{id}/attach",
        lambda c: volumes.volume_row(c.account, volumes.attach(c.account, volume(c), c.body)),
        also=LINODE_TOO,
    ),
    on_volume(
        "POST", "/{id}/detach", nothing(lambda c: volumes.detach(c.account, volume(c))), also=LINODE_TOO
    ),
    on_volume(
        "POST",
        "/{id}/resize",
        lambda c: volumes.volume_row(c.account, volumes.resize(c.account, volume(c), c.body)),
    ),
)
ENDPOINTS = (*DISKS, *CONFIGS, *INTERFACES, *BLOCK_STORAGE)
