"""What a Linode is waited for, and what one wait has learnt of it. Pure.

A wait is judged by the jobs of its Linode (events) and by its status (the list); the status has the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from providers.linode.api.errors import LinodeError, NotFound, WaitFailed
from providers.linode.api.records import Event, Linode

STABLE = frozenset({"running", "offline", "stopped", "billing_suspension"})
"""Statuses that do not change by themselves."""

PENDING = frozenset({"scheduled", "started"})
FAILED = frozenset({"failed", "canceled"})

JOBS: Mapping[str, str] = {
    "linode_create": "provisioning",
    "linode_boot": "booting",
    "linode_reboot": "rebooting",
    "linode_shutdown": "shutting_down",
    "linode_rebuild": "rebuilding",
    "linode_resize": "resizing",
    "linode_resize_create": "resizing",
    "linode_resize_warm_create": "resizing",
    "linode_migrate": "migrating",
    "linode_migrate_datacenter": "migrating",
    "linode_migrate_datacenter_create": "migrating",
    "linode_mutate": "resizing",
    "linode_delete": "deleting",
    "lassie_reboot": "rebooting",
    "host_reboot": "rebooting",
    "disk_resize": "resizing",
    "password_reset": "busy",
}
"""Events that are a job of a Linode, and what it is doing meanwhile. Source: GET /account/events, action."""

MANY = 250
"""Above this number the creates' own events are left out, so that those of 500 Linodes fill one page of 500."""

HANGING_LOOKS = 3
"""A Linode seen as wanted this often in a row is there, although an event says that a job still runs."""

STUCK_LOOKS = 8
"""At rest in another status this often in a row, without any job: it won't get there by itself."""

ABSENT_LOOKS = 5
"""Missing from the list this often in a row: asked for by its id, as lists may lag behind a create."""

BOOTS = frozenset({"linode_boot", "linode_reboot"})
"""Jobs that go on for a few seconds after the status says `running`."""

Kind = Literal["rest", "gone", "free"]


def anything(_: Linode) -> bool:
    return True


@dataclass(frozen=True)
class Goal:
    """What is waited for. `rest`: a status that stays, and `met`; `gone`; `free`: none of its jobs runs.

    `status` is the one that is wanted, where that is all: then rest in another one is a failure. `since`
    (UTC, as the API writes it) and `after` say which events are news: those of that second or later, with a
    larger id.
    """

    linode_id: int
    what: str
    kind: Kind = "rest"
    met: Callable[[Linode], bool] = anything
    status: str = ""
    since: str = ""
    after: int = 0

    def is_met(self, linode: Linode) -> bool:
        """Whether the Linode is at rest and as wanted."""
        wanted = self.status in ("", linode.status) and self.met(linode)
        return self.kind != "gone" and linode.status in STABLE and wanted


@dataclass(frozen=True)
class Outcome:
    """How a wait ended: with the Linode, with None when it is gone or free, or with the error."""

    linode: Linode | None = None
    error: LinodeError | None = None


