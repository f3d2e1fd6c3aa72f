"""Linodes as stored and as answered: list, read, change, delete, and how jobs are queued for one.

Source: recording TestTag_Create (the row, 2026); API pages "Get a Linode", "Update a Linode", "Delete a Linode".
Texts marked * are a choice.
"""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import orjson
from orjson import Fragment

from emulators.linode_api.catalogs import Catalogs, catalogs
from emulators.linode_api.clock import stamp
from emulators.linode_api.core import Body, Json, bodies, events, grants, jobs
from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.bodies import always, choice, problems_in, unique_tags
from emulators.linode_api.core.database import Database
from emulators.linode_api.core.errors import ApiError, bad_request, linode_busy, not_found, raise_if
from emulators.linode_api.core.jobs import Course, Plan, Timeline
from emulators.linode_api.core.records import Thing, given, is_id, remove_within
from emulators.linode_api.core.routes import FINDERS, Call, Routes
from emulators.linode_api.core.stored import Clause, Stored

api = Routes("linodes")
grants.GRANTED.add("linode")

NO_TAGS = "You must be an unrestricted User in order to add or modify tags on Linodes."  # *
POLICY = "Maintenance Policy"
"""What a region is able to that knows them; elsewhere a Linode doesn't tell its policy (recordings of ap-west)."""

