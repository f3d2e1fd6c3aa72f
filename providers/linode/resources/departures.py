"""The deletes of a process that are not to hold up each other: the newest of them waits for all.

A delete that ended as soon as the API took it would leave nobody to wait for the last ones; one that waited for its
own Linode would let the engine's parallelism set how many are on their way out at once. So each begins its wait, and
hands it on when another delete comes. What is still open when no other comes is waited for by the last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import LinodeError
from providers.linode.core.per_client import PerClient
from providers.linode.core.waiting import poller
from providers.linode.core.waiting.goals import Goal, Wait


class Departures:
    """Those of one connection. Safe between threads."""

    def __init__(self, client: LinodeClient) -> None:
        self._poller = poller.shared(client)
        self._batch = self._poller.next_batch()
        self._lock = threading.Lock()
        self._arrived = 0
        self._under_way: set[int] = set()
        self._waits: list[Wait] = []

    def delete(self, linode_id: int, request: Callable[[], bool], timeout_s: float) -> None:
        """Make the request, then wait until all are gone, or until another delete comes, which then does.

        `request` tells whether there was anything to delete. Raises what it raises, once the others are seen off;
        else WaitFailed or WaitExpired for the first Linode that stays, whichever it is.
        """
        mark = self._poller.mark()
        ticket = self._arrive()
        own: Exception | None = None
        try:
            if request():
                what = f"Linode {linode_id} is to be gone"
                goal = Goal(linode_id, what, "gone", batch=self._batch, **mark._asdict())
                self._add(self._poller.begin([goal], timeout_s))
        except Exception as error:  # noqa: BLE001 - whatever it is, the waits of the others are this one's now
            own = error
        stayed = self._see_off(ticket)
        if own or stayed:
            raise own or stayed[0]

    def _arrive(self) -> int:
        with self._lock:
            self._arrived += 1
            ticket = self._arrived
            self._under_way.add(ticket)
        self._poller.wake()
        return ticket

    def _add(self, waits: list[Wait]) -> None:
        with self._lock:
            self._waits += waits

    def _is_followed(self, ticket: int) -> bool:
        """Whether a later delete is under way. One that has ended waits for nobody any more."""
        with self._lock:
            return max(self._under_way) > ticket

    def _see_off(self, ticket: int) -> list[LinodeError]:
        """The errors of those that stayed; none if a later delete waits for them."""
        while True:
            with self._lock:
                waits = list(self._waits)
            self._poller.join(waits, lambda: self._is_followed(ticket))
            with self._lock:
                followed = max(self._under_way) > ticket
                if followed or all(wait.outcome for wait in self._waits):
                    self._under_way.remove(ticket)
                    ended, self._waits = ([], self._waits) if followed else (self._waits, [])
                    return [wait.outcome.error for wait in ended if wait.outcome and wait.outcome.error]


shared = PerClient(Departures)
"""The one of a connection's client."""
