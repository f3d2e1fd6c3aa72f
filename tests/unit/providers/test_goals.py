"""What one wait makes of its Linode's jobs and status."""

from __future__ import annotations

import pytest

from providers.linode.api.records import Entity, Event, Linode
from providers.linode.core.waiting.goals import Goal, Kind, Wait, events_filter, list_filter
from providers.linode.core.waiting.waits import Waits


def event(number: int, action: str, status: str, message: str = "") -> Event:
    entity = Entity(id=7, type="linode")
    return Event(id=number, action=action, status=status, message=message, entity=entity)


def row(status: str) -> Linode:
    return Linode(id=7, label="web", status=status, region="de-fra-2")


def wait_of(goal: Goal, *events: Event) -> Wait:
    wait = Wait(goal, 0.0, 60.0)
    for one in events:
        wait.hear(one)
    return wait


RUN = Goal(7, "web is to run", status="running")


def test_a_job_from_before_the_mark_that_still_runs_is_waited_for_to_its_end() -> None:
    wait = wait_of(Goal(7, "web", after=100), event(90, "linode_boot", "started"))

    assert not wait.is_quiet()
    wait.hear(event(90, "linode_boot", "finished"))
    assert wait.is_quiet()


def test_a_failure_from_before_the_mark_is_no_news() -> None:
    wait = wait_of(Goal(7, "web", after=100, status="running"), event(90, "linode_boot", "failed"))

    assert wait.see(row("offline")) is None


def test_the_reason_of_the_api_is_told() -> None:
    outcome = wait_of(RUN, event(5, "linode_boot", "failed", "no config")).see(row("offline"))

    assert outcome is not None
    assert str(outcome.error) == (
        "web is to run: linode_boot failed (event 5: no config). Next: run `up` again."
    )


def test_a_failed_create_counts_although_the_boot_after_it_is_said_to_have_ended() -> None:
    wait = wait_of(RUN, event(5, "linode_create", "failed"), event(6, "linode_boot", "finished"))

    assert wait.see(row("booting")) is None
    outcome = wait.see(row("offline"))

    assert outcome is not None
    assert "linode_create failed (event 5" in str(outcome.error)


def test_the_status_has_the_last_word_over_a_failed_job() -> None:
    outcome = wait_of(RUN, event(5, "linode_boot", "failed")).see(row("running"))

    assert outcome is not None
    assert outcome.error is None


@pytest.mark.parametrize("kind", ["rest", "free"])
def test_running_is_not_enough_while_a_job_runs_unless_it_is_seen_so_three_times(kind: Kind) -> None:
    goal = Goal(7, "web", kind, status="running" if kind == "rest" else "")
    wait = wait_of(goal, event(5, "linode_rebuild", "started"))

    outcomes = [wait.see(row("running")) for _ in range(3)]

    assert [outcome is None for outcome in outcomes] == [True, True, False]


def test_at_rest_elsewhere_for_long_without_a_job_is_a_failure() -> None:
    wait = wait_of(RUN, event(5, "linode_boot", "finished"))

    outcomes = [wait.see(row("offline")) for _ in range(8)]

    assert outcomes[:7] == [None] * 7
    assert "came to rest as offline" in str(outcomes[7] and outcomes[7].error)


def test_what_an_earlier_wait_has_judged_is_no_news_for_the_next() -> None:
    waits = Waits()
    first = waits.add(RUN, 0.0, 60.0)
    waits.begin()
    waits.hear([event(5, "linode_boot", "failed")])
    waits.see([row("offline")], {7})

    second = waits.add(RUN, 1.0, 60.0)

    assert first.outcome is not None
    assert second.goal.after == 5


def test_events_are_asked_from_the_earliest_moment_on_and_lists_by_ids() -> None:
    early = wait_of(Goal(7, "a", since="2026-05-04T13:37:00"))
    late = wait_of(Goal(8, "b", since="2026-05-04T13:40:00"))

    both, one = events_filter([late, early]), events_filter([late])

    assert both["created"] == {"+gte": "2026-05-04T13:37:00"}
    assert "entity.id" not in both
    assert (one["entity.id"], one["entity.type"], one["+order_by"]) == (8, "linode", "id")
    assert {"action": "linode_boot"} in one["+or"]  # type: ignore[operator]  # an object in JSON
    assert list_filter([7]) == {"id": 7}
    assert list_filter([7, 8, 11]) == {"id": {"+gte": 7, "+lte": 11}}


def test_five_hundred_linodes_have_their_boots_in_one_page_of_events() -> None:
    many = [wait_of(Goal(number, "x")) for number in range(500)]

    actions = events_filter(many)["+or"]

    assert {"action": "linode_boot"} in actions  # type: ignore[operator]  # a list in JSON
    assert {"action": "linode_create"} not in actions  # type: ignore[operator]  # a list in JSON


def test_while_nothing_but_boots_is_under_way_the_list_is_looked_at_in_turn_with_the_events() -> None:
    waits = Waits()
    wait = waits.add(RUN, 0.0, 60.0)
    kinds = []
    for status in ("scheduled", "started", "started", "started", "started"):
        waits.begin()
        kinds.append(waits.list_only)
        waits.hear([] if waits.list_only else [event(6, "linode_boot", status)])
        waits.see([row("booting")] if waits.to_look_at() else [], waits.to_look_at())

    waits.see([row("running")], {7})

    assert kinds == [False, False, True, False, True]
    assert wait.outcome is not None
    assert wait.outcome.error is None
