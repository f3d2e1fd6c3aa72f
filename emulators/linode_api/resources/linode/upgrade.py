"""From a configuration profile's interfaces to Linode interfaces, for good, or as a dry run.

Source: API page "Upgrade to Linode interfaces". Texts marked * are a choice.
"""

from __future__ import annotations

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.core import Json, bodies
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import check
from emulators.linode_api.core.errors import bad_request
from emulators.linode_api.core.records import Record, add, all_of, change, find, get, remove
from emulators.linode_api.core.routes import Call
from emulators.linode_api.resources import firewalls, ips
from emulators.linode_api.resources.linode import interfaces, linodes
from emulators.linode_api.resources.linode.linodes import Linode, api


class DryRun(Exception):
    """Undoes what was done only to see what would come of it."""


@api.post("/linode/instances/{linode}/upgrade-interfaces")
def upgrade(call: Call, linode: Linode) -> Json:
    """A dry run unless `dry_run` is false. The id of what isn't made is 0, as is that of no configuration*."""
    account, body = call.account, call.body
    check(body, {"dry_run": bodies.flag})
    dry_run = body.get("dry_run") is not False
    config = config_of(account, linode, body.get("config_id"))
    rows = config["interfaces"] if config else []
    require_upgradable(account, linode, rows, dry_run=dry_run)
    made: list[Json] = []
    try:
        with account.database.savepoint():
            made = upgraded(account, linode, rows)
            if dry_run:
                raise DryRun
    except DryRun:
        made = [{**row, "id": 0} for row in made]
    return {"config_id": config.id if config else 0, "dry_run": dry_run, "interfaces": made}


def config_of(account: Account, linode: Linode, config_id: object) -> Record | None:
    """The one that is named, or the only one."""
    held = all_of(account, "config", linode.id)
    if config_id is None and len(held) > 1:
        raise bad_request(
            "config_id is required: the Linode has several configuration profiles", "config_id"
        )  # *
    if config_id is None:
        return held[0] if held else None
    config = get(account, "config", config_id)
    if config is None or config.parent_id != linode.id:
        raise bad_request("config_id is not valid", "config_id")
    return config


def require_upgradable(account: Account, linode: Linode, rows: list[Json], *, dry_run: bool) -> None:
    """Texts *."""
    if linode["interface_generation"] == "linode":
        raise bad_request("Linode already uses Linode interfaces.")
    if account.settings["interfaces_for_new_linodes"] == "legacy_config_only":
        raise bad_request("Linode interfaces are not allowed by the account's interfaces_for_new_linodes.")
    if catalogs().lacks(linode["region"], "Linode Interfaces"):
        raise bad_request("Linode interfaces are not available in this region.")
    public = not rows or any(row["purpose"] == "public" for row in rows)
    if public and linode.public_ipv4 != linode["ipv4"]:
        raise bad_request("Linode has a private IPv4 address: remove it before the upgrade.")
    if not dry_run:
        linodes.require_free(account, linode)
        linodes.require_off(account, linode, interfaces.MUST_BE_OFF)


def upgraded(account: Account, linode: Linode, rows: list[Json]) -> list[Json]:
    """Makes an interface like each of these, or a public one; firewalls then guard them, in place of the Linode."""
    linode = linodes.change(account, linode, interface_generation="linode")
    for config in all_of(account, "config", linode.id):
        change(account, config, interfaces=[])
    nats = {(row["ipv4"] or {}).get("nat_1_1") for row in rows}
    public = [address for address in linode.public_ipv4 if address not in nats]
    kinds = [alike(account, linode, row, public) for row in rows or [{"purpose": "public", "primary": True}]]
    made = [
        add(account, "interface", {"version": 1, **dict.fromkeys(interfaces.KINDS), **kind}, linode.id)
        for kind in kinds
    ]
    for device in firewalls.devices_of(account, linode.id):
        firewall = find(account, "firewall", device.parent_id)
        remove(account, device)
        for interface in made:
            if not interface["vlan"]:
                firewalls.guard(account, firewall, linode, "linode_interface", interface.id)
    interfaces.store(account, linode, "interface_create")
    return [interfaces.row(account, interface) for interface in made]


def alike(account: Account, linode: Linode, row: Json, public: list[str]) -> Json:
    """The body of an interface that has the addresses of a configuration's; `public` are those of a public one."""
    routes = dict.fromkeys(("ipv4", "ipv6"), True) if row["primary"] else {}
    if row["purpose"] == "vlan":
        vlan = {"vlan_label": row["label"], "ipam_address": row["ipam_address"] or None}
        return {"default_route": {}, "vlan": vlan}
    if row["purpose"] == "public":
        addresses = [{"address": one, "primary": one == public[0]} for one in public]
        held = ips.holders(account)
        shared = [
            {"address": one, "linode_id": held[one].id}
            for one in linode.body.get("shared", [])
            if one in held
        ]
        return {"default_route": routes, "public": {"ipv4": {"addresses": addresses, "shared": shared}}}
    address = {"address": row["ipv4"]["vpc"], "nat_1_1_address": row["ipv4"]["nat_1_1"], "primary": True}
    ranges = [{"range": one} for one in row["ip_ranges"]]
    ipv4 = {"addresses": [address], "ranges": ranges}
    vpc = {"vpc_id": row["vpc_id"], "subnet_id": row["subnet_id"], "ipv4": ipv4, "ipv6": row["ipv6"]}
    return {"default_route": routes, "vpc": vpc}
