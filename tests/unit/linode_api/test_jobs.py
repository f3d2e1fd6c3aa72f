from __future__ import annotations

import pytest

from emulators.linode_api.core.jobs import (
    PLANS,
    Course,
    Job,
    Plan,
    boot_plan,
    create_plans,
    cut_short,
    progress_of,
    queue,
    rebuild_plans,
    resize_plans,
)

NOW = 1000.0
RUNNING = Course("running")
OFFLINE = Course("offline")
NEW = Course("provisioning")


@pytest.mark.parametrize(
    ("start", "plans", "seen"),
    [
        pytest.param(
            NEW,
            create_plans(0, from_image=True, booted=True),
            {
                0: "provisioning",
                44: "provisioning",
                45: "booting",
                56: "booting",
                57: "running",
                99: "running",
            },
            id="create from an image",
        ),
        pytest.param(
            NEW,
            create_plans(0, from_image=True, booted=False),
            {0: "provisioning", 44: "provisioning", 45: "offline", 99: "offline"},
            id="create, not booted",
        ),
        pytest.param(
            NEW,
            create_plans(0, from_image=False, booted=True),
            {0: "provisioning", 7: "provisioning", 8: "offline", 99: "offline"},
            id="create without an image",
        ),
        pytest.param(OFFLINE, [boot_plan()], {0: "booting", 19: "booting", 20: "running"}, id="boot"),
        pytest.param(
            RUNNING,
            [PLANS["linode_shutdown"]],
            {0: "shutting_down", 27: "shutting_down", 28: "offline"},
            id="shutdown",
        ),
        pytest.param(
            RUNNING, [PLANS["linode_reboot"]], {0: "rebooting", 47: "rebooting", 48: "running"}, id="reboot"
        ),
        pytest.param(
            RUNNING,
            resize_plans(warm=False, was_running=True),
            {0: "resizing", 179: "resizing", 180: "booting", 200: "running"},
            id="cold resize of a running one",
        ),
        pytest.param(
            OFFLINE,
            resize_plans(warm=False, was_running=False),
            {0: "resizing", 180: "offline", 999: "offline"},
            id="cold resize of a stopped one",
        ),
        pytest.param(
            RUNNING,
            resize_plans(warm=True, was_running=True),
            {0: "running", 127: "running", 128: "rebooting", 176: "running"},
            id="warm resize",
        ),
        pytest.param(
            RUNNING,
            rebuild_plans(was_running=True, booted=True),
            {0: "running", 1: "rebuilding", 50: "booting", 62: "running"},
            id="rebuild of a running one",
        ),
        pytest.param(
            OFFLINE,
            rebuild_plans(was_running=False, booted=False),
            {0: "rebuilding", 50: "offline"},
            id="rebuild of a stopped one",
        ),
        pytest.param(RUNNING, [PLANS["linode_delete"]], {0: "deleting", 99: "deleting"}, id="delete"),
    ],
)
def test_a_linode_goes_through_these_statuses(start: Course, plans: list[Plan], seen: dict[int, str]) -> None:
    course, _ = queue(start, plans, NOW, speed=1)

    assert {second: course.status_at(NOW + second) for second in seen} == seen


@pytest.mark.parametrize("speed", [1.0, 60.0, 600.0])
def test_speed_divides_every_duration_but_events_report_the_real_one(speed: float) -> None:
    course, jobs = queue(NEW, create_plans(0, from_image=True, booted=True), NOW, speed)

    assert course.busy_until == pytest.approx(NOW + 61 / speed)
    assert [progress_of(job, NOW + 99).duration_s for job in jobs] == [45, 61]


def test_a_linode_is_busy_until_its_last_job_ends_although_it_runs_already() -> None:
    course, _ = queue(NEW, create_plans(0, from_image=True, booted=True), NOW, speed=1)

    assert course.status_at(NOW + 58) == "running"
    assert course.is_busy(NOW + 58)
    assert not course.is_busy(NOW + 61)


def test_a_boot_asked_for_while_provisioning_waits_for_its_turn() -> None:
    course, _ = queue(NEW, create_plans(0, from_image=True, booted=False), NOW, speed=1)

    course, jobs = queue(course, [boot_plan(16)], NOW + 10, speed=1)

    assert course.status_at(NOW + 44) == "provisioning"
    assert course.status_at(NOW + 46) == "booting"
    assert jobs[0].starts == NOW + 45


def test_a_deletion_does_not_wait_for_the_jobs_before_it() -> None:
    course, _ = queue(NEW, create_plans(0, from_image=True, booted=True), NOW, speed=1)

    course, _ = queue(cut_short(course, NOW + 5), [PLANS["linode_delete"]], NOW + 5, speed=1)

    assert course.status_at(NOW + 5) == "deleting"
    assert course.status_at(NOW + 300) == "deleting"


@pytest.mark.parametrize(
    ("second", "status", "percent"),
    [
        (0, "scheduled", 0),
        (2, "started", 0),
        (15, "started", 5),
        (30, "started", 53),
        (46, "started", 59),
        (49, "started", 61),
        (51, "finished", 100),
    ],
)
def test_a_create_event_shows_the_recorded_curve(second: int, status: str, percent: int) -> None:
    job = Job("linode_create", NOW, NOW + 1, NOW + 51, 1)

    progress = progress_of(job, NOW + second)

    assert (progress.status, progress.percent) == (status, percent)


def test_duration_is_null_while_scheduled_then_live_then_whole() -> None:
    job = Job("linode_boot", NOW, NOW + 51, NOW + 67, 1)

    seen = [progress_of(job, NOW + second) for second in (10, 60.25, 67)]

    assert [progress.duration_s for progress in seen] == [None, 60.25, 67.0]
