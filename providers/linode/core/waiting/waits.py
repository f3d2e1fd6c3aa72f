"""Who waits for what, and who has it: every wait of a process, decided from events and lists. Pure.

Nothing here asks the API or looks at a clock. A tick is: begin, hear the events, look at the Linodes of those
waits whose jobs have all ended (`to_look_at`), see the list, and let what is late expire. Each wait gets
exactly one outcome. Without events the list alone decides; so it does in every second tick while nothing but
boots is under way (`list_only`), for the list knows first that a Linode runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from providers.linode.api.errors import WaitExpired, WaitFailed
from providers.linode.api.records import Event, Linode
from providers.linode.core.waiting.goals import PENDING, Goal, Outcome, Wait

CROSS_LOOK_TICKS = 12
"""Every so many ticks all Linodes are looked at, so that a lost or hanging event holds up no wait."""

MOST_FAILED_LOOKS = 5
"""Looks in a row that may fail; each has been repeated by the transport before it counts as one."""


class Waits:
    """The open waits of one connection, and the decisions over them. Not safe between threads by itself."""

    def __init__(self) -> None:
        self.open: list[Wait] = []
        self.events_allowed = True
        self.just_ended = False
        """Whether the last tick saw jobs or waits end."""
        self.list_only = False
        self._boots_are_news = False
        """Whether this tick may be the first to hear that nothing but boots is left: some run by then."""

        self._old_news: dict[int, int] = {}
        self._failed_looks = 0
        self._ticks = 0

    def add(self, goal: Goal, now: float, timeout_s: float) -> Wait:
        """An open wait. What an earlier wait of this Linode has judged is no news for it."""
        known = self._old_news.get(goal.linode_id, 0)
        if known > goal.after:
            goal = replace(goal, after=known)
        wait = Wait(goal, now, timeout_s)
        self.open.append(wait)
        return wait

    def begin(self) -> list[Wait]:
        """Begin a tick with the waits that are open now; one that is added later has no part in it."""
        self._ticks += 1
        useful = not self.list_only or self.just_ended
        self.list_only = self.events_allowed and self._only_boot() and useful
        self._boots_are_news = not self._only_boot()
        self.just_ended = False
        for wait in self.open:
            wait.in_tick = True
        return list(self.open)

    def hear(self, events: Iterable[Event]) -> None:
        """Take what the API reports of the account's events, in any order, whole or in part."""
        by_linode: dict[int, list[Wait]] = {}
        for wait in self._in_tick():
            by_linode.setdefault(wait.goal.linode_id, []).append(wait)
        busy = [wait for wait in self._in_tick() if not wait.is_quiet()]
        for event in events:
            entity = event.entity
            if entity is None or entity.type != "linode" or not str(entity.id).isdigit():
                continue
            for wait in by_linode.get(int(str(entity.id)), ()):
                wait.hear(event)
        self.just_ended = any(wait.is_quiet() for wait in busy)
        if self.events_allowed and not self.list_only:
            for wait in [wait for wait in self._in_tick() if wait.goal.kind == "free" and wait.is_quiet()]:
                self._end(wait, Outcome())

    def to_look_at(self) -> list[int]:
        """The Linodes whose status is worth a look in this tick, in order."""
        waits = self._in_tick()
        looks_at_all = self.list_only or (self._boots_are_news and self._only_boot())
        if self.events_allowed and not looks_at_all and self._ticks % CROSS_LOOK_TICKS:
            waits = [wait for wait in waits if wait.is_quiet()]
        return sorted({wait.goal.linode_id for wait in waits})

    def doubtful(self, rows: Iterable[Linode], asked: Collection[int]) -> list[int]:
        """The Linodes to be asked for by their ids, as a list has lacked them for long."""
        there = {row.id for row in rows}
        lacking = [wait for wait in self._in_tick() if wait.goal.linode_id in {*asked} - there]
        return sorted({wait.goal.linode_id for wait in lacking if wait.is_doubtful()})

    def see(self, rows: Iterable[Linode], asked: Collection[int]) -> None:
        """Take a list that has every one of the Linodes asked for that is there."""
        by_id = {row.id: row for row in rows}
        for wait in self._in_tick():
            wait.unlisted = wait.unlisted or (wait.is_doubtful() and wait.goal.linode_id in by_id)
        for wait in [wait for wait in self._in_tick() if wait.goal.linode_id in asked]:
            if outcome := wait.see(by_id.get(wait.goal.linode_id)):
                self._end(wait, outcome)
                self.just_ended = True

    def _only_boot(self) -> bool:
        """Whether nothing but boots is under way."""
        near = all(wait.is_quiet() or wait.only_boots() for wait in self.open)
        return near and any(wait.only_boots() for wait in self.open)

    def looked(self) -> None:
        """Note that a tick's looks went well."""
        self._failed_looks = 0

    def missed(self, error: Exception) -> None:
        """Note a look that failed: one alone ends no wait, too many in a row end all."""
        self._failed_looks += 1
        if self._failed_looks < MOST_FAILED_LOOKS:
            return
        for wait in list(self.open):
            text = f"{wait.goal.what}: {self._failed_looks} looks in a row failed, the last one so: {error}"
            self._end(wait, Outcome(error=WaitFailed(text)))
        self._failed_looks = 0

    def expire(self, now: float) -> None:
        """End the waits whose time is up."""
        for wait in [wait for wait in self.open if now >= wait.deadline]:
            seen = f" (last seen {wait.row.status})" if wait.row else ""
            text = f"{wait.goal.what}: not so after {wait.timeout_s:.0f} s{seen}. "
            self._end(
                wait, Outcome(error=WaitExpired(text + "Next: look at the Linode, then run `up` again."))
            )

    def _in_tick(self) -> list[Wait]:
        return [wait for wait in self.open if wait.in_tick]

    def _end(self, wait: Wait, outcome: Outcome) -> None:
        wait.outcome = outcome
        self.open.remove(wait)
        judged = [event.id for event in wait.events.values() if event.status not in PENDING]
        linode_id = wait.goal.linode_id
        self._old_news[linode_id] = max([*judged, self._old_news.get(linode_id, 0)])
