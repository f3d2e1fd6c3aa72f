from __future__ import annotations

import pytest

from providers.linode.api.errors import Busy, WaitExpired
from providers.linode.core.waiting.until import Pace, until, until_free


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    @property
    def pace(self) -> Pace:
        return Pace(sleep=self.slept.append, now=lambda: sum(self.slept))


def test_the_first_thing_that_is_done_is_returned() -> None:
    statuses = iter(["provisioning", "booting", "running", "offline"])

    assert until(lambda: next(statuses), lambda seen: seen == "running", "x", 60, Clock().pace) == "running"


def test_looks_become_rarer_up_to_five_seconds() -> None:
    clock = Clock()

    with pytest.raises(WaitExpired, match="web-1 is to run"):
        until(lambda: 0, bool, "web-1 is to run", 60, clock.pace)

    assert clock.slept[:3] == [0.25, 0.375, 0.5625]
    assert max(clock.slept) == 5.0
    assert sum(clock.slept) <= 60


def test_a_busy_linode_is_asked_again_until_it_is_free() -> None:
    calls: list[int] = []

    def call() -> None:
        calls.append(1)
        if len(calls) < 3:
            raise Busy("Linode busy.", status=400)

    until_free(call, "resize", 60, Clock().pace)

    assert len(calls) == 3


def test_a_linode_that_stays_busy_ends_the_wait() -> None:
    def call() -> None:
        raise Busy("Linode busy.", status=400)

    with pytest.raises(WaitExpired):
        until_free(call, "resize", 30, Clock().pace)
