"""Placement groups: Linodes of one region that stand on different hosts.

A Linode's own record names its group (`placement_group`), so members are found there. Texts marked * are a choice.
Source: recordings TestPlacementGroup_basic, TestInstance_withPG; API pages "Create a placement group", "Assign…".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulators.linode_api import events, records
from emulators.linode_api.account import Account
from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.errors import Problem, bad_request
from emulators.linode_api.filters import Attributes
from emulators.linode_api.linodes import Linode, all_linodes, save, with_body
from emulators.linode_api.records import Record
from emulators.linode_api.validation import LABEL, raise_if

Json = dict[str, Any]
Body = Mapping[str, Any]

FILTERABLE = Attributes(frozenset({"id", "label", "region", "placement_group_type"}))
TYPES = ("anti_affinity:local",)
LIMITS = {"strict": "maximum_linodes_per_pg", "flexible": "maximum_linodes_per_flexible_pg"}


def group_row(account: Account, group: Record) -> Json:
    names = ("label", "region", "placement_group_type", "placement_group_policy")
    return {
        "id": group.id,
        **{name: group.body[name] for name in names},
        "is_compliant": True,
        "members": [{"linode_id": one.id, "is_compliant": True} for one in members(account, group.id)],
        "migrations": None,
    }


def group_rows(account: Account) -> list[Json]:
    return [group_row(account, group) for group in records.all_of(account, "placement_group")]


def members(account: Account, group_id: int) -> list[Linode]:
    return [one for one in all_linodes(account) if group_of(one) == group_id]


def group_of(linode: Linode) -> int | None:
    return (linode.body.get("placement_group") or {}).get("id")


def create(account: Account, body: Body) -> Record:
    problems = label_problems(body.get("label"))
    region = str(body.get("region"))
    if region not in catalogs().region_by_id:
        problems.append(("region", "region is not valid"))
    elif not catalogs().has(region, "Placement Group"):
        problems.append(("region", "Placement groups are not available in this region"))  # *
    if body.get("placement_group_type") not in TYPES:
        problems.append(("placement_group_type", "placement_group_type is not valid"))
    if body.get("placement_group_policy") not in LIMITS:
        problems.append(("placement_group_policy", "placement_group_policy is not valid"))
    raise_if(problems)
    records.require_unique_label(account, "placement_group", body["label"])
    names = ("label", "region", "placement_group_type", "placement_group_policy")
    with account.database.transaction():
        made = records.add(account, "placement_group", {name: body[name] for name in names})
        events.notify(account, "placement_group_create", entity(made))
    return made


def label_problems(label: object) -> list[Problem]:
    fits = isinstance(label, str) and len(label) <= 64 and LABEL.fullmatch(label)
    return (
        [] if fits else [("label", "Must only use ASCII letters, numbers, underscores, dashes and periods")]
    )


def entity(group: Record) -> Json:
    return events.entity("placement_group", group.id, group.body["label"], f"/placement/groups/{group.id}")


def update(account: Account, group: Record, body: Body) -> Record:
    """Only the label can change; the members show it."""
    label = body.get("label", group.body["label"])
    raise_if(label_problems(label))
    records.require_unique_label(account, "placement_group", label, besides=group.id)
    with account.database.transaction():
        changed = records.change(account, group, {"label": label})
        for linode in members(account, group.id):
            save(account, with_body(linode, {"placement_group": membership(changed)}))
        events.notify(account, "placement_group_update", entity(changed))
    return changed


def delete(account: Account, group: Record) -> None:
    """Raises ApiError 400 while it has members."""
    if members(account, group.id):
        raise bad_request("Placement group must be empty: unassign its Linodes first")  # *
    with account.database.transaction():
        records.remove(account, group)
        events.notify(account, "placement_group_delete", entity(group))


def membership(group: Record) -> Json:
    """As the Linode shows it, keys in the recorded order."""
    names = ("label", "placement_group_type", "placement_group_policy")
    return {"migrating_to": None, "id": group.id, **{name: group.body[name] for name in names}}


def join_problems(account: Account, wanted: object, region_id: str, more: int = 1) -> list[Problem]:
    """`placement_group` of a create, a clone or a migration: it must exist there, with room for so many more."""
    if wanted is None:
        return []
    group_id = wanted.get("id") if isinstance(wanted, Mapping) else None
    group = records.get(account, "placement_group", group_id)
    if group is None:
        return [("placement_group.id", "placement_group.id is not valid")]
    if group.body["region"] != region_id:
        return [("placement_group.id", "Placement group must be in the same region as the Linode")]  # *
    if len(members(account, group.id)) + more > capacity(group):
        return [("placement_group.id", "Placement group has no capacity left")]  # *
    return []


def capacity(group: Record) -> int:
    limits = catalogs().any_region(group.body["region"])["placement_group_limits"]
    return int(limits[LIMITS[group.body["placement_group_policy"]]])


def group_for(account: Account, wanted: object) -> Json | None:
    """The membership of a request that was checked."""
    if not isinstance(wanted, Mapping):
        return None
    return membership(records.find(account, "placement_group", wanted["id"]))


def assign(account: Account, group: Record, body: Body) -> None:
    """All of the Linodes, or none. Raises ApiError 400."""
    chosen = chosen_linodes(account, body)
    for linode in chosen:
        if linode.body["region"] != group.body["region"]:
            raise bad_request("Linodes must be in the region of the placement group", "linodes")  # *
        if group_of(linode) not in (None, group.id):
            raise bad_request("Linode is already in a placement group", "linodes")  # *
    new = [linode for linode in chosen if group_of(linode) is None]
    if len(members(account, group.id)) + len(new) > capacity(group):
        raise bad_request("Placement group has no capacity left", "linodes")  # *
    with account.database.transaction():
        for linode in new:
            save(account, with_body(linode, {"placement_group": membership(group)}))
            events.notify(account, "placement_group_assign", linode.entity, entity(group))


def unassign(account: Account, group: Record, body: Body) -> None:
    """Raises ApiError 400 for a Linode that is no member."""
    chosen = chosen_linodes(account, body)
    if any(group_of(linode) != group.id for linode in chosen):
        raise bad_request("Linode is not in this placement group", "linodes")  # *
    with account.database.transaction():
        for linode in chosen:
            save(account, with_body(linode, {"placement_group": None}))
            events.notify(account, "placement_group_unassign", linode.entity, entity(group))


def chosen_linodes(account: Account, body: Body) -> list[Linode]:
    wanted = body.get("linodes")
    known = {linode.id: linode for linode in all_linodes(account)}
    if not isinstance(wanted, list) or not wanted or not all(one in known for one in wanted):
        raise bad_request("linodes is not valid", "linodes")
    return [known[one] for one in dict.fromkeys(wanted)]
