"""How many requests a token may send: fixed windows that open with the first request.

A refused request counts, too, so a tight retry loop keeps the door shut
(recording TestReservedIPAddresses_ExceedLimit). Figures: API page "Rate limits" of 2026 and the
`X-RateLimit-Limit` header of the recordings of that year.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from emulators.linode_api.clock import Clock
from emulators.linode_api.core.errors import too_many


@dataclass(frozen=True)
class Budget:
    """At most `limit` requests in each `window_s` seconds; `shown` budgets speak in the answer's headers."""

    name: str
    limit: int
    window_s: float
    shown: bool = True


GENERAL = Budget("general", 1840, 60)
CREATE = Budget("create", 20, 15)
IMAGES = Budget("images", 20, 60)
COLLECTION = Budget("collection", 200, 60, shown=False)
STACKSCRIPTS = Budget("stackscripts", 60, 60)
VOLUMES = Budget("volumes", 100, 60)
VPCS = Budget("vpcs", 15, 60)  # the window is a choice
STATS = Budget("stats", 50, 60)
RESERVED = Budget("reserved", 10, 30)  # with the next one: recording TestReservedIPAddresses_ExceedLimit
RESERVED_BURST = Budget("reserved burst", 5, 15, shown=False)


@dataclass
class Window:
    opened: float
    used: int = 0
    limit: int = 0
    closes: float = 0.0


class Spent(NamedTuple):
    """A window that is open: `used` counts refused requests, too; `closes` since 1970."""

    caller: str
    budget: str
    used: int
    limit: int
    closes: float


class Limiter:
    """The windows of every caller. Not stored: a restart opens new ones."""

    def __init__(self, clock: Clock, *, enabled: bool) -> None:
        self._clock = clock
        self.enabled = enabled
        self._windows: dict[tuple[str, str], Window] = {}

    def count(self, caller: str, *special: Budget) -> dict[str, str]:
        """Counts one request and gives the headers of its answer. Raises ApiError 429."""
        if not self.enabled:
            return {}
        spent = []
        for budget in (*special, GENERAL):  # one that is spent keeps the request from those after it
            spent.append((budget, window := self._spend(caller, budget)))
            if window.used > budget.limit:
                raise too_many(self._headers(budget, window))
        return self._headers(*next((b, w) for b, w in spent if b.shown))

    def _spend(self, caller: str, budget: Budget) -> Window:
        now = self._clock.now()
        window = self._windows.get((caller, budget.name))
        if window is None or now >= window.opened + self._clock.shrink(budget.window_s):
            window = self._windows[(caller, budget.name)] = Window(opened=now)
        window.used += 1
        window.limit, window.closes = budget.limit, window.opened + self._clock.shrink(budget.window_s)
        return window

    def _headers(self, budget: Budget, window: Window) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(budget.limit),
            "X-RateLimit-Remaining": str(max(0, budget.limit - window.used)),
            "X-RateLimit-Reset": str(math.ceil(window.closes)),
            "Retry-After": str(max(1, math.ceil(window.closes - self._clock.now()))),
        }

    def report(self) -> list[Spent]:
        """The windows that are open now, the newest last."""
        now = self._clock.now()
        return [
            Spent(caller, name, window.used, window.limit, window.closes)
            for (caller, name), window in self._windows.items()
            if now < window.closes
        ]

    def clear(self) -> None:
        self._windows.clear()
