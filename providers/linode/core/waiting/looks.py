"""One list for all that wait for something of a kind which no event tells of, such as volumes and images.

A wait by itself asks for what it waits for. Several share lists: one that came within the last `FRESH_S`, and was
begun after a wait, has an answer for that wait, which hears of it at once. The poller does the same for Linodes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Generic, TypeVar

from providers.linode.api.client import PAGE_SIZE
from providers.linode.api.records import Owned
from providers.linode.core.waiting.until import Pace, until

R = TypeVar("R", bound=Owned)

FRESH_S = 0.5
"""Seconds for which a list says how things are, from when it came: a long one takes longer than that to read."""

SHARED_FACTOR = 1.15
"""Of the pace, where a look is for many: the poller's, too."""

SLICE_S = 0.1
"""Within which one that waits hears of another's list."""


class Looks(Generic[R]):
    """The looks for one kind. Safe between threads."""

    def __init__(
        self, list_: Callable[[], Sequence[R]], get: Callable[[str], R], pace: Pace | None = None
    ) -> None:
        self._list, self._get, self._pace = list_, get, pace or Pace()
        self._counting, self._reading = threading.Lock(), threading.Lock()
        self._waiting = 0
        self._begun = self._came = float("-inf")
        self._rows: Mapping[str, R] = {}

    def until(self, record: R, is_so: Callable[[R], bool], what: str, timeout_s: float) -> R:
        """The record once it is so, which it may be as it came. Raises WaitExpired, and what the calls raise."""
        if is_so(record):
            return record
        since = self._pace.now()
        with self._counted():
            pace = replace(self._pace, sleep=partial(self._doze, since))
            if self._is_shared:
                # so that the requests of those who come at the same time are before the first list, too
                pace.sleep(pace.first_s)
                pace = replace(pace, factor=SHARED_FACTOR)
            return until(partial(self._look, str(record.id), since), is_so, what, timeout_s, pace)

    def _doze(self, since: float, seconds: float) -> None:
        """So long, or until a list has come that has an answer for a wait which began then."""
        came, ends = self._came, self._pace.now() + seconds
        while (left := ends - self._pace.now()) > 0 and (self._came == came or self._begun < since):
            self._pace.sleep(min(left, SLICE_S))

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._counting:
            self._waiting += 1
        try:
            yield
        finally:
            with self._counting:
                self._waiting -= 1

    @property
    def _is_shared(self) -> bool:
        """Whether a list pays: several wait, and it has one page."""
        return self._waiting > 1 and len(self._rows) <= PAGE_SIZE

    def _look(self, id_: str, since: float) -> R:
        """As a list has it that was begun after `since`; else, and where lists are late, as it is by its id."""
        with self._reading:
            if self._is_old(since) and self._is_shared:
                begun = self._pace.now()
                self._rows = {str(row.id): row for row in self._list()}
                self._begun, self._came = begun, self._pace.now()
            row = None if self._is_old(since) else self._rows.get(id_)
        return row or self._get(id_)

    def _is_old(self, since: float) -> bool:
        return self._begun < since or self._came < self._pace.now() - FRESH_S
