"""One list for all that wait for something of a kind which no event tells of, such as volumes and images.

A wait by itself asks for what it waits for. Several share lists, one in `FRESH_S` at the most: one that was begun after
a wait has an answer for that wait, which hears of it at once. The poller does the same for Linodes.
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
            # as it has just come; and the requests of those who come at the same time are before the first list, too
            pace.sleep(pace.first_s)
            if self._is_shared:
                pace = replace(pace, factor=SHARED_FACTOR)
            return until(partial(self._look, record, since), is_so, what, timeout_s, pace)

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

    def _look(self, record: R, since: float) -> R:
        """As a list has it that was begun after `since`, as it came until there may be one; where lists are late, and
        for one that waits by itself, as it is by its id.
        """
        with self._reading:
            is_old = self._came < self._pace.now() - FRESH_S
            if self._is_shared:
                if is_old:
                    begun = self._pace.now()
                    self._rows = {str(row.id): row for row in self._list()}
                    self._begun, self._came, is_old = begun, self._pace.now(), False
                elif self._begun < since:
                    return record
            row = None if is_old or self._begun < since else self._rows.get(str(record.id))
        return row or self._get(str(record.id))
