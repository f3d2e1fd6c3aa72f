"""Cloning a Linode to a new one, or to one that is there.

The event belongs to the source, which is not busy by it; the copy is. Source: recording TestInstance_Clone; API page
"Clone a Linode". Texts marked * are a choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.linode_api import deployment, disks, events, lifecycle, linodes, placement
from emulators.linode_api.account import Account
from emulators.linode_api.create_checks import choice_problems, metadata_problems
from emulators.linode_api.creation import new_linode, next_linode_id
from emulators.linode_api.errors import bad_request
from emulators.linode_api.linodes import Linode, require_free, save
from emulators.linode_api.tags import remember_tags
from emulators.linode_api.validation import flag_problems, label_problems, raise_if, require_sold

Json = dict[str, Any]
Body = Mapping[str, Any]

MOST_AT_ONCE = 5


def clone(account: Account, source: Linode, body: Body) -> Linode:
    """The copy, `offline` from the first moment and busy until the job ends."""
    if events.running_jobs(account, "linode_clone", source.id) >= MOST_AT_ONCE:
        raise bad_request("Too many clones of this Linode are running.")  # *
    require_free(account, source)
    with account.database.transaction():
        if body.get("linode_id") is not None:
            target = existing_target(account, source, body)
        else:
            target = new_target(account, source, body)
        course, [job] = lifecycle.queue(
            target.course, [lifecycle.clone_plan()], account.clock.now(), account.clock.speed
        )
        copy = replace(target, course=course)
        copy = linodes.with_body(copy, {"cloning_until": job.ends})
        save(account, copy)
        deployment.install_saved(account, copy.id, deployment.saved(account, source.id), job.ends)
        events.add_job(account, job, source.entity, copy.entity, None)
        remember_tags(account, copy.body["tags"])
    return copy


def new_target(account: Account, source: Linode, body: Body) -> Linode:
    """A new Linode with the source's tags, image and settings. Raises ApiError 400 or 403."""
    problems = choice_problems(account, {name: body.get(name) for name in ("region", "type")})
    problems += flag_problems(body, "private_ip", "backups_enabled")
    if body.get("label") is not None:
        problems += label_problems(body["label"])
    problems += metadata_problems(body, None)
    problems += placement.join_problems(account, body.get("placement_group"), str(body.get("region")))
    if source.body["has_user_data"] and not (body.get("metadata") or {}).get("user_data"):
        problems.append(("metadata.user_data", "metadata.user_data is required to clone this Linode"))  # *
    raise_if(problems)
    require_sold(body["type"], body["region"])
    require_room(account, source, str(body["type"]), held_mb=0)
    names = ("region", "type", "label", "private_ip", "backups_enabled", "metadata", "placement_group")
    wish: Json = {name: body[name] for name in names if body.get(name) is not None}
    kept = ("image", "tags", "group", "disk_encryption", "maintenance_policy", "interface_generation")
    copy = new_linode(account, next_linode_id(account), {**{n: source.body[n] for n in kept}, **wish})
    copy = linodes.with_body(copy, {"alerts": source.body["alerts"]})
    copy = replace(copy, course=lifecycle.Course("offline"))
    save(account, copy)
    return copy


def existing_target(account: Account, source: Linode, body: Body) -> Linode:
    """One with room for the disks, off and free."""
    target = linodes.named_linode(account, body, "linode_id")
    if target.id == source.id:
        raise bad_request("linode_id is not valid", "linode_id")
    require_free(account, target)
    linodes.require_off(account, target, "The target of a clone must be powered off.")  # *
    held = sum(disk.size for disk in disks.all_disks(account, target.id))
    require_room(account, source, target.body["type"], held_mb=held)
    return target


def require_room(account: Account, source: Linode, type_id: str, *, held_mb: int) -> None:
    wanted = sum(disk.size for disk in disks.all_disks(account, source.id))
    if wanted + held_mb > linodes.specs(type_id)["disk"]:
        raise bad_request("The disks do not fit on the selected plan")  # *
