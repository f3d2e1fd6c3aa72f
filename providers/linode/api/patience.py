"""How long requests wait for an API that refuses them or fails: all those of one operation together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

LONGEST_S = 300.0
"""Nobody waits longer for what the API asks or withholds, neither at once nor bit by bit: more is an error."""

TOLD_AFTER_S = 10.0
"""A request that waits longer in all says so, once."""


@dataclass
class Patience:
    """What is left of it."""

    left_s: float = LONGEST_S


_operation: ContextVar[Patience] = ContextVar("operation")


@contextmanager
def one_operation() -> Iterator[None]:
    """What this thread asks of the API meanwhile has one patience; without, each request has its own.

    Also a decorator.
    """
    token = _operation.set(Patience())
    try:
        yield
    finally:
        _operation.reset(token)


@dataclass
class Waited:
    """How long one request has waited, and that it is told once where that is long."""

    request: str
    sleep: Callable[[float], None]
    tell: Callable[[str], None]
    seconds: float = 0.0
    patience: Patience = field(default_factory=lambda: _operation.get(None) or Patience())

    @property
    def so_far_s(self) -> float:
        """What was waited for the API by the whole operation."""
        return LONGEST_S - self.patience.left_s

    def may_wait(self, seconds: float) -> bool:
        return seconds <= self.patience.left_s

    def for_the_api(self, seconds: float, why: str) -> None:
        """A wait that is the API's doing, cut short where patience ends."""
        seconds = min(seconds, self.patience.left_s)
        self.patience.left_s -= seconds
        self.wait(seconds, why)

    def wait(self, seconds: float, why: str) -> None:
        before, self.seconds = self.seconds, self.seconds + seconds
        if before <= TOLD_AFTER_S < self.seconds:
            self.tell(f"{self.request} waits {self.seconds:.0f} s: {why}")
        self.sleep(seconds)
