"""Another plan, or another region: jobs at whose end the Linode changes.

Source: recordings TestInstance_Resize, TestInstance_Migrate; API pages "Resize a Linode", "Initiate a DC migration/
pending host migration". Texts marked * are a choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.linode_api import addresses, disks, interfaces, ips, lifecycle, placement, records, subnets
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.create_checks import choice_problems
from emulators.linode_api.errors import bad_request
from emulators.linode_api.linodes import (
    Linode,
    enqueue,
    find_linode,
    is_running,
    public_addresses,
    require_free,
    save,
    with_body,
)
from emulators.linode_api.power import boot_entity
from emulators.linode_api.validation import raise_if, require_sold

Json = dict[str, Any]
Body = Mapping[str, Any]

TOO_MUCH_DISK = (
    "Linode has allocated more disk than the new service plan allows. Delete or resize disks smaller."
)


def resize(account: Account, linode: Linode, body: Body) -> None:
    """The type changes when the job ends; a lone main disk then fills the new plan, unless that is switched off."""
    wanted = body.get("type")
    if not wanted:
        raise bad_request("type is required", "type")
    raise_if(choice_problems(account, {**body, "region": linode.body["region"]}))
    if body.get("migration_type") not in (None, "warm", "cold"):
        raise bad_request("migration_type is not valid", "migration_type")
    require_free(account, linode)
    if wanted == linode.body["type"]:
        raise bad_request("Linode is already running this service plan.", "type")
    require_sold(wanted, linode.body["region"])
    held = disks.all_disks(account, linode.id)
    room_mb = catalogs().type_by_id[wanted]["disk"] - sum(disk.size for disk in held)
    if room_mb < 0:
        raise bad_request(TOO_MUCH_DISK)
    main = [disk for disk in held if disk.body["filesystem"] in ("ext3", "ext4")]
    simple = len(main) == 1 and len(held) <= 2
    effect: Json = {"body": {"type": wanted}}
    if simple and body.get("allow_auto_disk_resize") is not False:
        effect["disk_sizes"] = {main[0].id: main[0].size + room_mb}
    warm = body.get("migration_type") == "warm"
    plans = lifecycle.resize_plans(warm=warm, was_running=is_running(account, linode))
    enqueue(account, linode, plans, effect=effect, secondary=boot_entity(account, linode))


def migrate(account: Account, linode: Linode, body: Body) -> None:
    """To another region; without one a pending host migration is begun, if there is one."""
    region_id = body.get("region")
    if region_id is None:
        migrate_host(account, linode)
        return
    raise_if(choice_problems(account, {"type": linode.body["type"], "region": region_id}))
    raise_if(placement.join_problems(account, body.get("placement_group"), region_id))
    require_free(account, linode)
    require_movable(account, linode, region_id, body)
    require_sold(linode.body["type"], region_id)
    action = "linode_migrate_datacenter"
    plans = lifecycle.migrate_plans(action, was_running=is_running(account, linode))
    group = placement.group_for(account, body.get("placement_group"))
    effect = {"moved": {"region": region_id, "placement_group": group}}
    enqueue(account, linode, plans, effect=effect, secondary=boot_entity(account, linode))


def migrate_host(account: Account, linode: Linode) -> None:
    require_free(account, linode)
    if not linode.body.get("pending_migration"):
        raise bad_request("Linode has no pending migration.")  # *
    plans = lifecycle.migrate_plans("linode_migrate", was_running=is_running(account, linode))
    effect = {"body": {"pending_migration": False}}
    enqueue(account, linode, plans, effect=effect, secondary=boot_entity(account, linode))


def require_movable(account: Account, linode: Linode, region_id: str, body: Body) -> None:
    """Raises ApiError 400 for what the API page says cannot move."""
    if region_id == linode.body["region"]:
        raise bad_request("Linode is already in this region.", "region")  # *
    if body.get("type") not in (None, "cold"):
        raise bad_request("Warm migrations are not available across data centers.", "type")  # *
    if body.get("upgrade") is True:
        raise bad_request("No free upgrade is available for this Linode.", "upgrade")  # *
    if subnets.has_vpc(account, linode):
        raise bad_request("A Linode with a VPC interface cannot be migrated to another data center.")  # *
    generation = linode.body["interface_generation"]
    if generation == "linode" and not catalogs().has(region_id, "Linode Interfaces"):
        raise bad_request("Linode interfaces are not available in this region.", "region")  # *


def arrive(account: Account, linode_id: int, moved: Json) -> None:
    """Effect of a move: as many new addresses as before, no reserved ones, out of its old placement group."""
    linode = find_linode(account, linode_id)
    move = records.next_id(account.database, "move")
    fresh = [ips.new_public(account) for _ in public_addresses(linode)]
    if len(linode.body["ipv4"]) > len(fresh):
        fresh.append(addresses.private_ipv4(linode_id + move))
    ips.release(account, linode_id)
    changes = {
        "region": moved["region"],
        "placement_group": moved["placement_group"],
        "ipv4": fresh,
        "ipv6": linode.body["ipv6"] and addresses.ipv6(linode_id, move),
        "host_uuid": addresses.host_uuid(moved["region"], linode_id),
    }
    changed = replace(with_body(linode, changes), updated=account.clock.now())
    for interface in interfaces.all_interfaces(account, linode_id):
        public = interface.body["public"]
        if public:
            rows = [
                {**one, "address": address}
                for one, address in zip(public["ipv4"]["addresses"], fresh, strict=False)
            ]
            ipv4 = {"addresses": rows, "shared": []}
            records.change(account, interface, {"public": {**public, "ipv4": ipv4}})
    save(account, changed)
