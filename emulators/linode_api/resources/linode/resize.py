"""Another plan, or another region: jobs at whose end the Linode changes.

Source: recordings TestInstance_Resize, TestInstance_Migrate; API pages "Resize a Linode", "Initiate a DC migration/
pending host migration". Texts marked * are a choice.
"""

from __future__ import annotations

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.core import Json, jobs
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.errors import bad_request, raise_if
from emulators.linode_api.core.events import on_effect
from emulators.linode_api.core.records import all_of, change, next_id, remove_within
from emulators.linode_api.core.routes import Call
from emulators.linode_api.resources import ips, placement_groups, vpcs
from emulators.linode_api.resources.linode import linodes
from emulators.linode_api.resources.linode.create import choice_problems
from emulators.linode_api.resources.linode.linodes import Linode, api
from emulators.linode_api.resources.linode.power import boot_entity

TOO_MUCH_DISK = (
    "Linode has allocated more disk than the new service plan allows. Delete or resize disks smaller."
)


@api.post("/linode/instances/{linode}/resize")
def resize(call: Call, linode: Linode) -> None:
    """The type changes when the job ends; a lone main disk then fills the new plan, unless that is switched off."""
    account, body = call.account, call.body
    wanted = body.get("type")
    if not wanted:
        raise bad_request("type is required", "type")
    raise_if(choice_problems(account, {**body, "region": linode["region"]}))
    if body.get("migration_type") not in (None, "warm", "cold"):
        raise bad_request("migration_type is not valid", "migration_type")
    linodes.require_free(account, linode)
    if wanted == linode["type"]:
        raise bad_request("Linode is already running this service plan.", "type")
    linodes.require_sold(wanted, linode["region"])
    held = all_of(account, "disk", linode.id)
    room_mb = catalogs().types[wanted]["disk"] - sum(disk["size"] for disk in held)
    if room_mb < 0:
        raise bad_request(TOO_MUCH_DISK)
    main = [disk for disk in held if disk["filesystem"] in ("ext3", "ext4")]
    effect: Json = {"body": {"type": wanted}}
    if len(main) == 1 and len(held) <= 2 and body.get("allow_auto_disk_resize") is not False:
        effect["disk_sizes"] = {main[0].id: main[0]["size"] + room_mb}
    warm = body.get("migration_type") == "warm"
    running = linodes.is_running(account, linode)
    if warm and running:
        linode = linodes.enqueue(account, linode, jobs.PLANS["linode_resize_warm_create"])
    plans = jobs.resize_plans(warm=warm, was_running=running)
    linodes.enqueue(account, linode, *plans, effect=effect, secondary=boot_entity(account, linode))


@api.post("/linode/instances/{linode}/migrate")
def migrate(call: Call, linode: Linode) -> None:
    """To another region; without one a pending host migration is begun, if there is one."""
    account, body, region_id = call.account, call.body, call.body.get("region")
    if region_id is None:
        linodes.require_free(account, linode)
        if not linode.body.get("pending_migration"):
            raise bad_request("Linode has no pending migration.")  # *
        action = "linode_migrate"
        effect: Json = {"body": {"pending_migration": False}}
    else:
        raise_if(choice_problems(account, {"type": linode["type"], "region": region_id}))
        raise_if(placement_groups.join_problems(account, body))
        linodes.require_free(account, linode)
        require_movable(call, linode, region_id)
        linodes.require_sold(linode["type"], region_id)
        group = placement_groups.joined(account, body)
        action = "linode_migrate_datacenter"
        effect = {"moved": {"region": region_id, "placement_group": group}}
    plans = jobs.migrate_plans(action, was_running=linodes.is_running(account, linode))
    moved = linodes.enqueue(account, linode, *plans, effect=effect, secondary=boot_entity(account, linode))
    if "moved" in effect:
        move = {"to": group and group["id"], "until": moved.course.busy_until}
        linodes.save(account, moved.having(move=move))


def require_movable(call: Call, linode: Linode, region_id: str) -> None:
    """Raises ApiError 400 for what the API page says cannot move. Texts *."""
    if region_id == linode["region"]:
        raise bad_request("Linode is already in this region.", "region")
    if call.body.get("type") not in (None, "cold"):
        raise bad_request("Warm migrations are not available across data centers.", "type")
    if call.body.get("upgrade") is True:
        raise bad_request("No free upgrade is available for this Linode.", "upgrade")
    if vpcs.attachments(call.account, linode):
        raise bad_request("A Linode with a VPC interface cannot be migrated to another data center.")
    if linode["interface_generation"] == "linode" and not catalogs().has(region_id, "Linode Interfaces"):
        raise bad_request("Linode interfaces are not available in this region.", "region")


@on_effect("moved")
def arrive(account: Account, linode_id: int, moved: Json, _: float) -> None:
    """As many new addresses as before, no reserved ones, out of its old placement group, without its backups.

    Source for the last: Linode's guide on migrating to a different data center; volumes see to themselves.
    """
    linode = linodes.find_linode(account, linode_id)
    move = next_id(account.database, "move")
    fresh = [ips.new_public(account) for _ in linode.public_ipv4]
    if len(linode["ipv4"]) > len(fresh):
        fresh.append(ips.private_ipv4(linode_id + move))
    ips.release(account, linode_id)
    for interface in all_of(account, "interface", linode_id):
        public = interface["public"]
        if public:
            held = zip(public["ipv4"]["addresses"], fresh, strict=False)
            rows = [{**one, "address": address} for one, address in held]
            change(account, interface, public={**public, "ipv4": {"addresses": rows, "shared": []}})
    remove_within(account, linode_id, "backup")
    linodes.change(
        account,
        linode,
        **moved,
        move=None,
        backups={**linode["backups"], "available": False, "last_successful": None},
        ipv4=fresh,
        ipv6=linode["ipv6"] and ips.ipv6(linode_id, move),
        host_uuid=ips.host_uuid(moved["region"], linode_id),
    )
