"""Block storage volumes, as far as Linodes have to do with them: made, attached, detached, deleted. Sizes in GB.

Source: recordings TestVolume_List, TestVolume_Resize, TestVolume_WaitForLinodeID_volume,
TestIAM_GetIOReadyForAttachedDetachedVolume; API page "Create a volume", "Attach a volume";
texts of refusals: linode-cli's suite; those marked * are a choice.
"""

from __future__ import annotations

import json
import re

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.core import Body, Json, bodies
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import always, check, choice, matching, problems_in, required
from emulators.linode_api.core.errors import bad_request, raise_if
from emulators.linode_api.core.events import notify, on_effect
from emulators.linode_api.core.limits import VOLUMES
from emulators.linode_api.core.records import Kind, Record, all_of, change, get, given, stored
from emulators.linode_api.core.routes import Call, Routes
from emulators.linode_api.resources.catalogs import price_row, public
from emulators.linode_api.resources.linode import configs, linodes
from emulators.linode_api.resources.linode.linodes import Linode

api = Routes("volumes")
BOTH_SCOPES = "volumes:read_write,linodes:read_write"
VOLUME = Kind("volume", "/volumes/{volume}", first_id=16_000_000, granted=True)
FILTERABLE = ("label", "tags")
SMALLEST_GB, LARGEST_GB, DEFAULT_GB = 10, 16_384, 20
WORK_S = 10.0  # creating and resizing; a choice
ATTACH_S = 5.0  # until `io_ready`; a choice
LABEL = required(
    bodies.all_of(
        matching(re.compile(r"[a-zA-Z].*"), "Must begin with a letter"),
        matching(
            re.compile(r".(?!.*(--|__))[a-zA-Z0-9_-]{0,31}"),
            "Must only use ASCII letters, numbers, underscores and dashes",
        ),
    )
)
ENCRYPTION = choice("enabled", "disabled")
SIZE = bodies.between(SMALLEST_GB, LARGEST_GB)


@VOLUME.shows
def row(account: Account, volume: Record) -> Json:
    now, linode = account.now, linode_of(account, volume)
    return {
        "id": volume.id,
        "status": volume["working"] if now < volume["ready"] else "active",
        "label": volume["label"],
        **volume.dates,
        "filesystem_path": f"/dev/disk/by-id/scsi-0Linode_Volume_{volume['label']}",
        "size": volume["size"],
        "linode_id": linode and linode.id,
        "linode_label": linode and linode.label,
        "io_ready": linode is not None and now >= volume["attached"] + account.clock.shrink(ATTACH_S),
        **volume.parts("region", "tags"),
        "hardware_type": "nvme",
        "encryption": volume["encryption"],
        "locks": [],
    }


def linode_of(account: Account, volume: Record) -> Linode | None:
    """The Linode it is attached to, by a call or by a configuration that maps it."""
    attached = linodes.get_linode(account, volume["linode_id"])
    if attached:
        return attached
    mapping = stored(account, "config").but(configs.WITH_VOLUMES).but(configs.MAPS_VOLUME, volume.id)
    return next((linodes.find_linode(account, config.parent_id) for config in mapping), None)


@public.rows("/volumes/types", budgets=())
def types(_: Call) -> list[Json]:
    """Source: recording TestVolumeType_List."""
    dearer = {"id-cgk": (0.00018, 0.12), "br-gru": (0.00021, 0.14)}
    return [price_row("volume", "Storage Volume", (0.00015, 0.1), dearer)]


api.reads_of(VOLUME, *FILTERABLE)


@linodes.api.rows("/linode/instances/{linode}/volumes", *FILTERABLE)
def of_linode(call: Call, linode: Linode) -> list[Record]:
    return attached_to(call.account, linode.id)


def attached_to(account: Account, linode_id: int) -> list[Record]:
    """By a call, or by one of its configurations."""
    devices = [one for config in all_of(account, "config", linode_id) for one in config["devices"].values()]
    mapped = json.dumps([one.get("volume_id") for one in devices if one])
    either = "json_extract(body, '$.linode_id') = ? OR id IN (SELECT value FROM json_each(?))"
    found = [
        (one, linode_of(account, one)) for one in stored(account, "volume").but(either, linode_id, mapped)
    ]
    return [one for one, holder in found if linode_id in (one["linode_id"], holder and holder.id)]


