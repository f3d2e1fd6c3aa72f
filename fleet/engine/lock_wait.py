"""`--lock-wait 5m`: a command whose stack is locked is tried again until the lock is free, and never for anything else.

The engines take the lock before they do anything and don't wait for it, so a command that was refused by a lock
has done nothing. Two that try at once can both be refused: the pauses are random.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from fleet.engine.hearing import LastWords
from fleet.engine.locks import Lock, is_dead
from fleet.engine.messages import explain, holders, locked_line, named

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 15.0
INTERRUPTED = 130


def pause_s(attempt: int, left_s: float, chance: float) -> float:
    """Seconds until the next try: half to one and a half of a base that doubles, never past the end.

    `attempt` from 0, `chance` from 0 to 1. 0 when no time is left.
    """
    base: float = min(FIRST_PAUSE_S * 2 ** min(attempt, 10), LONGEST_PAUSE_S)
    return max(0.0, min(base * (0.5 + chance), left_s))


@dataclass
class LockWait:
    """How long to wait for the lock of a stack; nothing by default. `tell` gets a line for people."""

    limit: timedelta = timedelta(0)
    tell: Callable[[str], object] = field(default=lambda line: print(line, file=sys.stderr, flush=True))
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    chance: Callable[[], float] = random.random  # not for secrets
    dead: Callable[[Lock], bool] = is_dead

    def run(self, stack: str, url: str, command: Callable[[], tuple[int, LastWords]]) -> int:
        """The exit code of the command, run again as long as a lock refuses it and there is time."""
        end = self.clock() + self.limit.total_seconds()
        told: list[Lock] | None = None
        attempt = 0
        while True:
            code, heard = command()
            held = holders(heard.said) if code else None
            pause = pause_s(attempt, end - self.clock(), self.chance())
            if held is None or pause <= 0 or (held and all(self.dead(lock) for lock in held)):
                self._last_words(stack, url, code, heard, held)
                return code
            if told is None or (held and held != told):
                most_s = end - self.clock()
                self.tell(
                    f"stack '{stack}' is locked by {named(held)}; waiting for at most {most_s:.0f} s more"
                )
                told = held
            try:
                self.sleep(pause)
            except KeyboardInterrupt:
                self.tell(f"stopped waiting; stack '{stack}' was not touched")
                return INTERRUPTED
            attempt += 1

    def _last_words(self, stack: str, url: str, code: int, heard: LastWords, held: list[Lock] | None) -> None:
        line = None
        if code and held is not None:
            line = locked_line(stack, held, self.dead, waited=bool(self.limit))
        elif code:
            line = explain(heard.said, stack, url)
        unseen = heard.release().rstrip("\n")
        if line is not None:
            self.tell(f"error: {line}")
        elif unseen:
            self.tell(unseen)
