"""One look for all who wait: the events of all their Linodes, and the list for those whose jobs have ended.

A wait costs no request of its own. Each tick asks once for events, and once for the list where that is needed,
whether one Linode is waited for or 500. A token without events:read_only gets the list alone.
"""

from __future__ import annotations

import datetime
import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from providers.linode.api import interruption
from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import ApiRefused, LinodeError, NotFound
from providers.linode.api.records import Event, Linode
from providers.linode.core import engine
from providers.linode.core.waiting.goals import Goal, Outcome, Wait, events_filter, list_filter
from providers.linode.core.waiting.progress import Progress
from providers.linode.core.waiting.waits import Waits

SOON_S = (0.05, 0.3, 1.0)
"""Pauses before the first looks for a wait: short enough for a local API, few enough for the real one."""

STEADY_S = 2.0
LONGEST_S = 5.0
NEAR_S = 0.5
NEAR_PART_OF_AGE = 0.03
MOST_NEAR = 5
"""After a look in which jobs have ended: those of the others, asked for at the same time, will soon."""

GAP_S = 0.2
"""Between two looks at the least, however many waits begin meanwhile."""

MOST_QUICK = 20
QUICK_A_WAIT = 0.1
"""Looks that may come sooner after each other than STEADY_S: so many, so many more for each wait that begins, and one
for every STEADY_S without a look. That keeps a fleet of any size at little more than a request for each create.
"""

PART_OF_AGE = 0.15
"""A look that comes late by this part of the time that was waited anyway."""

MOST_FAILED_EVENTS = 2
"""Event lists in a row that may fail before the list of instances has to do alone."""

CLOCK_SLACK_S = 120.0


class Mark(NamedTuple):
    """A place in the account's events: those with a larger id, of that second or later, come after it."""

    after: int
    since: str


def pause_s(looks: int, age_s: float) -> float:
    """Seconds between look number `looks` (from 0) and the one before, `age_s` after the last wait began."""
    if looks < len(SOON_S):
        return SOON_S[looks]
    return min(max(STEADY_S, age_s * PART_OF_AGE), LONGEST_S)


class QuickLooks:
    """When the next look may come: waits that begin all the time, as in a stack of a thousand, all want one soon."""

    def __init__(self) -> None:
        self._quick, self._last = float(MOST_QUICK), -math.inf

    def begun(self, waits: int) -> None:
        self._quick += waits * QUICK_A_WAIT

    def looked(self, now: float) -> None:
        rested = min(float(MOST_QUICK), self._quick + (now - self._last) / STEADY_S)
        self._quick = max(self._quick, rested) - 1
        self._last = now

    def earliest(self) -> float:
        return self._last + (GAP_S if self._quick >= 1 else STEADY_S)


