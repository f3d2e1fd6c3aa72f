"""Ctrl-C: the first lets running steps end, the second ends everything at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any


class Interrupt:
    """A block in which SIGINT and SIGTERM do what is given."""

    def __init__(self, on_first: Callable[[], None], on_second: Callable[[], None]) -> None:
        self._on_first, self._on_second = on_first, on_second
        self._count = 0
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._handle)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, _number: int, _frame: object) -> None:
        self._count += 1
        if self._count == 1:
            threading.Thread(target=self._on_first, daemon=True).start()  # it takes locks
        else:
            self._on_second()
            os._exit(1)
