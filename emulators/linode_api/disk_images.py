"""POST /linode/instances/{id}/disks: an empty disk, or one with an image on it.

Source: recordings TestInstance_Disk_Resize, TestInstance_Disk_Clone; API page "Create a disk".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulators.linode_api import disks, images, stackscripts
from emulators.linode_api.account import Account
from emulators.linode_api.create_checks import access_problems
from emulators.linode_api.disks import Disk
from emulators.linode_api.errors import Problem
from emulators.linode_api.linodes import Linode
from emulators.linode_api.validation import choice, raise_if, require_credentials, text

Body = Mapping[str, Any]

FILESYSTEMS = ("raw", "swap", "ext2", "ext3", "ext4", "initrd")


def create(account: Account, linode: Linode, body: Body) -> Disk:
    """Raises ApiError 400: what is missing, what does not fit, `Linode busy.`."""
    image = images.find(account, body["image"]) if images.usable(account, body.get("image")) else None
    raise_if(problems_of(account, body, image))
    if image:
        require_credentials(body)
    wanted = {
        "label": body.get("label") or f"{(image or {}).get('label')} Disk",
        "filesystem": body.get("filesystem") or "ext4",
        "size": body["size"],
        "disk_encryption": linode.body["disk_encryption"],
        "used": image["size"] if image else 0,
    }
    return disks.create_disk(account, linode, wanted, "disk_create from an image" if image else "disk_create")


def problems_of(account: Account, body: Body, image: Body | None) -> list[Problem]:
    problems = text(body, "label", 1, 48) + choice(body, "filesystem", FILESYSTEMS)
    if not body.get("label") and not body.get("image"):
        problems.append(("label", "label is required"))
    if body.get("image") is not None and image is None:
        problems.append(("image", "image is not valid"))
    if type(body.get("size")) is not int or body["size"] < 1:
        problems.append(("size", "Must be a positive integer"))
    elif image and body["size"] < image["size"]:
        problems.append(("size", "The image does not fit on a disk of this size"))
    return problems + access_problems(account, body) + stackscripts.use_problems(account, body, image)
