"""Images as an account sees them: the public ones, its own, taken from disks, and those that others share with it.

A private image is `creating` until its job (disk_imagize, 144 s) ends, and stays so if that fails*. Source: recordings
ExampleListImages_all, TestInstance_Disk_ListMultiple_Primary, TestImage_Upload; API page "Create an image". Texts and
what else is marked * are a choice.
"""

from __future__ import annotations

import re

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.core import Body, Json, grants
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import always, check, length, that
from emulators.linode_api.core.errors import bad_request, not_found, unauthorized
from emulators.linode_api.core.events import entity, notify, on_effect
from emulators.linode_api.core.jobs import PLANS
from emulators.linode_api.core.limits import IMAGES
from emulators.linode_api.core.records import (
    Kind,
    Record,
    add,
    all_of,
    anywhere,
    change,
    find,
    get,
    given,
    having,
    remove,
    stored,
)
from emulators.linode_api.core.routes import Call, Routes
from emulators.linode_api.resources.linode.linodes import enqueue, find_linode

api = Routes("images")
IMAGE = Kind("image", "/images/{image_id}", first_id=34_000_000, granted=True)
REPLICATE_S, UPLOAD_S = 60.0, 10.0  # a choice
PRIVATE = re.compile(r"private/([0-9]{1,18})")
SHARED = re.compile(r"shared/([0-9]{1,18})")
FIELDS = {
    "label": length(1, 50),
    "description": length(0, 65_000),
    "tags": that(lambda tags: all(3 <= len(tag) <= 100 for tag in tags), "Length must be 3-100 characters"),
}


@IMAGE.shows
def row(account: Account, image: Record) -> Json:
    body, status = image.body, status_of(account, image)
    done = status == "available"
    replicas = kept_in(image)
    groups = groups_with(
        account, image.id
    )  # `is_shared` stays when there are none any more (ExampleListImages_all)
    url = f"/images/private/{image.id}/sharegroups"
    return {
        "id": f"private/{image.id}",
        **image.parts("label", "description"),
        **image.dates,
        **image.parts("size", "created_by"),
        "type": "manual",
        "tags": body["tags"],
        "is_public": False,
        "is_shared": body.get("was_shared", False),
        "deprecated": False,
        **dict.fromkeys(("vendor", "expiry", "eol")),
        "status": status,
        **image.parts("capabilities"),
        "regions": [
            {"region": region, "status": "available" if ready <= account.now else "replicating"}
            for region, ready in (replicas.items() if done else ())
        ],
        "total_size": body["size"] * len(replicas),
        "image_sharing": {
            "shared_with": {"sharegroup_count": len(groups), "sharegroup_list_url": url},
            "shared_by": None,
        },
    }


def status_of(account: Account, image: Record) -> str:
    """An uploaded one is available a while after its file came."""
    ready = image.body.get("ready")
    return "available" if ready is not None and ready <= account.now else str(image["status"])


def groups_with(account: Account, image_id: int) -> set[int]:
    """The ids of the groups that share it."""
    return {entry.parent_id for entry in having(account, "image_share", image=image_id)}


def find_any(account: Account | None, image_id: object) -> Json | None:
    """A public, own or shared one, by id; None for one that does not exist, or is another account's."""
    public = catalogs().images.get(str(image_id))
    if public or account is None:
        return public
    if own := PRIVATE.fullmatch(str(image_id)):
        found = get(account, "image", int(own[1]))
        return row(account, found) if found else None
    shared = SHARED.fullmatch(str(image_id))
    return find_shared(account, int(shared[1])) if shared else None


def find_shared(account: Account, entry_id: int) -> Json | None:
    """One of a group that has accepted a token of this account."""
    joined = {token["group_id"] for token in all_of(account, "image_sharegroup_token")}
    entry = anywhere(account.database, "image_share", entry_id)
    return shared_row(account, entry) if entry and entry.parent_id in joined else None


def shared_row(account: Account, entry: Record) -> Json:
    """An image as the members of a group see it, under the name that it has there; its owner sees its own id, too."""
    group = anywhere(account.database, "image_sharegroup", entry.parent_id)
    image = anywhere(account.database, "image", entry["image"])
    assert group is not None  # noqa: S101 - an entry goes with it
    assert image is not None  # noqa: S101 - likewise
    by = {
        "sharegroup_id": group.id,
        "sharegroup_uuid": group["uuid"],
        "sharegroup_label": group["label"],
        "source_image_id": f"private/{image.id}" if get(account, "image", image.id) else None,
    }
    return {
        **row(account, image),
        "id": f"shared/{entry.id}",
        **entry.parts("label", "description"),
        "created": entry.dates["created"],
        "updated": entry.dates["updated"] if entry.updated > entry.created else None,
        "created_by": None,
        "type": "shared",
        "tags": [],
        "is_shared": None,
        "image_sharing": {"shared_with": None, "shared_by": by},
    }


def usable(account: Account, image_id: object) -> Json | None:
    """One that a Linode can be made from: it exists and is finished."""
    found = find_any(account, image_id)
    return found if found is not None and found["status"] == "available" else None


def require(account: Account, image_id: str) -> Json:
    found = find_any(account, image_id)
    if found is None:
        raise not_found()
    return found


def require_own(account: Account, image_id: str, *, changes: bool = True) -> Record:
    """Raises ApiError: 403 for a public one, which nobody may change (linode_api4's suite), else 404."""
    if image_id in catalogs().images:
        raise unauthorized()
    own = PRIVATE.fullmatch(image_id)
    found = find(account, "image", int(own[1]) if own else 0)
    grants.require(account, "image", found.id, changes=changes)
    return found


