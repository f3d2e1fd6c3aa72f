"""Placement groups: Linodes of one region that stand on different hosts.

A Linode's own record names its group (`placement_group`), so members are found there. Texts marked * are a choice.
Source: recordings TestPlacementGroup_basic, TestInstance_withPG; API pages "Create a placement group", "Assign…".
"""

from __future__ import annotations

from emulators.linode_api.catalogs import catalogs, region_problems
from emulators.linode_api.core import Body, Json
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import LABEL, LABEL_RULE, always, check, choice, problems_in, that
from emulators.linode_api.core.errors import Problem, bad_request, raise_if
from emulators.linode_api.core.events import notify
from emulators.linode_api.core.records import Kind, Record, find, get
from emulators.linode_api.core.routes import Call, Routes
from emulators.linode_api.resources.linode.linodes import Linode, get_linode, save, stored

api = Routes("linodes", grant="add_linodes")
GROUP = Kind("placement_group", "/placement/groups/{placement_group}", first_id=460_000)
FIELDS = ("label", "region", "placement_group_type", "placement_group_policy")
LIMITS = {"strict": "maximum_linodes_per_pg", "flexible": "maximum_linodes_per_flexible_pg"}
LABELS = {
    "label": always(
        that(lambda label: isinstance(label, str) and len(label) <= 64 and LABEL.fullmatch(label), LABEL_RULE)
    )
}
KINDS = {
    "placement_group_type": always(choice("anti_affinity:local")),
    "placement_group_policy": always(choice(*LIMITS)),
}
NO_CAPACITY = "Placement group has no capacity left"  # *


@GROUP.shows
def row(account: Account, group: Record) -> Json:
    here, arriving = members(account, group.id), arriving_at(account, group.id)
    moves = {
        "inbound": [{"linode_id": one.id} for one in arriving],
        "outbound": [{"linode_id": one.id} for one in here if one.move_at(account.now)],
    }
    return {
        "id": group.id,
        **group.parts(*FIELDS),
        "is_compliant": True,
        "members": [{"linode_id": one.id, "is_compliant": True} for one in [*here, *arriving]],
        "migrations": moves if any(moves.values()) else None,
    }


def members(account: Account, group_id: int) -> list[Linode]:
    return stored(account).but("json_extract(body, '$.placement_group.id') = ?", group_id).read()


def arriving_at(account: Account, group_id: int) -> list[Linode]:
    """Linodes of other regions whose migration ends in the group, which lists them already (linode_api4's suite)."""
    bound = stored(account).but("json_extract(body, '$.move.to') = ?", group_id)
    return [one for one in bound if one.move_at(account.now)]


def taken(account: Account, group_id: int) -> int:
    return len(members(account, group_id)) + len(arriving_at(account, group_id))


def group_of(linode: Linode) -> int | None:
    return (linode.body.get("placement_group") or {}).get("id")


def membership(group: Record) -> Json:
    """As the Linode shows it, keys in the recorded order."""
    shown = group.parts("label", "placement_group_type", "placement_group_policy")
    return {"migrating_to": None, "id": group.id, **shown}


def join_problems(account: Account, body: Body) -> list[Problem]:
    """`placement_group` of a create, a clone or a migration: it must exist in `region`, with room for one more."""
    wanted = body.get("placement_group")
    if wanted is None:
        return []
    group = get(account, "placement_group", wanted.get("id"))
    if group is None:
        return [("placement_group.id", "placement_group.id is not valid")]
    if group["region"] != body.get("region"):
        return [("placement_group.id", "Placement group must be in the same region as the Linode")]  # *
    full = taken(account, group.id) >= capacity(group)
    return [("placement_group.id", NO_CAPACITY)] if full else []


def capacity(group: Record) -> int:
    limits = catalogs().any_region(group["region"])["placement_group_limits"]
    return int(limits[LIMITS[group["placement_group_policy"]]])


def joined(account: Account, body: Body) -> Json | None:
    """The membership of a request that was checked."""
    wanted = body.get("placement_group")
    return membership(find(account, "placement_group", wanted["id"])) if wanted is not None else None


def chosen(account: Account, body: Body) -> list[Linode]:
    """The Linodes of an assignment. Raises ApiError 400."""
    wanted = body.get("linodes")
    found = [get_linode(account, linode_id) for linode_id in dict.fromkeys(wanted or ())]
    if not found or None in found:
        raise bad_request("linodes is not valid", "linodes")
    return [one for one in found if one]


api.reads_of(GROUP, "id", "label", "region", "placement_group_type")


@api.post("/placement/groups", grant="add_placement")
def create(call: Call) -> Record:
    body = call.body
    wrong_region = region_problems(body.get("region"), "Placement Group", "Placement groups")
    raise_if(problems_in(body, LABELS) + wrong_region + problems_in(body, KINDS))
    return GROUP.create(call.account, {name: body[name] for name in FIELDS})


@api.put(GROUP.url)
def update(call: Call, group: Record) -> Record:
    """Only the label can change; the members show it."""
    label = call.body.get("label", group["label"])
    check({"label": label}, LABELS)
    changed = GROUP.update(call.account, group, {"label": label})
    for linode in members(call.account, group.id):
        save(call.account, linode.having(placement_group=membership(changed)))
    return changed


@api.delete(GROUP.url)
def delete(call: Call, group: Record) -> None:
    if taken(call.account, group.id):
        raise bad_request("Placement group must be empty: unassign its Linodes first")  # *
    GROUP.delete(call.account, group)


@api.post(GROUP.url + "/assign")
def assign(call: Call, group: Record) -> Record:
    """All of the Linodes, or none."""
    account = call.account
    linodes = chosen(account, call.body)
    for linode in linodes:
        if linode["region"] != group["region"]:
            raise bad_request("Linodes must be in the region of the placement group", "linodes")  # *
        if group_of(linode) not in (None, group.id):
            raise bad_request("Linode is already in a placement group", "linodes")  # *
    new = [linode for linode in linodes if group_of(linode) is None]
    if taken(account, group.id) + len(new) > capacity(group):
        raise bad_request(NO_CAPACITY, "linodes")
    for linode in new:
        save(account, linode.having(placement_group=membership(group)))
        notify(account, "placement_group_assign", linode.entity, group.entity)
    return group


@api.post(GROUP.url + "/unassign")
def unassign(call: Call, group: Record) -> Record:
    linodes = chosen(call.account, call.body)
    if any(group_of(linode) != group.id for linode in linodes):
        raise bad_request("Linode is not in this placement group", "linodes")  # *
    for linode in linodes:
        save(call.account, linode.having(placement_group=None))
        notify(call.account, "placement_group_unassign", linode.entity, group.entity)
    return group
