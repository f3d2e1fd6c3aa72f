"""Whoever only waits ends at once when the engine is told to stop (Ctrl-C), which else lets everything run to its end.

Creates and deletes are that: what they began goes on at the API, and the next run finds it. An update is not, nor is
an adoption, as its Linode may be off meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from providers.linode.api.errors import Interrupted

_asked = threading.Event()
_listeners: list[Callable[[], None]] = []
_only_waits: ContextVar[bool] = ContextVar("only_waits", default=False)


@contextmanager
def ends_when_asked(only_waits: bool = True) -> Iterator[None]:
    """What this thread waits for meanwhile may be given up, or may not. Also a decorator."""
    token = _only_waits.set(only_waits)
    try:
        yield
    finally:
        _only_waits.reset(token)


def ask() -> None:
    """Have all that only waits end."""
    _asked.set()
    for tell in _listeners:
        tell()


def forget() -> None:
    """As if nobody had asked."""
    _asked.clear()
    _listeners.clear()


def when_asked(tell: Callable[[], None]) -> None:
    """Call this when somebody asks."""
    _listeners.append(tell)


def check() -> None:
    """Raises Interrupted where this thread only waits and was asked to end."""
    if _only_waits.get() and _asked.is_set():
        raise Interrupted("interrupted while waiting. Next: run it again.")


def sleep(seconds: float) -> None:
    """As time.sleep. Raises Interrupted."""
    if not _only_waits.get():
        time.sleep(seconds)
        return
    _asked.wait(seconds)
    check()
