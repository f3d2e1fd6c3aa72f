"""The time that statuses, events and rate-limit windows follow.

Dates are real, unless somebody holds or moves the time; durations shrink. With speed 60 a job that lasts 60 s in the
real API ends one real second after it started, yet its event reports a duration of 60.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone


class Clock:
    """Real time, with durations divided by `speed`. Once it was held or moved, time goes on from where it stands."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._ahead = 0.0
        self._held: float | None = None

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        """Of what begins from now on; what runs already keeps the moment at which it ends."""
        if not speed > 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self._speed = speed

    @property
    def held(self) -> bool:
        return self._held is not None

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time() + self._ahead if self._held is None else self._held

    def shrink(self, api_s: float) -> float:
        """How long something that takes `api_s` seconds in the real API lasts here, in seconds."""
        return api_s / self.speed

    def hold(self) -> None:
        self._held = self.now()

    def release(self) -> None:
        self._ahead, self._held = self.now() - time.time(), None

    def advance(self, seconds: float) -> None:
        self.move_to(self.now() + seconds)

    def move_to(self, moment: float) -> None:
        if self._held is None:
            self._ahead = moment - time.time()
        else:
            self._held = moment


class HeldClock(Clock):
    """A clock that stands still until a test moves it."""

    def __init__(self, start: float = 1_790_000_000.0, speed: float = 1.0) -> None:
        super().__init__(speed)
        self._held = start


def stamp(moment: float) -> str:
    """A moment as the API writes it: UTC, whole seconds, no zone."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
