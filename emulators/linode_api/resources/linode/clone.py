"""Cloning a Linode to a new one, or to one that is there.

The event belongs to the source, which is not busy by it; the copy is. Source: recording TestInstance_Clone; API page
"Clone a Linode". Texts marked * are a choice.
"""

from __future__ import annotations

from dataclasses import replace

from emulators.linode_api.core import Json, bodies, events, jobs
from emulators.linode_api.core.bodies import problems_in
from emulators.linode_api.core.errors import bad_request, raise_if
from emulators.linode_api.core.limits import CREATE
from emulators.linode_api.core.records import given
from emulators.linode_api.core.routes import Call
from emulators.linode_api.resources import placement_groups
from emulators.linode_api.resources.linode import deployment, disks, linodes
from emulators.linode_api.resources.linode.create import choice_problems, new_linode, user_data_problems
from emulators.linode_api.resources.linode.linodes import Linode, api

MOST_AT_ONCE = 5
NEW = ("label", "group", "region", "type", "private_ip", "backups_enabled", "metadata", "placement_group")
ONLY_NEW = dict.fromkeys(
    NEW, bodies.that(lambda value: not value, "{name} is for a clone to a new Linode")
)  # *
FIELDS = {"private_ip": bodies.flag, "backups_enabled": bodies.flag, "label": bodies.linode_label}
KEPT = ("image", "tags", "group", "disk_encryption", "maintenance_policy", "interface_generation")


@api.post("/linode/instances/{linode}/clone", CREATE, grant="add_linodes")
def clone(call: Call, source: Linode) -> Linode:
    """The copy, `offline` from the first moment and busy until the job ends."""
    account = call.account
    if events.running_jobs(account, "linode_clone", source.id) >= MOST_AT_ONCE:
        raise bad_request("Too many clones of this Linode are running.")  # *
    linodes.require_free(account, source)
    taken = deployment.copied(*deployment.chosen(account, source.id, call.body))
    onto_existing = call.body.get("linode_id") is not None
    target = (existing_target if onto_existing else new_target)(call, source, taken)
    plans = [jobs.PLANS["linode_clone"]]
    course, [job] = jobs.queue(target.course, plans, account.now, account.clock.speed)
    copy = linodes.save(account, replace(target, course=course).having(cloning_until=job.ends))
    deployment.install_saved(account, copy.id, taken, job.ends)
    events.notify(account, job.action, source.entity, copy.entity, job)
    account.remember_tags(copy["tags"])
    return copy


def new_target(call: Call, source: Linode, taken: Json) -> Linode:
    """A new Linode with the source's tags, image and settings. Raises ApiError 400 or 403."""
    account, body = call.account, call.body
    problems = [
        *choice_problems(account, given(body, "region", "type")),
        *problems_in(body, FIELDS),
        *user_data_problems(body, None),
        *placement_groups.join_problems(account, body),
    ]
    if source["has_user_data"] and not (body.get("metadata") or {}).get("user_data"):
        problems.append(("metadata.user_data", "metadata.user_data is required to clone this Linode"))  # *
    raise_if(problems)
    linodes.require_sold(body["type"], body["region"])
    require_room(taken, body["type"], held_mb=0)
    wish: Json = {
        **{name: source[name] for name in KEPT},
        **given(body, "region", "type", "label", "group", "private_ip", "backups_enabled", "metadata"),
        **given(body, "placement_group"),
    }
    copy = new_linode(account, linodes.next_linode_id(account), wish).having(alerts=source["alerts"])
    return linodes.made_new(account, replace(copy, course=jobs.Course("offline")))


def existing_target(call: Call, source: Linode, taken: Json) -> Linode:
    """One with room for the disks, off and free."""
    target = linodes.named_linode(call.account, call.body, "linode_id")
    same = {name: value for name, value in call.body.items() if target.body.get(name) != value}
    raise_if(problems_in(same, ONLY_NEW))
    if target.id == source.id:
        raise bad_request("linode_id is not valid", "linode_id")
    linodes.require_free(call.account, target)
    linodes.require_off(call.account, target, "The target of a clone must be powered off.")  # *
    require_room(taken, target["type"], held_mb=disks.total_mb(call.account, target.id))
    return target


def require_room(taken: Json, type_id: str, *, held_mb: int) -> None:
    if sum(disk["size"] for disk in taken["disks"]) + held_mb > linodes.specs(type_id)["disk"]:
        raise bad_request("The disks do not fit on the selected plan")  # *
