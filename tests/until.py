"""Wait for what another thread or process does. How long that takes is never what a test is about."""

from __future__ import annotations

import time
from collections.abc import Callable

GIVE_UP_S = 120
"""Far longer than anything here takes on the busiest machine: a test that hangs ends then."""


def until(reached: Callable[[], object], what: Callable[[], object] = lambda: "") -> None:
    """Return when `reached` holds; `what` tells what there was instead, if it never does."""
    deadline = time.monotonic() + GIVE_UP_S
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so after {GIVE_UP_S} s: {what()}")
        time.sleep(0.01)
