"""Rebuild: other disks and configurations from an image; id, addresses and Linode interfaces stay.

Legacy interfaces go, since they belong to the configurations that are deleted.

Source: recordings TestInstance_Rebuild, TestInstance_TestCreateLinodeWithKernel…; API page "Rebuild a Linode".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.linode_api import deployment, images, lifecycle, stackscripts
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.create_checks import (
    access_problems,
    check_image,
    choice_problems,
    metadata_problems,
)
from emulators.linode_api.errors import bad_request
from emulators.linode_api.linodes import Linode, enqueue, is_running, require_free, with_body
from emulators.linode_api.power import require_interface
from emulators.linode_api.validation import flag_problems, raise_if, require_credentials, require_sold

Json = dict[str, Any]
Body = Mapping[str, Any]


def rebuild(account: Account, linode: Linode, body: Body) -> Linode:
    """The answer still shows the old type when another one is asked for; it changes when the job ends."""
    image = check_rebuild(account, linode, body)
    if linode.body.get("locks"):
        raise bad_request("Linode is locked: it cannot be rebuilt.")
    require_free(account, linode)
    was_running = is_running(account, linode)
    booted = body.get("booted") is not False
    if booted:
        require_interface(account, linode)
    changes: Json = {"image": image["id"]}
    if body.get("disk_encryption"):
        changes["disk_encryption"] = body["disk_encryption"]
    if "metadata" in body:
        changes["has_user_data"] = bool((body["metadata"] or {}).get("user_data"))
    changed = replace(with_body(linode, changes), updated=account.clock.now())
    ready = account.clock.now() + account.clock.shrink(lifecycle.REBUILD_S)
    wish = {"disk_encryption": changed.body["disk_encryption"], "swap_size": body.get("swap_size")}
    type_id = body.get("type") or linode.body["type"]
    with account.database.transaction():
        disk_mb = catalogs().any_type(type_id)["disk"]
        config = deployment.install_image(account, linode.id, image, wish, disk_mb, ready)
        changed = with_body(changed, {"booted_config": config.id if booted else None})
        stackscripts.count(account, body.get("stackscript_id"))
        return enqueue(
            account,
            changed,
            lifecycle.rebuild_plans(was_running=was_running, booted=booted),
            effect={"body": {"type": type_id}},
            secondary={"linode_rebuild": images.entity(image), "linode_boot": config.entity},
        )


def check_rebuild(account: Account, linode: Linode, body: Body) -> Json:
    """The image. Raises ApiError 400 or 403."""
    if not body.get("image"):
        raise bad_request("image is required", "image")
    region = linode.body["region"]
    full = {**body, "type": body.get("type") or linode.body["type"], "region": region}
    image = images.find(account, body["image"])
    problems = [*choice_problems(account, full), *flag_problems(body, "booted")]
    problems += access_problems(account, body)
    problems += metadata_problems(full, image) + stackscripts.use_problems(account, full, image)
    raise_if(problems)
    require_credentials(body)
    check_image(account, full)
    if full["type"] != linode.body["type"]:
        require_sold(full["type"], region)
    return image or {}
