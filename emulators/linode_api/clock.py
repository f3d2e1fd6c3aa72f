"""The time that statuses, events and rate-limit windows follow.

Dates are always real; only durations shrink. With speed 60 a job that lasts 60 s in the real API
ends one real second after it started, yet its event reports a duration of 60.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone


class Clock:
    """Real time, with durations divided by `speed`."""

    def __init__(self, speed: float = 1.0) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = speed

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()

    def shrink(self, api_s: float) -> float:
        """How long something that takes `api_s` seconds in the real API lasts here, in seconds."""
        return api_s / self.speed


class HeldClock(Clock):
    """A clock that stands still until a test moves it."""

    def __init__(self, start: float = 1_790_000_000.0, speed: float = 1.0) -> None:
        super().__init__(speed)
        self._now = start

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


def stamp(moment: float) -> str:
    """A moment as the API writes it: UTC, whole seconds, no zone."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
