"""Wait until something is so, or say why it is not.

What a Linode is waited for goes to the poller that all waits share; `until` is for the rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from providers.linode.api import interruption
from providers.linode.api.errors import Busy, WaitExpired
from providers.linode.api.records import Linode
from providers.linode.core import engine as engine_contact
from providers.linode.core.waiting.goals import Goal
from providers.linode.core.waiting.poller import Poller

T = TypeVar("T")

TIMEOUTS_S: Mapping[str, float] = {"create": 15 * 60.0, "update": 60 * 60.0, "delete": 10 * 60.0}
"""How long each operation may wait where neither `timeouts` nor custom_timeouts say."""

LONGEST_TIMEOUT_S = 7 * 24 * 60 * 60.0
"""More is a slip of the pen, and more than threads can wait soon after."""


@dataclass(frozen=True)
class Pace:
    """How often to look: soon at first, so that fast things are seen fast, then every `longest_s` seconds.

    A look that comes late does so by `first_s` and a part of the time that was waited anyway: `factor` less 1.
    """

    first_s: float = 0.25
    factor: float = 1.5
    longest_s: float = 5.0
    sleep: Callable[[float], None] = interruption.sleep
    now: Callable[[], float] = time.monotonic


def timeout_for(args: object, operation: str) -> float:
    """Seconds that an operation may wait: the input `timeouts`, else the resource's custom_timeouts, else ours.

    No engine ends a call when its custom timeout is over; it only hands the number on.
    """
    given = getattr(args, "timeouts", None)
    value = given.get(operation) if isinstance(given, Mapping) else None
    if isinstance(value, (int, float)):
        return float(value)
    call = engine_contact.current_call()
    return min((call.timeout_s if call else 0.0) or TIMEOUTS_S[operation], LONGEST_TIMEOUT_S)


def until(
    look: Callable[[], T], done: Callable[[T], bool], what: str, timeout_s: float, pace: Pace | None = None
) -> T:
    """The first thing seen that is `done`. Raises WaitExpired after `timeout_s` seconds, and what `look` raises."""
    pace = pace or Pace()
    begun = pace.now()
    while True:
        seen = look()
        if done(seen):
            return seen
        age = pace.now() - begun
        interval = min(pace.first_s + (pace.factor - 1) * age, pace.longest_s)
        if age + interval > timeout_s:
            raise WaitExpired(
                f"{what}: not so after {timeout_s:.0f} s. Next: look at the Linode, then run `up` again."
            )
        pace.sleep(interval)


def until_free(call: Callable[[], T], what: str, timeout_s: float, pace: Pace | None = None) -> T:
    """Make the call, again and again while the API answers `Linode busy.`; what it gives.

    A Linode is busy for a while after it shows `running`, so a look at its status does not replace this.
    """
    answers: list[T] = []

    def accepted() -> bool:
        try:
            answers.append(call())
        except Busy:
            return False
        return True

    until(accepted, bool, f"{what}: a running job has to end first", timeout_s, pace)
    return answers[0]


def until_it(poller: Poller, goal: Goal, timeout_s: float) -> Linode | None:
    """The Linode once the goal is reached, None when it is gone or free.

    Raises WaitExpired after `timeout_s` seconds, WaitFailed when a job of it failed, NotFound.
    """
    outcome = poller.wait_for([goal], timeout_s)[0]
    if outcome.error is not None:
        raise outcome.error
    return outcome.linode


def act_when_free(
    poller: Poller, linode_id: int, call: Callable[[], None], what: str, timeout_s: float
) -> None:
    """Make a call that the API refuses while a job of the Linode waits or runs, once none does.

    Raises WaitExpired and what the call raises.
    """
    pace = Pace()
    mark, deadline = poller.mark(), pace.now() + timeout_s

    def sleep_until_free(seconds: float) -> None:
        goal = Goal(linode_id, what, "free", since=mark.since, after=mark.after)
        poller.wait_for([goal], max(seconds, deadline - pace.now()))
        pace.sleep(seconds)

    until_free(call, what, timeout_s, Pace(sleep=sleep_until_free))