def image_entity(image: Body) -> Json:
    """Urls of images are not encoded (recording TestInstance_Clone)."""
    return entity("image", image["id"], image["label"], f"/images/{image['id']}")


@Routes(None).rows(
    "/images",
    *("deprecated", "is_public", "label", "size", "status", "tags", "type", "vendor"),
    unsortable=("status",),
    zero_when_empty=True,
    budgets=(IMAGES,),
)
def rows(call: Call) -> list[Json]:
    """Its own first: recording ExampleListImages_all. Without a valid token only the public ones."""
    who = call.who
    own = [row(who, image) for image in grants.visible(who, "image", stored(who, "image"))] if who else []
    return [*own, *catalogs().images.values()]


@api.get(IMAGE.url)
def read(call: Call, image_id: str) -> Json:
    if PRIVATE.fullmatch(image_id):
        require_own(call.account, image_id, changes=False)
    return require(call.account, image_id)


@api.post("/images", scope="images:read_write,linodes:read_only", grant="add_images")
def create(call: Call) -> Record:
    """Also of a disk that is not ready, also while the Linode is busy; the job then waits."""
    account, body = call.account, call.body
    disk = get(account, "disk", body.get("disk_id"))
    if disk is None:
        raise bad_request("disk_id is not valid", "disk_id")
    if disk["filesystem"] == "swap":
        raise bad_request("Images cannot be made of swap disks", "disk_id")  # *
    check(body, FIELDS)
    linode = find_linode(account, disk.parent_id)
    kept = {
        "label": body.get("label") or disk["label"],
        "description": body.get("description") or "",
        "size": disk["size"],
        "content": disk.body.get("used"),
        "created_by": account.username,
        "tags": list(body.get("tags") or []),
        "status": "creating",
        "capabilities": ["cloud-init"] if body.get("cloud_init") is True else [],
        "region": linode["region"],
    }
    made = add(account, "image", kept)
    secondary = {"disk_imagize": image_entity(row(account, made))}
    enqueue(account, linode, PLANS["disk_imagize"], effect={"image": made.id}, secondary=secondary)
    return made


@api.post("/images/upload", grant="add_images")
def upload(call: Call) -> Json:
    """An image that waits for its file, and where to send that: recording TestImage_Upload."""
    account, body = call.account, call.body
    region = always(that(lambda region: all_keep_images([region])))
    check(body, {**FIELDS, "label": always(FIELDS["label"]), "region": region})
    kept = {
        "label": body["label"],
        "description": body.get("description") or "",
        "size": 0,
        "created_by": account.username,
        "tags": list(body.get("tags") or []),
        "status": "pending_upload",
        "capabilities": ["cloud-init"] if body.get("cloud_init") is True else [],
        "region": body["region"],
    }
    image = row(account, made := add(account, "image", kept))
    notify(account, "image_upload", image_entity(image))
    return {"upload_to": f"{call.base}/_local/images/{made.id}", "image": image}


def receive(account: Account, image_id: int, size_b: int) -> None:
    """The file of an image came, whatever it holds; a second one takes its place.

    Raises ApiError: 404, or 400 when none is awaited.
    """
    image = find(account, "image", image_id)
    if status_of(account, image) != "pending_upload":
        raise bad_request("The image awaits no file.")  # *
    change(account, image, ready=account.later(UPLOAD_S), size=-(-size_b // 2**20))


@on_effect("image")
def finish(account: Account, _: int, image_id: int, __: float) -> None:
    """As large as what is on the disk, from now on. An image that was deleted meanwhile stays away."""
    made = get(account, "image", image_id)
    if made:
        change(account, made, status="available", size=made.body.get("content") or made["size"])


@api.put(IMAGE.url)
def update(call: Call, image_id: str) -> Record:
    image = require_own(call.account, image_id)
    check(call.body, FIELDS)
    changed = change(call.account, image, **given(call.body, "label", "description", "tags"))
    notify(call.account, "image_update", image_entity(row(call.account, changed)))
    return changed


@api.post(IMAGE.url + "/regions")
def replicate(call: Call, image_id: str) -> Record:
    """Kept in all that are named, and no longer in others. Source: API page "Replicate an image"."""
    account, image = call.account, require_own(call.account, image_id)
    check(call.body, {"regions": always(that(all_keep_images))})
    there = {each["region"]: each["status"] for each in row(account, image)["regions"]}
    wanted = call.body["regions"]
    if not any(there.get(region) == "available" for region in wanted):
        raise bad_request("At least one available region must be specified", "regions")  # *
    known, ready = kept_in(image), account.later(REPLICATE_S)
    return change(account, image, replicas={region: known.get(region, ready) for region in wanted})


def kept_in(image: Record) -> dict[str, float]:
    """Since when it is available in each of its regions, in the account's seconds; from the start where it was made."""
    return image.body.get("replicas") or {image["region"]: 0.0}


def all_keep_images(regions: object) -> bool:
    known = catalogs().regions
    return isinstance(regions, list) and all(
        region in known and not catalogs().lacks(region, "Object Storage") for region in regions
    )


@api.delete(IMAGE.url)
def delete(call: Call, image_id: str) -> None:
    """It leaves the groups that share it*."""
    image = require_own(call.account, image_id)
    for entry in having(call.account, "image_share", image=image.id):
        remove(call.account, entry)
    remove(call.account, image)
    notify(call.account, "image_delete", image_entity(row(call.account, image)))
