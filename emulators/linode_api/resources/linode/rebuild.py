"""Rebuild: other disks and configurations from an image; id, addresses and Linode interfaces stay.

Legacy interfaces go, since they belong to the configurations that are deleted.

Source: recordings TestInstance_Rebuild, TestInstance_TestCreateLinodeWithKernel…; API page "Rebuild a Linode".
"""

from __future__ import annotations

from dataclasses import replace

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.core import Json, bodies, jobs
from emulators.linode_api.core.bodies import problems_in
from emulators.linode_api.core.errors import bad_request, raise_if
from emulators.linode_api.core.records import given
from emulators.linode_api.core.routes import Call
from emulators.linode_api.resources import images, stackscripts, users
from emulators.linode_api.resources.linode import deployment, linodes
from emulators.linode_api.resources.linode.create import (
    SIZES,
    choice_problems,
    user_data_of,
    user_data_problems,
)
from emulators.linode_api.resources.linode.linodes import Linode, api
from emulators.linode_api.resources.linode.power import require_interface


@api.post("/linode/instances/{linode}/rebuild")
def rebuild(call: Call, linode: Linode) -> Linode:
    """The answer still shows the old type when another one is asked for; it changes when the job ends."""
    account, body = call.account, call.body
    type_id = body.get("type") or linode["type"]
    image = checked_image(call, linode, type_id)
    if linode.body.get("locks"):
        raise bad_request("Linode is locked: it cannot be rebuilt.")
    linodes.require_free(account, linode)
    booted = body.get("booted") is not False
    if booted:
        require_interface(account, linode)
    changes: Json = {"image": image["id"], "root_keys": users.root_keys(account, body)}
    if body.get("disk_encryption"):
        changes["disk_encryption"] = body["disk_encryption"]
    if "metadata" in body:
        changes |= user_data_of(body)
    changed = replace(linode.having(**changes), updated=account.now)
    wish = given(body, "swap_size", "boot_size", "kernel")
    wish["disk_encryption"] = changed["disk_encryption"]
    disk_mb, ready = catalogs().any_type(type_id)["disk"], account.later(jobs.REBUILD_S)
    config = deployment.install_image(account, linode.id, image, wish, disk_mb, ready)
    stackscripts.count(account, body.get("stackscript_id"))
    return linodes.enqueue(
        account,
        changed.having(booted_config=config.id if booted else None),
        *jobs.rebuild_plans(was_running=linodes.is_running(account, linode), booted=booted),
        effect={"body": {"type": type_id}},
        secondary={"linode_rebuild": images.image_entity(image), "linode_boot": config.entity},
    )


def checked_image(call: Call, linode: Linode, type_id: str) -> Json:
    """The image. Raises ApiError 400 or 403."""
    account, body, region_id = call.account, call.body, linode["region"]
    if not body.get("image"):
        raise bad_request("You must specify an image", "image")  # linode-cli's suite
    full = {**body, "type": type_id, "region": region_id}
    image = images.find_any(account, body["image"])
    raise_if(
        [
            *choice_problems(account, full),
            *problems_in(body, {"booted": bodies.flag}),
            *users.access_problems(account, body),
            *user_data_problems(full, image),
            *stackscripts.use_problems(account, full, image),
            *problems_in(body, SIZES),
        ]
    )
    users.require_credentials(body)
    image = deployment.require_room_for_image(account, full)
    if type_id != linode["type"]:
        linodes.require_sold(type_id, region_id)
    return image