@api.post("/volumes", VOLUMES, grant="add_volumes")
def create(call: Call) -> Record:
    account, body = call.account, call.body
    problems = problems_in(
        body, {"size": SIZE, "label": LABEL, "tags": bodies.tags, "encryption": ENCRYPTION}
    )
    linode = linodes.named_linode(account, body, "linode_id") if body.get("linode_id") is not None else None
    region = linode["region"] if linode else body.get("region")
    if not region:
        problems.append(("region", "Must provide a region or a Linode ID"))
    elif str(region) not in catalogs().regions or catalogs().lacks(region, "Block Storage"):
        problems.append(("region", "region is not valid"))
    plain = catalogs().lacks(region, "Block Storage Encryption")
    if plain and body.get("encryption") == "enabled":
        problems.append(("encryption", "Encryption is not available in this region"))  # *
    raise_if(problems)
    config = config_to_map(account, linode, body)
    kept = {
        "label": body["label"],
        "size": body.get("size") or DEFAULT_GB,
        "region": region,
        "tags": list(body.get("tags") or []),
        "encryption": body.get("encryption") or ("disabled" if plain else "enabled"),
        "linode_id": linode and linode.id,
        "attached": account.now,
        "working": "creating",
        "ready": account.later(WORK_S),
    }
    made = VOLUME.create(account, kept)
    if config:
        configs.map_volume(account, config, made.id)
    return made


def config_to_map(account: Account, linode: Linode | None, body: Body) -> Record | None:
    """The configuration that is to map the volume: `config_id`, else its Linode's last or only one, if it has any.

    Raises ApiError 400.
    """
    if body.get("config_id") is None:
        return configs.booted(account, linode) if linode else None
    config = get(account, "config", body["config_id"])
    if config is None or linode is None or config.parent_id != linode.id:
        raise bad_request("config_id is not valid", "config_id")
    return config


@api.post(VOLUME.url + "/clone", VOLUMES, grant="add_volumes")
def clone(call: Call, volume: Record) -> Record:
    """As large as its source, with its tags*, and not attached. Source: API page "Clone a volume"."""
    account = call.account
    check(call.body, {"label": LABEL})
    if row(account, volume)["status"] != "active":
        raise bad_request("Only active volumes can be cloned")  # *
    own = {
        "label": call.body["label"],
        "linode_id": None,
        "working": "creating",
        "ready": account.later(WORK_S),
    }
    return VOLUME.create(account, {**volume.body, **own})


@api.put(VOLUME.url)
def update(call: Call, volume: Record) -> Record:
    changes = given(call.body, "label", "tags")
    check({"label": volume["label"], **changes}, {"label": LABEL})
    if "label" in changes:
        VOLUME.require_unique_label(call.account, changes["label"], besides=volume.id)
    check(changes, {"tags": bodies.tags})
    return VOLUME.update(call.account, volume, changes)


@api.delete(VOLUME.url)
def delete(call: Call, volume: Record) -> None:
    """The recordings delete attached ones, too."""
    linode = linode_of(call.account, volume)
    if linode:
        configs.unmap(call.account, linode.id, "volume_id", volume.id)
    VOLUME.delete(call.account, volume)


@api.post(VOLUME.url + "/attach", scope=BOTH_SCOPES)
def attach(call: Call, volume: Record) -> Record:
    account = call.account
    linode = linodes.named_linode(account, call.body, "linode_id")
    if linode_of(account, volume):
        raise bad_request("Volume is already attached to a Linode")  # *
    if linode["region"] != volume["region"]:
        raise bad_request("Volume and Linode must be in the same region", "linode_id")  # *
    check(call.body, {"persist_across_boots": bodies.flag})
    config = config_to_map(account, linode, call.body)
    if config and call.body.get("persist_across_boots") is not False:
        configs.map_volume(account, config, volume.id)
    changed = change(account, volume, linode_id=linode.id, attached=account.now)
    notify(account, "volume_attach", changed.entity, linode.entity)
    return changed


@api.post(VOLUME.url + "/detach", scope=BOTH_SCOPES)
def detach(call: Call, volume: Record) -> None:
    """Also out of the configurations that map it. One that isn't attached stays so: Terraform always detaches*."""
    linode = linode_of(call.account, volume)
    if linode is None:
        return
    change(call.account, volume, linode_id=None)
    configs.unmap(call.account, linode.id, "volume_id", volume.id)
    notify(call.account, "volume_detach", volume.entity, linode.entity)


@on_effect("delete")
@on_effect("moved")
def detach_all(account: Account, linode_id: int, _: object, __: float) -> None:
    """When their Linode is gone, or in another data center; also out of the configurations that map them."""
    for volume in attached_to(account, linode_id):
        change(account, volume, linode_id=None)
        configs.unmap(account, linode_id, "volume_id", volume.id)
        notify(account, "volume_detach", volume.entity)


@api.post(VOLUME.url + "/resize")
def resize(call: Call, volume: Record) -> Record:
    """The new size shows at once; volumes only grow. Source of the texts: linode-cli's suite."""
    account = call.account
    check(call.body, {"size": always(bodies.size)})
    size: int = call.body["size"]
    if size > LARGEST_GB:
        raise bad_request(f"Storage volumes cannot be resized larger than {LARGEST_GB} gigabytes", "size")
    if size <= volume["size"]:
        raise bad_request("Storage volumes can only be resized up", "size")
    changed = change(account, volume, size=size, working="resizing", ready=account.later(WORK_S))
    notify(account, "volume_resize", changed.entity)
    return changed
