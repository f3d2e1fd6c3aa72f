"""How fast requests may go out: what the API's limits leave, shared by every thread that uses one token.

The API counts in fixed windows that open with the first request; a refused request counts too, so a retry loop
keeps the door shut (https://techdocs.akamai.com/linode-api/reference/rate-limits). The figures below hold until
an answer's headers say otherwise. Headers may be missing or absurd: then our own count decides, unless
LINODE_RATE_LIMITS=off says that there are no limits but those that answers tell of.
`Window` is pure, every moment is an argument; `Limiter` holds the lock and the clock.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock

from providers.linode.api.rate_headers import Seen, read_headers

GENERAL_FROM = 400
"""Windows are stacked and one of them speaks in an answer: a limit from here on is the general one's."""

ROUNDING_S = 1.0
"""Headers give whole seconds."""

MARGIN_S = 0.25
"""Waited beyond the end of a window that only headers told of."""

USUAL_S = 60.0 + ROUNDING_S + MARGIN_S
"""The longest wait for one of the windows below; a longer one is an answer's doing."""

LOOK_AGAIN_S = 0.02
"""While every place of a window is taken by requests without an answer, seconds until the next look."""

OF_OTHERS = 4
"""Where other processes use the token, too, what they send is known once they had their answers."""

LISTS = re.compile(r"/(linode/(instances|types|kernels)|regions(/availability)?|account/events|tags)")


@dataclass
class Window:
    """One budget: at most `limit` requests in `length_s` seconds.

    `left` is what the last answers left of it, or our own count; `in_flight` requests have no answer yet, so
    nobody knows whether `left` has them already: they count as not. `closes` is None before the first answer.
    `sent` have gone out since it opened; `others`: whether an answer has told of more, None
    before the first one of all; `others_before`: the same of the window before.
    Unless it is `known`, there is no budget before an answer tells of one.
    """

    limit: int
    length_s: float
    shown: bool = True
    known: bool = True
    left: int = -1
    in_flight: int = 0
    sent: int = 0
    others: bool | None = None
    others_before: bool | None = None
    closes: float | None = None
    reset: float | None = None

    def __post_init__(self) -> None:
        self.left = self.limit if self.left < 0 else self.left

    def wait_s(self, now: float) -> float:
        """0 when a request may go out now, else the seconds until it is worth asking again."""
        if self.closes is not None and now >= self.closes:
            self.left, self.closes, self.reset, self.sent = self.limit, None, None, self.in_flight
            self.others_before, self.others = self.others, None if self.others is None else False
        if self.left > self.share * self.in_flight or (not self.known and self.closes is None):
            return 0.0
        return LOOK_AGAIN_S if self.closes is None or self.left > 0 else self.closes - now

    @property
    def share(self) -> int:
        """Of what is left, one part in so many may be on its way at once: all of it for who is known to be alone."""
        return 1 if self.others is False and not self.others_before else OF_OTHERS

    def take(self) -> None:
        self.in_flight += 1
        self.sent += 1

    def answered(self, now: float, seen: Seen, *, refused: bool) -> None:
        """Note an answer, or that none came (`seen` is empty then): what was sent counts in any case."""
        self.in_flight -= 1
        told = seen.limit is not None and seen.remaining is not None and self._is_ours(seen.limit)
        if told and seen.limit is not None and seen.remaining is not None:
            self._learn(now, seen, seen.limit, seen.remaining)
        elif self.known:
            self.left, self.others = max(0, self.left - 1), bool(self.others)
            self._open(now)
        if refused:
            self.left = 0
            self.closes = now + (self.length_s if seen.resets_in_s is None else seen.resets_in_s)

    def _is_ours(self, limit: int) -> bool:
        return self.shown and (limit >= GENERAL_FROM) == (self.limit >= GENERAL_FROM)

    def _learn(self, now: float, seen: Seen, limit: int, remaining: int) -> None:
        if self.reset is not None and seen.reset is not None and seen.reset < self.reset - ROUNDING_S:
            return  # a slow answer, out of a window that is over
        same = seen.reset is None or (self.reset is not None and abs(seen.reset - self.reset) <= ROUNDING_S)
        self.known, other_limit = True, limit != self.limit
        self.others = bool(self.others) or remaining < limit - self.sent
        self.limit = limit
        self.left = min(self.left, remaining) if same and not other_limit else remaining
        self.reset = seen.reset if seen.reset is not None else self.reset
        self._open(now)
        told = None if seen.resets_in_s is None else now + seen.resets_in_s
        if told is not None and self.closes is not None and abs(told - self.closes) > ROUNDING_S:
            self.closes = told + MARGIN_S

    def _open(self, now: float) -> None:
        """The window opened when the API met its first request: before the first answer, so this errs late."""
        if self.closes is None:
            self.closes = now + self.length_s


def windows(*, known: bool = True) -> dict[str, Window]:
    """The budgets of one token. Source: the page above, and the headers of recorded answers of 2026."""
    return {
        "create": Window(20, 15.0, known=known),
        "images": Window(20, 60.0, known=known),
        "lists": Window(200, 60.0, shown=False, known=known),
        "general": Window(1600, 60.0, known=known),
    }


def budget_of(method: str, path: str) -> str | None:
    """The budget beside the general one that a request counts against. `path` begins after the version."""
    if (method, path) == ("POST", "/linode/instances"):
        return "create"
    if method != "GET":
        return None
    if path == "/images":
        return "images"
    return "lists" if LISTS.fullmatch(path) else None


class Limiter:
    """The budgets of one token. Safe to share between threads.

    `now` is a clock of seconds that never goes back, `wall` the time since 1970; tests hold both. Not `known`:
    only what answers tell counts.
    """

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        *,
        known: bool = True,
    ) -> None:
        self._now, self._wall = now, wall
        self._lock = Lock()
        self._windows = windows(known=known)

    def wait_s(self, method: str, path: str) -> float:
        """0 when the request may go out, which then counts as sent; else seconds until the next question."""
        with self._lock:
            now, mine = self._now(), self._of(method, path)
            wait = max(window.wait_s(now) for window in mine)
            if wait <= 0:
                for window in mine:
                    window.take()
            return max(wait, 0.0)

    def answered(self, method: str, path: str, headers: Mapping[str, str] | None, status: int | None) -> None:
        """Note what came back for a request that had been let out: None and None when nothing did."""
        seen = read_headers(headers or {}, self._wall())
        with self._lock:
            now, mine = self._now(), self._of(method, path)
            for window in mine:
                speaks = seen.limit is not None and window._is_ours(seen.limit)
                refused = status == 429 and (speaks or (window is mine[0] and not self._general(seen)))
                window.answered(now, seen, refused=refused)

    def _general(self, seen: Seen) -> bool:
        return seen.limit is not None and seen.limit >= GENERAL_FROM

    def _of(self, method: str, path: str) -> list[Window]:
        special = budget_of(method, path)
        general = self._windows["general"]
        return [general] if special is None else [self._windows[special], general]


_limiters: dict[tuple[str, str], Limiter] = {}
_limiters_lock = Lock()


def shared(url: str, token: str) -> Limiter:
    """The one limiter of this process for that token at that address."""
    known = os.environ.get("LINODE_RATE_LIMITS") != "off"
    with _limiters_lock:
        return _limiters.setdefault((url, token), Limiter(known=known))