ALERTS = ("cpu", "io", "network_in", "network_out", "transfer_quota")
CHANGEABLE = {
    "watchdog_enabled": bodies.flag,
    "maintenance_policy": bodies.maintenance_policy,
    "label": bodies.linode_label,
    "tags": bodies.tags,
    "group": bodies.text,
}
SCHEDULE = {  # a day and a two-hour window, UTC; texts *
    "day": choice("Scheduling", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    "window": choice("Scheduling", *(f"W{hour}" for hour in range(0, 24, 2))),
}

Farewell = TypeVar("Farewell", bound=Callable[..., None])
AT_DELETION: list[Callable[[Account, int], None]] = []


def at_deletion(work: Farewell) -> Farewell:
    """Marks what a deletion frees at once: the recordings delete VPCs, firewalls and groups right after it."""
    AT_DELETION.append(work)
    return work


@dataclass(frozen=True)
class Linode(Thing):
    """A stored Linode. `body` holds what the API reports beside ids, dates, status and specs."""

    id: int
    label: str
    created: float
    updated: float
    course: Course
    body: Json

    @property
    def entity(self) -> Json:
        return events.entity("linode", self.id, self.label, f"/linode/instances/{self.id}")

    @property
    def short_entity(self) -> Json:
        return {name: self.entity[name] for name in ("id", "type", "label", "url")}

    @property
    def public_ipv4(self) -> list[str]:
        """The first one first."""
        return [address for address in self["ipv4"] if not address.startswith("192.168.")]

    def move_at(self, now: float) -> Json | None:
        """Of a migration to another region that runs: `to`, the id of the placement group it ends in, or null."""
        move: Json | None = self.body.get("move")
        return move if move and move["until"] > now else None

    def having(self, **changes: Any) -> Linode:
        return replace(self, body={**self.body, **changes})

    def shown(self, account: Account) -> Json:
        return linode_row(self, account.now)

    def listed(self, _: Account, now: float, /) -> Json | Fragment:
        """Kept until what it shows changes."""
        kept: Listed | None = self.__dict__.get("_listed")
        if kept is None or not kept.since <= now < kept.until or kept.by is not catalogs():
            kept = self.__dict__["_listed"] = Listed.at(self, now)
        return kept.json


@dataclass(frozen=True)
class Listed:
    """A Linode's row as JSON, and from when until when, by which catalogs, it is what the API shows."""

    since: float
    until: float
    by: Catalogs
    json: Fragment

    @staticmethod
    def at(linode: Linode, now: float) -> Listed:
        move: Json | None = linode.body.get("move")
        changes = [moment for moment, _ in linode.course.timeline] + ([move["until"]] if move else [])
        since = max((moment for moment in changes if moment <= now), default=-math.inf)
        until = min((moment for moment in changes if moment > now), default=math.inf)
        return Listed(since, until, catalogs(), Fragment(orjson.dumps(linode_row(linode, now))))


def get_linode(account: Account, linode_id: object) -> Linode | None:
    """None when there is none, or it is another account's, or the id is no number."""
    if not is_id(linode_id):
        return None
    return next(iter(stored(account).but("id = ?", linode_id)), None)


def find_linode(account: Account, linode_id: int) -> Linode:
    """Raises ApiError 404, also for another account's Linode."""
    found = get_linode(account, linode_id)
    if found is None:
        raise not_found()
    return found


FINDERS["linode"] = lambda account, linode_id, _: find_linode(account, linode_id)
api.shows("/linode/instances/{linode}")


def named_linode(account: Account, body: Body, field: str) -> Linode:
    """The Linode that a field of a request names. Raises ApiError 400 on that field."""
    found = get_linode(account, body.get(field))
    if found is None:
        raise bad_request(f"{field} is not valid", field)
    return found


def stored(account: Account) -> Stored[Linode]:
    """All of the account, by id (the order of the real list is not known); none is read yet."""
    database, own = account.database, Clause("account_id = ?", (account.id,))
    columns = {"id": "id", "label": "label"}
    return Stored(database, "linodes", own, partial(made, database), columns, reads="id, version")


def all_linodes(account: Account) -> list[Linode]:
    return stored(account).read()


VERSIONS = count(time.time_ns())
"""Each state of a Linode that is stored has one of its own, whatever becomes of the transaction."""


READ: WeakKeyDictionary[Database, dict[int, tuple[int, Linode]]] = WeakKeyDictionary()
"""The version in which each Linode was last read; nobody changes one in place."""


def made(database: Database, rows: list[sqlite3.Row]) -> list[Linode]:
    """From ids and versions: those that changed since they were last read are read again, all at once."""
    known = READ.setdefault(database, {})
    changed = [row[0] for row in rows if known.get(row[0], (None,))[0] != row[1]]
    if changed:
        question = "SELECT * FROM linodes WHERE id IN (SELECT value FROM json_each(?))"
        for row in database.all(question, json.dumps(changed)):
            known[row["id"]] = row["version"], from_row(row)
    return [known[row[0]][1] for row in rows]


def from_row(row: sqlite3.Row) -> Linode:
    timeline: Timeline = tuple((at, status) for at, status in orjson.loads(row["timeline"]))
    course = Course(row["status"], timeline, row["busy_until"])
    return Linode(row["id"], row["label"], row["created"], row["updated"], course, orjson.loads(row["body"]))


def next_linode_id(account: Account) -> int:
    return int(account.database.one("SELECT seq FROM sqlite_sequence WHERE name = 'linodes'")["seq"]) + 1


def save(account: Account, linode: Linode) -> Linode:
    """Raises ApiError 400 when the label is another Linode's."""
    columns = {name: getattr(linode, name) for name in ("id", "label", "created", "updated")}
    columns |= {"timeline": json.dumps(linode.course.timeline), "body": json.dumps(linode.body)}
    columns |= {"status": linode.course.status, "busy_until": linode.course.busy_until}
    columns["version"] = next(VERSIONS)
    try:
        account.database.upsert("linodes", "id", account_id=account.id, **columns)
    except sqlite3.IntegrityError:
        raise bad_request("Label must be unique among your linodes", "label") from None
    return linode


def made_new(account: Account, linode: Linode) -> Linode:
    """Stores a Linode for the first time."""
    grants.own(account, "linode", linode.id)
    return save(account, linode)


def change(account: Account, linode: Linode, **changes: Any) -> Linode:
    """Stores these parts of its body, and that it was updated now."""
    return save(account, replace(linode.having(**changes), updated=account.now))


def linode_row(linode: Linode, now: float) -> Json:
    """The Linode as the API answers it, keys in the API's order."""
    body = linode.body
    region, group = catalogs().any_region(body["region"]), body.get("placement_group")
    return {
        "id": linode.id,
        "label": linode.label,
        "group": body["group"],
        "status": linode.course.status_at(now),
        "created": stamp(linode.created),
        "updated": stamp(linode.updated),
        **linode.parts("type", "ipv4", "ipv6", "image", "region"),
        "site_type": region["site_type"],
        "specs": specs(body["type"]),
        "alerts": {**body["alerts"], "system_alerts": [], "user_alerts": []},
        "backups": body["backups"],
        "hypervisor": "kvm",
        **linode.parts("watchdog_enabled", "tags", "host_uuid", "has_user_data"),
        "placement_group": group and {**group, "migrating_to": (linode.move_at(now) or {}).get("to")},
        "disk_encryption": body["disk_encryption"],
        "lke_cluster_id": None,
        "capabilities": capabilities(region["capabilities"]),
        **linode.parts("interface_generation"),
        **({"maintenance_policy": body["maintenance_policy"]} if POLICY in region["capabilities"] else {}),
        "locks": body.get("locks", []),
    }


def specs(type_id: str) -> Json:
    plan = catalogs().any_type(type_id)
    numbers = {name: plan[name] for name in ("disk", "memory", "vcpus", "gpus", "transfer")}
    return {**numbers, "accelerated_devices": int(plan["class"] == "accelerated")}


def capabilities(of_region: Sequence[str]) -> list[str]:
    """Mail leaves older accounts only: most recorded ones can't send it either."""
    return [name for name in ("Block Storage Encryption", POLICY) if name in of_region]


def require_free(account: Account, linode: Linode) -> None:
    if linode.course.is_busy(account.now):
        raise linode_busy()


def is_up(account: Account, linode: Linode) -> bool:
    """Whether its operating system may be using disks and interfaces right now."""
    return linode.course.status_at(account.now) in ("running", "booting", "rebooting", "shutting_down")


def goes_down(account: Account, linode: Linode) -> bool:
    """Its interfaces may change then: linode-cli's and linode_api4's suites do so right after the shutdown."""
    return linode.course.status_at(account.now) == "shutting_down"


def is_running(account: Account, linode: Linode) -> bool:
    return linode.course.status_at(account.now) == "running"


def runs(account: Account, linode: Linode, config_id: int) -> bool:
    """Whether it is up on that configuration."""
    return is_up(account, linode) and linode.body.get("booted_config") == config_id


def require_off(account: Account, linode: Linode, reason: str) -> None:
    if is_up(account, linode):
        raise bad_request(reason)


def require_tag_right(account: Account, wanted: object, current: Sequence[str]) -> None:
    """Raises ApiError 403 when a restricted user would change tags (API page "Create a Linode")."""
    if account.restricted and wanted is not None and wanted != current:
        raise ApiError(403, [("tags", NO_TAGS)])


def require_sold(type_id: str, region_id: str) -> None:
    """Raises 403: this is how the API says that a plan is sold out, or never sold, in a region."""
    if not catalogs().is_sold(type_id, region_id):
        reason = (
            "The Linode plan you chose is not currently available in the selected region."
            " Please select another region or plan type, or contact Support for assistance."
        )
        raise ApiError(403, [(None, reason)])


def enqueue(
    account: Account,
    linode: Linode,
    *plans: Plan,
    secondary: Mapping[str, Json] | None = None,
    effect: Json | None = None,
    failed: bool = False,
) -> Linode:
    """Queues jobs and stores the Linode: the effect belongs to the first, secondary entities go by action.

    `failed` jobs run their time and then end as failed.
    """
    course, queued = jobs.queue(linode.course, plans, account.now, account.clock.speed)
    moved = save(account, replace(linode, course=course))
    for number, job in enumerate(queued):
        also = (secondary or {}).get(job.action)
        first = effect if number == 0 else None
        events.notify(account, job.action, linode.entity, also, job, first, failed=failed)
    return moved


def fail_job(account: Account, linode_id: int, action: str) -> None:
    """Makes the pending job fail when it ends: its effect is lost, and what it should have started stays off.

    `linode_id` 0 means the Linode whose job of that kind was queued last.
    """
    pending = "account_id = ? AND action = ? AND ends > ?"
    values = (account.id, action, account.now)
    newest = account.database.one(f"SELECT linode_id FROM events WHERE {pending} ORDER BY id DESC", *values)  # noqa: S608 - a constant from above
    linode_id = linode_id or (newest["linode_id"] if newest else 0)
    failed = f"UPDATE events SET failed = 1, effect = NULL WHERE {pending} AND linode_id = ?"  # noqa: S608 - as above
    if account.database.run(failed, *values, linode_id).rowcount:
        linode = find_linode(account, linode_id)
        timeline: Timeline = tuple(
            (at, "offline" if status == "running" else status) for at, status in linode.course.timeline
        )
        save(account, replace(linode, course=replace(linode.course, timeline=timeline)))


@events.on_effect("body")
def change_at_the_end(account: Account, linode_id: int, changes: Json, ended: float) -> None:
    save(account, replace(find_linode(account, linode_id).having(**changes), updated=ended))


@api.rows(
    "/linode/instances",
    *("group", "id", "image", "ipv4", "label", "region", "tags", "interface_generation", "lke_cluster_id"),
    *("placement_group.label", "placement_group.placement_group_type"),
)
def list_linodes(call: Call) -> Stored[Linode]:
    return grants.visible(call.account, "linode", stored(call.account))


@api.put("/linode/instances/{linode}")
def update(call: Call, linode: Linode) -> Linode:
    """What is left out stays; `tags` replaces all tags. Also while a job runs."""
    account, body = call.account, call.body
    require_tag_right(account, body.get("tags"), linode["tags"])
    alerts = body.get("alerts") or {}
    schedule = (body.get("backups") or {}).get("schedule") or {}
    named = {name: alerts[name] for name in ALERTS if name in alerts}
    raise_if(
        problems_in(body, CHANGEABLE)
        + problems_in(named, dict.fromkeys(named, always(bodies.at_least_0)), "alerts.")
        + problems_in(schedule, SCHEDULE, "backups.schedule.")
    )
    changes = given(body, "group", "watchdog_enabled", "maintenance_policy")
    if body.get("tags") is not None:
        changes["tags"] = unique_tags(body["tags"])
    changes["alerts"] = {**linode["alerts"], **named}
    changes["backups"] = {**linode["backups"], "schedule": {**linode["backups"]["schedule"], **schedule}}
    changed = change(
        account, replace(linode, label=given(body, "label").get("label", linode.label)), **changes
    )
    account.remember_tags(changed["tags"])
    events.notify(account, "linode_update", changed.entity)
    return changed


@api.delete("/linode/instances/{linode}")
def delete(call: Call, linode: Linode) -> None:
    """The label stays taken, and the status is `deleting`, until the job ends; what it was part of is free at once.

    Also while a job runs. Raises ApiError 400: locked, cloning or restoring.
    """
    account = call.account
    if linode.course.status_at(account.now) == "deleting":
        return
    if linode.body.get("locks"):
        raise bad_request("Linode is locked: remove its lock before deleting it.")
    if linode.body.get("cloning_until", 0.0) > account.now or any(
        events.running_jobs(account, action, linode.id) for action in ("linode_clone", "backups_restore")
    ):
        raise linode_busy()
    events.abort_jobs(account, linode.id)
    for free in AT_DELETION:
        free(account, linode.id)
    stopped = replace(linode, course=jobs.cut_short(linode.course, account.now)).having(
        placement_group=None, move=None
    )
    enqueue(account, stopped, jobs.PLANS["linode_delete"], effect={"delete": True})


@events.on_effect("delete")
def finish_deletion(account: Account, linode_id: int, _: object, __: float) -> None:
    """Everything it had goes."""
    account.database.run("DELETE FROM linodes WHERE id = ?", linode_id)
    READ.get(account.database, {}).pop(linode_id, None)
    remove_within(account, linode_id, "disk", "config", "backup")
