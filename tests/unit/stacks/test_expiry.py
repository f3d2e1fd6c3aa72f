from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st

from stacks import expiry
from stacks.errors import BadSettings

NOON = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc))
SPANS = st.timedeltas(timedelta(0), expiry.MOST)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("72h", 259200), ("90m", 5400), ("14d", 1209600), ("1h30m", 5400), ("0s", 0), ("30s", 30)],
)
def test_durations_are_read(text: str, seconds: int) -> None:
    assert expiry.duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "72", "h", "1.5h", "-1h", "72 h", "72hours", "3w", "366d", "9999999d", "1h ", "9999999d" * 200],
)
def test_what_is_no_duration_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(BadSettings, match="Next: ") as raised:
        expiry.duration(text)

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("updated_after", "ttl", "most", "ends_after"),
    [
        (0 * HOUR, 72 * HOUR, 336 * HOUR, 72 * HOUR),
        (100 * HOUR, 72 * HOUR, 336 * HOUR, 172 * HOUR),  # from the last update, not from the creation
        (300 * HOUR, 72 * HOUR, 336 * HOUR, 336 * HOUR),  # the bound from the creation
        (0 * HOUR, timedelta(seconds=1), 336 * HOUR, timedelta(minutes=1)),  # to the full minute
    ],
)
def test_the_end_is_counted_from_the_last_update_and_bound_from_the_creation(
    updated_after: timedelta, ttl: timedelta, most: timedelta, ends_after: timedelta
) -> None:
    assert expiry.expiry(NOON, NOON + updated_after, ttl, most) == NOON + ends_after


@given(created=MOMENTS, age=SPANS, ttl=SPANS, most=SPANS)
def test_no_stack_lives_longer_than_either_limit_by_a_minute(
    created: datetime, age: timedelta, ttl: timedelta, most: timedelta
) -> None:
    end = expiry.expiry(created, created + age, ttl, most)

    assert min(created + age + ttl, created + most) <= end
    assert end < min(created + age + ttl, created + most) + timedelta(minutes=1)


@given(moment=MOMENTS)
def test_both_written_forms_are_read_back(moment: datetime) -> None:
    minute = moment.replace(second=0, microsecond=0)
    tag = expiry.resource_tag(minute)

    assert expiry.of_tags(["web", tag]) == minute
    assert expiry.of_stack_tag(expiry.stack_tag(minute)) == minute
    assert 3 <= len(tag) <= 50
    assert tag == tag.lower()


@pytest.mark.parametrize(
    "tags",
    [
        [],
        ["web"],
        ["expires:"],
        ["expires:never"],
        ["expires:2026-13-01t0600"],
        ["expires:2026-11-27"],
        ["expires:2026-11-27t0600z"],
        ["xexpires:2026-11-27t0600"],
        ["expires:2026-11-27t0600", "expires:2026-11-28t0600"],
    ],
)
def test_a_machine_that_names_no_end_or_two_has_none(tags: list[str]) -> None:
    assert expiry.of_tags(tags) is None


def test_the_account_may_change_the_case_of_a_tag() -> None:
    assert expiry.of_tags(["Expires:2026-11-27T0600"]) == datetime(2026, 11, 27, 6, tzinfo=timezone.utc)
