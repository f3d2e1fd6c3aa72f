"""What is left out of local answers for the sake of older recordings: the recordings themselves tell since when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.earlier import APPEARED, CHANGED, FINISHED_TELL_NO_TIME, LIMITS, as_of, day, limit_as_of
from tests.contract.recorded import FILES, RECORDINGS, exchanges, operation, recorded_at

pytestmark = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="needs the recordings in ../shared/recordings"
)
NOT_IN_ALL = ("maintenance_policy", "total_size")
"""What a Linode has in some regions only, and an image only if it is nobody else's."""


def rows(body: Any) -> Iterator[dict[str, Any]]:
    for each in body if isinstance(body, list) else body.values() if isinstance(body, dict) else ():
        yield from rows(each)
    if isinstance(body, dict):
        yield body


@pytest.fixture(scope="module")
def recorded() -> list[tuple[float, dict[str, Any]]]:
    """Every object of every recorded answer, with its day."""
    return [
        (recorded_at(file), row)
        for file in FILES
        for exchange in exchanges(file)
        for row in rows(exchange["response"]["body"])
    ]


@pytest.mark.parametrize(
    ("kind", "name", "since"), [(kind, name, since) for kind, names, since in APPEARED for name in names]
)
def test_no_recording_has_it_before_its_day_and_all_have_it_after(
    recorded: list[tuple[float, dict[str, Any]]], kind: str, name: str, since: float
) -> None:
    before = {name in row for moment, row in recorded if kind in row and moment < since}
    after = {name in row for moment, row in recorded if kind in row and moment >= since}

    assert before == {False}
    assert after <= {True} or name in NOT_IN_ALL  # none at all where the newest recording is older


def test_a_limit_is_the_one_of_the_recordings_day() -> None:
    told = {
        (
            operation(exchange["request"]),
            recorded_at(file),
            exchange["response"]["headers"]["X-Ratelimit-Limit"],
        )
        for file in FILES
        for exchange in exchanges(file)
        if "X-Ratelimit-Limit" in exchange["response"]["headers"]
    }
    used = [
        number
        for number, (operations, until, before) in enumerate(LIMITS)
        if any(
            (operations is None or asked in operations) and moment < until and limit == before
            for asked, moment, limit in told
        )
    ]

    assert used == list(range(len(LIMITS)))


@pytest.mark.parametrize(("kind", "name", "today", "before", "until"), CHANGED)
def test_no_recording_says_what_is_said_today_before_its_day(
    recorded: list[tuple[float, dict[str, Any]]], kind: str, name: str, today: Any, before: Any, until: float
) -> None:
    early = [row[name] for moment, row in recorded if kind in row and name in row and moment < until]
    late = [row[name] for moment, row in recorded if kind in row and name in row and moment >= until]

    assert (today in early, before in early, today in late) == (False, True, True)


def test_finished_jobs_tell_no_time_any_more(recorded: list[tuple[float, dict[str, Any]]]) -> None:
    jobs = {
        (moment < FINISHED_TELL_NO_TIME, row["time_remaining"])
        for moment, row in recorded
        if row.get("percent_complete") == 100
    }

    assert jobs == {(True, 0), (False, None)}


def test_a_later_day_leaves_an_answer_as_it_is() -> None:
    row = {"hypervisor": "kvm", "locks": [], "site_type": "core"}

    assert as_of(row, day("2026-07-01")) == row
    assert as_of([row], day("2025-02-01")) == [{"hypervisor": "kvm", "site_type": "core"}]
    assert limit_as_of("GET /volumes", "1840", day("2026-07-01")) == "1840"
    assert limit_as_of("POST /volumes", "100", day("2024-02-01")) == "100"