@dataclass(eq=False)
class Wait:
    """One goal, and what was learnt for it. `begun` and `deadline` are seconds of the caller's clock.

    `in_tick`: it was there when the tick's requests went out, so that their answers speak of it.
    """

    goal: Goal
    begun: float
    timeout_s: float
    events: dict[int, Event] = field(default_factory=dict)
    row: Linode | None = None
    repeated: int = 0
    in_tick: bool = False
    unlisted: bool = False
    """Whether it was there by its id while the list lacked it."""

    outcome: Outcome | None = None

    @property
    def deadline(self) -> float:
        return self.begun + self.timeout_s

    def hear(self, event: Event) -> None:
        """Keep an event of this Linode if it says something about the goal, and is news or not over yet."""
        about = event.action == "linode_delete" if self.goal.kind == "gone" else event.action in JOBS
        news = event.id > self.goal.after or event.status in PENDING or event.id in self.events
        if about and news:
            self.events[event.id] = event

    def is_quiet(self) -> bool:
        """Whether no known job of the Linode waits or runs."""
        return not any(event.status in PENDING for event in self.events.values())

    def only_boots(self) -> bool:
        """Whether it is to run, and its boot has begun: from now on the status may say so at any look."""
        pending = [event for event in self.events.values() if event.status in PENDING]
        begun = all(event.action in BOOTS and event.status == "started" for event in pending)
        return bool(pending) and begun and self.goal.status == "running"

    def failed_event(self) -> Event | None:
        """The last job, if it failed; else an earlier one that failed, if the Linode is at rest by now."""
        failed = [event for _, event in sorted(self.events.items()) if event.status in FAILED]
        if not failed or not self.is_quiet():
            return None
        last_failed = failed[-1].id == max(self.events)
        return failed[-1] if last_failed or (self.row is not None and self.row.status in STABLE) else None

    def is_doubtful(self) -> bool:
        """Whether one more list without it would count as its absence."""
        lacked = self.row is None and self.repeated >= ABSENT_LOOKS - 1
        return self.goal.kind != "gone" and (self.unlisted or lacked)

    def see(self, row: Linode | None) -> Outcome | None:
        """The outcome of a look at the list, None when it is still to come."""
        same = (row and row.status) == (self.row and self.row.status)
        met = row is not None and self.goal.is_met(row)
        met_before = self.row is not None and self.goal.is_met(self.row)
        self.repeated = self.repeated + 1 if same and met == met_before else 1
        self.row = row
        if row is None:
            return self._absent()
        if self.goal.kind == "free":
            free = row.status in STABLE and (self.is_quiet() or self.repeated >= HANGING_LOOKS)
            return Outcome(row) if free else None
        if met and (self.is_quiet() or self.only_boots() or self.repeated >= HANGING_LOOKS):
            return Outcome(row)
        if not met and (event := self.failed_event()):
            return Outcome(error=failure(self.goal, event))
        stuck = self.goal.kind == "rest" and self.goal.status and row.status in STABLE and self.is_quiet()
        if stuck and not met and self.repeated >= STUCK_LOOKS:
            return Outcome(
                error=WaitFailed(
                    f"{self.goal.what}: it came to rest as {row.status}, and the API names no job that failed. "
                    "Next: run `up` again."
                )
            )
        return None

    def _absent(self) -> Outcome | None:
        if self.goal.kind == "gone":
            return Outcome()
        if self.repeated < ABSENT_LOOKS:
            return None
        return Outcome(
            error=NotFound(
                f"{self.goal.what}: there is no such Linode any more. Next: `refresh`, then `up`.", status=404
            )
        )

    def doing(self) -> str:
        """One word for people: what the Linode is at, as far as it is known."""
        if self.outcome is not None:
            return "failed" if self.outcome.error else self.target
        pending = [event for event in self.events.values() if event.status in PENDING]
        begun = [event for event in pending if event.status == "started"] or pending
        if any(event.action == "linode_create" for event in pending):
            return "provisioning"
        if begun:
            return JOBS[begun[-1].action]
        if self.events and self.failed_event() is None:
            return self.target
        return self.row.status if self.row else "asked"

    @property
    def target(self) -> str:
        return {"gone": "gone", "free": "free"}.get(self.goal.kind) or self.goal.status or "ready"


def failure(goal: Goal, event: Event) -> WaitFailed:
    """The error for a job that failed, with its event and the reason that the API gives."""
    reason = f": {event.message}" if event.message else ", without a reason"
    return WaitFailed(f"{goal.what}: {event.action} failed (event {event.id}{reason}). Next: run `up` again.")


def events_filter(waits: Sequence[Wait]) -> dict[str, object]:
    """The X-Filter for the events of these waits, oldest first: what comes between two pages moves none of the rows.

    Source: GET /account/events, filterable attributes.
    """
    ids = {wait.goal.linode_id for wait in waits}
    left_out = {"linode_create"} if len(ids) > MANY else set()
    found: dict[str, object] = {"entity.type": "linode", "+order_by": "id"}
    if len(ids) == 1:
        found["entity.id"] = next(iter(ids))
    since = min(wait.goal.since for wait in waits)
    if since:
        found["created"] = {"+gte": since}
    return {**found, "+or": [{"action": action} for action in JOBS if action not in left_out]}


def list_filter(ids: Sequence[int]) -> dict[str, object]:
    """The X-Filter for the Linodes of these ids, in order: few more are listed, as a fleet's ids are close."""
    return {"id": ids[0] if len(ids) == 1 else {"+gte": ids[0], "+lte": ids[-1]}}