class Poller:
    """The looks of one connection. Safe between threads; its own thread lives only while somebody waits."""

    def __init__(
        self,
        client: LinodeClient,
        now: Callable[[], float] = time.monotonic,
        say: Callable[[str], None] = engine.tell_of_all,
        show: Callable[[str], None] = engine.show_for_all,
    ) -> None:
        self._client, self._now, self._say, self._show = client, now, say, show
        self._waits = Waits()
        self._progress = Progress()
        self._account: list[Wait] = []
        self._changed = threading.Condition()
        self._marking = threading.Lock()
        self._mark: Mark | None = None
        self._thread: threading.Thread | None = None
        self._looks = self._near = 0
        self._newest = self._next = 0.0
        self._quick_looks = QuickLooks()
        self._failed_events = 0
        interruption.when_asked(self._wake)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def wait_for(self, goals: Sequence[Goal], timeout_s: float) -> list[Outcome]:
        """How each of the goals ended, in their order; the last of them within `timeout_s` seconds."""
        waits = self.begin(goals, timeout_s)
        self.join(waits)
        return [wait.outcome for wait in waits if wait.outcome is not None]

    def begin(self, goals: Sequence[Goal], timeout_s: float) -> list[Wait]:
        """Waits that go on by themselves; each has its outcome within `timeout_s` seconds."""
        with self._changed:
            now = self._now()
            waits = [self._waits.add(goal, now, timeout_s) for goal in goals]
            self._quick_looks.begun(len(waits))
            self._account += waits
            self._progress.begin(now)
            self._looks, self._near, self._newest = 0, 0, now
            soon = now + SOON_S[0]
            self._next = min(self._next, soon) if self._thread else soon
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="linode-poller", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return waits

    def join(self, waits: Sequence[Wait]) -> None:
        """Return when all these waits have ended. Raises Interrupted."""
        with self._changed:
            while left := [wait for wait in waits if wait.outcome is None]:
                interruption.check()
                self._changed.wait(max(0.0, min(wait.deadline for wait in left) - self._now()))
                self._waits.expire(self._now())

    def mark(self) -> Mark:
        """Where the account's events are when this process first asks: what comes after it is news.

        Taken before an action, it keeps an old failure from ending the wait for a new job.
        """
        with self._marking:
            if self._mark is None:
                self._mark = self._newest_event()
            return self._mark

    def _newest_event(self) -> Mark:
        if self._waits.events_allowed:
            try:
                event = self._client.newest_event()
                return Mark(event.id, event.created) if event else Mark(0, "")
            except LinodeError as error:
                self._events_failed(error)
        start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=CLOCK_SLACK_S)
        return Mark(0, start.strftime("%Y-%m-%dT%H:%M:%S"))

    def _run(self) -> None:
        while self._looks_again():
            self.look()

    def _looks_again(self) -> bool:
        """Whether anybody waits still, once the next look is due."""
        with self._changed:
            while self._waits.open and (left := self._due() - self._now()) > 0:
                self._changed.wait(left)
            if self._waits.open:
                return True
            self._thread, text = None, self._report()
        self._tell(text)
        return False

    def look(self) -> None:
        """One tick: the requests, and what they decide."""
        with self._changed:
            waits = self._waits.begin()
            self._schedule()
        try:
            self._hear(waits)
            self._see()
        except Exception as error:  # noqa: BLE001 - the waits have to hear of whatever it is
            with self._changed:
                self._waits.missed(error)
        else:
            with self._changed:
                self._waits.looked()
        with self._changed:
            now = self._now()
            if self._waits.just_ended and self._near < MOST_NEAR:
                self._near += 1
                near = max(NEAR_S, NEAR_PART_OF_AGE * (now - self._newest))
                self._next = min(self._next, now + near)
            self._waits.expire(now)
            text = self._report()
            self._changed.notify_all()
        self._tell(text)

    def _due(self) -> float:
        return max(self._next, self._quick_looks.earliest())

    def _schedule(self) -> None:
        self._looks += 1
        now = self._now()
        self._quick_looks.looked(now)
        self._next = now + pause_s(self._looks, now - self._newest)

    def _tell(self, text: str) -> None:
        """Not while others wait for the lock: an engine may be slow to listen."""
        if text:
            self._show(text)

    def _report(self) -> str:
        """How far all of these waits are, from the first that began to the last that ends."""
        over = not self._waits.open
        doing = [(wait.target, wait.doing()) for wait in self._account]
        if over:
            self._account = []
        return self._progress.due(self._now(), doing, over=over)

    def _hear(self, waits: Sequence[Wait]) -> None:
        events: list[Event] = []
        if self._waits.events_allowed and not self._waits.list_only:
            try:
                events = self._client.events(events_filter(waits))
                self._failed_events = 0
            except LinodeError as error:
                self._events_failed(error)
        with self._changed:
            self._waits.hear(events)

    def _see(self) -> None:
        with self._changed:
            ids = self._waits.to_look_at()
        if not ids:
            return
        rows: list[Linode] = self._client.linodes(list_filter(ids))
        with self._changed:
            doubtful = self._waits.doubtful(rows, ids)
        for linode_id in doubtful:
            with suppress(NotFound):
                rows.append(self._client.linode(linode_id))
        with self._changed:
            self._waits.see(rows, set(ids))

    def _events_failed(self, error: LinodeError) -> None:
        """Do without events where the token may not read them, or after several failures; else raise."""
        self._failed_events += 1
        refused = isinstance(error, ApiRefused) and error.status in (401, 403)
        if not refused and self._failed_events < MOST_FAILED_EVENTS:
            raise error
        with self._changed:
            if not self._waits.events_allowed:
                return
            self._waits.events_allowed = False
        why = "the token has no scope events:read_only" if refused else str(error)
        self._say(f"waiting by the list of instances alone, without reasons for failures: {why}")
