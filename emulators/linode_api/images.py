"""Images as an account sees them: the public ones and its own, taken from disks.

A private image is `creating` until its job (disk_imagize, 144 s) ends, and stays so if that fails*. Source: recordings
ExampleListImages_all, TestInstance_Disk_ListMultiple_Primary, TestImage_Upload; API page "Create an image". Texts and
what else is marked * are a choice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from emulators.linode_api import disks, events, linodes, records
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.disks import Disk
from emulators.linode_api.errors import Problem, bad_request, not_found
from emulators.linode_api.filters import Attributes
from emulators.linode_api.lifecycle import quiet_plan
from emulators.linode_api.linodes import Linode, enqueue
from emulators.linode_api.records import Record
from emulators.linode_api.validation import raise_if, text

Json = dict[str, Any]
Body = Mapping[str, Any]

FILTERABLE = Attributes(
    frozenset({"deprecated", "is_public", "label", "size", "status", "tags", "type", "vendor"}),
    unsortable=frozenset({"status"}),
)
PRIVATE = re.compile(r"private/([0-9]{1,18})")


def image_row(image: Record) -> Json:
    body = image.body
    url = f"/images/private/{image.id}/sharegroups"
    done = body["status"] == "available"
    return {
        "id": f"private/{image.id}",
        "label": body["label"],
        "description": body["description"],
        **image.dates,
        "size": body["size"],
        "created_by": body["created_by"],
        "type": "manual",
        "tags": body["tags"],
        "is_public": False,
        "is_shared": False,
        "deprecated": False,
        "vendor": None,
        "expiry": None,
        "eol": None,
        "status": body["status"],
        "capabilities": body["capabilities"],
        "regions": [{"region": body["region"], "status": body["status"]}] if done else [],
        "total_size": body["size"],
        "image_sharing": {
            "shared_with": {"sharegroup_count": 0, "sharegroup_list_url": url},
            "shared_by": None,
        },
    }


def rows(account: Account | None) -> list[Json]:
    """Without a valid token only the public ones."""
    own = records.all_of(account, "image") if account else []
    return [*catalogs().images, *(image_row(image) for image in own)]


def find(account: Account | None, image_id: object) -> Json | None:
    """By id; None for one that does not exist, or is another account's."""
    public = catalogs().image_by_id.get(str(image_id))
    own = PRIVATE.fullmatch(str(image_id))
    if public or own is None or account is None:
        return public
    found = records.get(account, "image", int(own[1]))
    return image_row(found) if found else None


def usable(account: Account, image_id: object) -> bool:
    """Whether a Linode can be made from it: it exists and is finished."""
    found = find(account, image_id)
    return found is not None and found["status"] == "available"


def require(account: Account, image_id: str) -> Json:
    found = find(account, image_id)
    if found is None:
        raise not_found()
    return found


def require_own(account: Account, image_id: str) -> Record:
    """Raises ApiError 404 for a public one, too: nobody may change those."""
    own = PRIVATE.fullmatch(image_id)
    return records.find(account, "image", int(own[1]) if own else 0)


def entity(image: Body) -> Json:
    """Urls of images are not encoded (recording TestInstance_Clone)."""
    return events.entity("image", image["id"], image["label"], f"/images/{image['id']}")


def field_problems(body: Body) -> list[Problem]:
    problems = text(body, "label", 1, 50) + text(body, "description", 0, 65_000)
    tags = body.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) and 3 <= len(tag) <= 100 for tag in tags):
        problems.append(("tags", "Length must be 3-100 characters"))
    return problems


def create(account: Account, body: Body) -> Record:
    """POST /images: also of a disk that is not ready, also while the Linode is busy; the job then waits."""
    linode, disk = source(account, body.get("disk_id"))
    raise_if(field_problems(body))
    kept = {
        "label": body.get("label") or disk.body["label"],
        "description": body.get("description") or "",
        "size": disk.size,
        "created_by": account.username,
        "tags": list(body.get("tags") or []),
        "status": "creating",
        "capabilities": ["cloud-init"] if body.get("cloud_init") is True else [],
        "region": linode.body["region"],
    }
    with account.database.transaction():
        made = records.add(account, "image", kept)
        secondary = {"disk_imagize": entity(image_row(made))}
        effect = {"image": made.id}
        enqueue(account, linode, [quiet_plan("disk_imagize")], effect=effect, secondary=secondary)
    return made


def source(account: Account, disk_id: object) -> tuple[Linode, Disk]:
    for linode in linodes.all_linodes(account):
        for disk in disks.all_disks(account, linode.id):
            if disk.id == disk_id:
                if disk.body["filesystem"] == "swap":
                    raise bad_request("Images cannot be made of swap disks", "disk_id")  # *
                return linode, disk
    raise bad_request("disk_id is not valid", "disk_id")


def finish(account: Account, _: int, image_id: int) -> None:
    """Effect of disk_imagize; an image that was deleted meanwhile stays away."""
    made = records.get(account, "image", image_id)
    if made:
        records.change(account, made, {"status": "available"})


def update(account: Account, image: Record, body: Body) -> Record:
    raise_if(field_problems(body))
    names = ("label", "description", "tags")
    with account.database.transaction():
        changed = records.change(account, image, {n: body[n] for n in names if body.get(n) is not None})
        events.notify(account, "image_update", entity(image_row(changed)))
    return changed


def delete(account: Account, image: Record) -> None:
    with account.database.transaction():
        records.remove(account, image)
        events.notify(account, "image_delete", entity(image_row(image)))
