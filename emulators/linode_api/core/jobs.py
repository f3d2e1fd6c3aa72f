"""What happens to a Linode over time: pure, every moment is an argument.

A request queues jobs. Each job has an event and a few phases: from this moment on the status is that.
Nothing runs in the background: status and progress are worked out from stored moments when asked.
Durations are the real API's, in seconds. Source: recordings TestWaitForResourceFree and
TestEventPoller_InstancePower; those marked * were never recorded to the end and are a choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

Status = Literal[
    "provisioning", "offline", "booting", "running", "shutting_down", "rebooting",
    "resizing", "rebuilding", "migrating", "restoring", "deleting",
]  # fmt: skip
EventStatus = Literal["scheduled", "started", "finished", "failed", "notification"]

CREATE_FROM_IMAGE_S = (45, 51)  # by id: the fleet does not finish in one instant
CREATE_EMPTY_S = 8
BOOT_S = 24
BOOT_AFTER_JOB_S = 16
SHUTDOWN_S = 28
REBOOT_S = SHUTDOWN_S + BOOT_S  # *
RESIZE_S = 180  # *
REBUILD_S = 50  # *
MIGRATE_S = 240  # *
PICKED_UP_AFTER_S = 1.0
RUNNING_BEFORE_BOOT_ENDS_S = 4  # `running` shows, yet the Linode is still busy

CURVES: dict[str, tuple[tuple[float, int], ...]] = {  # part of the job that is done: percent shown
    "linode_create": ((0.0, 0), (0.28, 5), (0.33, 9), (0.37, 50), (0.55, 53), (0.7, 59), (0.91, 61)),
    "linode_boot": ((0.0, 0), (0.5, 45), (0.62, 49)),
    "linode_shutdown": ((0.0, 0), (0.4, 7)),
    "linode_clone": ((0.0, 0), (0.27, 33), (0.68, 55), (0.95, 67)),
    "linode_snapshot": ((0.0, 0), (0.8, 50)),
    "disk_create": ((0.0, 0), (0.5, 41)),
    "backups_restore": ((0.0, 0), (0.5, 50)),
    "disk_imagize": ((0.0, 0), (0.3, 83), (0.6, 90)),
}
IN_WHOLE_SECONDS = ("linode_snapshot",)
"""Jobs whose duration has no fraction: recording TestInstanceBackups_List."""

DEFAULT_CURVE: tuple[tuple[float, int], ...] = ((0.0, 0), (0.25, 20), (0.5, 50), (0.75, 80))


@dataclass(frozen=True)
class Plan:
    """A job to be queued: how long it takes, and from which second on the Linode shows which status."""

    action: str
    takes_s: float
    phases: tuple[tuple[float, Status], ...] = ()
    waits_s: float = PICKED_UP_AFTER_S


@dataclass(frozen=True)
class Job:
    """A queued job. Moments are seconds since 1970; `speed` turns them back into the API's seconds."""

    action: str
    created: float
    starts: float
    ends: float
    speed: float

    def api_seconds(self, moment: float) -> float:
        """Seconds of the real API between the request and `moment`."""
        return (moment - self.created) * self.speed


Timeline = tuple[tuple[float, Status], ...]


@dataclass(frozen=True)
class Course:
    """Where a Linode stands: `status` until the first moment of `timeline`, busy until `busy_until`."""

    status: Status
    timeline: Timeline = ()
    busy_until: float = 0.0

    def status_at(self, now: float) -> Status:
        begun = [status for moment, status in self.timeline if moment <= now]
        return begun[-1] if begun else self.status

    def is_busy(self, now: float) -> bool:
        """Whether a job is queued or running: the API answers `Linode busy.` to most actions then."""
        return self.busy_until > now

    def settled_status(self) -> Status:
        """The status once everything queued is done."""
        return self.timeline[-1][1] if self.timeline else self.status


@dataclass(frozen=True)
class Progress:
    """What an event shows: percent 0 to 100, duration in seconds or None while it waits."""

    status: EventStatus
    percent: int
    duration_s: float | None


def create_plans(linode_id: int, *, from_image: bool, booted: bool) -> list[Plan]:
    """Jobs of POST /linode/instances: without an image a Linode ends offline, whatever `booted` says."""
    if not from_image:
        return [Plan("linode_create", CREATE_EMPTY_S, ((CREATE_EMPTY_S, "offline"),))]
    shortest, longest = CREATE_FROM_IMAGE_S
    takes_s = shortest + linode_id % (longest - shortest + 1)
    create = Plan("linode_create", takes_s, () if booted else ((takes_s, "offline"),))
    return [create, boot_plan(BOOT_AFTER_JOB_S)] if booted else [create]


def boot_plan(takes_s: float = BOOT_S) -> Plan:
    return Plan("linode_boot", takes_s, ((0, "booting"), (takes_s - RUNNING_BEFORE_BOOT_ENDS_S, "running")))


def resize_plans(*, warm: bool, was_running: bool) -> list[Plan]:
    """A cold resize powers off first and boots again what ran; a warm one shows no `resizing`."""
    if not warm or not was_running:
        return then_boot("linode_resize", RESIZE_S, (0, "resizing"), boots=was_running)
    running_s = RESIZE_S - RUNNING_BEFORE_BOOT_ENDS_S
    return [Plan("linode_resize", RESIZE_S, ((RESIZE_S - REBOOT_S, "rebooting"), (running_s, "running")))]


def rebuild_plans(*, was_running: bool, booted: bool) -> list[Plan]:
    """A running Linode still says `running` in the answer; a stopped one shows `rebuilding` at once.

    Source: recordings TestInstance_Rebuild, TestInstance_TestCreateLinodeWithKernel….
    """
    first: tuple[float, Status] = (PICKED_UP_AFTER_S if was_running else 0, "rebuilding")
    [rebuild, *boot] = then_boot("linode_rebuild", REBUILD_S, first, boots=booted, boot_s=BOOT_AFTER_JOB_S)
    return [replace(rebuild, waits_s=0), *boot]


def migrate_plans(action: str, *, was_running: bool) -> list[Plan]:
    """A move to another region shows `offline` meanwhile (linode_api4's suite)."""
    shown: Status = "offline" if action == "linode_migrate_datacenter" else "migrating"
    return then_boot(action, MIGRATE_S, (0, shown), boots=was_running)


def then_boot(
    action: str, takes_s: float, first: tuple[float, Status], *, boots: bool, boot_s: float = BOOT_S
) -> list[Plan]:
    """Offline at the end, unless a boot follows and takes over."""
    if boots:
        return [Plan(action, takes_s, (first,)), boot_plan(boot_s)]
    return [Plan(action, takes_s, (first, (takes_s, "offline")))]


PLANS = {
    "linode_shutdown": Plan("linode_shutdown", SHUTDOWN_S, ((0, "shutting_down"), (SHUTDOWN_S, "offline"))),
    "linode_reboot": Plan(
        "linode_reboot", REBOOT_S, ((0, "rebooting"), (REBOOT_S - RUNNING_BEFORE_BOOT_ENDS_S, "running"))
    ),
    "linode_resize_warm_create": Plan("linode_resize_warm_create", 20),  # *, before linode_resize
    "linode_delete": Plan("linode_delete", 10, ((0, "deleting"),)),  # *
    "backups_restore": Plan("backups_restore", 19, ((0, "restoring"), (19, "offline"))),
    # Jobs that keep the Linode busy without showing in its status:
    "disk_create": Plan("disk_create", 17),
    "disk_create from an image": Plan("disk_create", 40),  # 31 to 46: TestInstance_Disk_Clone
    "disk_delete": Plan("disk_delete", 9),
    "disk_resize": Plan("disk_resize", 15),  # *
    "disk_duplicate": Plan("disk_duplicate", 20),  # *
    "disk_imagize": Plan("disk_imagize", 144),
    "linode_clone": Plan(
        "linode_clone", 110
    ),  # of the copy, `offline` from the first moment (TestInstance_Clone)
    "linode_snapshot": Plan("linode_snapshot", 260),
    "password_reset": Plan("password_reset", 10),  # *
}


def queue(course: Course, plans: Sequence[Plan], now: float, speed: float) -> tuple[Course, list[Job]]:
    """The plans as jobs behind those that still wait or run, and the Linode's course with them.

    What a job shows from its first second on shows at once when nothing is ahead of it.
    """
    jobs = []
    timeline = [entry for entry in course.timeline if entry[0] > now]
    begins = max(now, course.busy_until)
    for plan in plans:
        starts = begins + (plan.waits_s / speed if begins <= now else 0.0)
        ends = begins + plan.takes_s / speed
        timeline += [(begins + after_s / speed, status) for after_s, status in plan.phases]
        jobs.append(Job(plan.action, now, starts, ends, speed))
        begins = ends
    return Course(course.status_at(now), tuple(timeline), begins), jobs


def cut_short(course: Course, now: float) -> Course:
    """The course without what was still to come: a deletion waits for nothing."""
    return Course(course.status_at(now))


def progress_of(job: Job, now: float) -> Progress:
    """Scheduled, started (duration counts from the request), or finished with a whole duration."""
    if now < job.starts:
        return Progress("scheduled", 0, None)
    number = int if job.action in IN_WHOLE_SECONDS else float
    if now >= job.ends:
        return Progress("finished", 100, number(round(job.api_seconds(job.ends))))
    part = (now - job.starts) / (job.ends - job.starts)
    curve = CURVES.get(job.action, DEFAULT_CURVE)
    percent = max(percent for begins, percent in curve if begins <= part)
    return Progress("started", percent, number(round(job.api_seconds(now), 6)))
