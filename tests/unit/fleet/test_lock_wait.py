from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from fleet.engine.hearing import LastWords
from fleet.engine.lock_wait import INTERRUPTED, LONGEST_PAUSE_S, LockWait, pause_s

LOCKED = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the "
    "lock file with `pulumi cancel`.\n"
    "  file:///srv/x.json: created by {who}@build-1 (pid 7) at 2026-11-24T06:00:00Z\n"
)


@dataclass
class World:
    """A clock that only moves when somebody sleeps, and a command that answers from a list."""

    answers: list[tuple[int, str]]
    now: float = 0.0
    tries: list[float] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    dead: bool = False

    def __post_init__(self) -> None:
        self._next: Iterator[tuple[int, str]] = iter(self.answers)
        self._last = (0, "")

    def command(self) -> tuple[int, LastWords]:
        self.tries.append(self.now)
        code, said = self._last = next(self._next, self._last)
        heard = LastWords()
        heard.feed(said)
        return code, heard

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def run(self, limit_s: float, chance: float = 0.5) -> int:
        wait = LockWait(
            timedelta(seconds=limit_s),
            self.told.append,
            lambda: self.now,
            self.sleep,
            lambda: chance,
            lambda _: self.dead,
        )
        return wait.run("dev", "", self.command)


def locked(who: str = "eve") -> tuple[int, str]:
    return 1, LOCKED.format(who=who)


def test_a_lock_that_is_freed_in_time_lets_the_command_go_on() -> None:
    world = World([locked(), locked(), (0, "")])

    code = world.run(300)

    assert code == 0
    assert len(world.tries) == 3
    assert len(world.told) == 1
    assert "eve@build-1, process 7" in world.told[0]


def test_another_holder_is_named_too() -> None:
    world = World([locked(), locked("bob"), (0, "")])

    world.run(300)

    assert ["eve" in world.told[0], "bob" in world.told[1], len(world.told)] == [True, True, 2]


def test_waiting_ends_at_the_limit_with_the_holder_and_the_next_step() -> None:
    world = World([locked()])

    code = world.run(60)

    assert code == 1
    assert world.now == pytest.approx(60)
    assert world.told[-1].startswith("error: stack 'dev' is locked by eve@build-1")
    assert "Next: wait until that run has ended." in world.told[-1]


def test_nothing_is_waited_for_unless_asked() -> None:
    world = World([locked()])

    assert world.run(0) == 1
    assert (world.tries, len(world.told)) == ([0.0], 1)
    assert "--lock-wait 5m" in world.told[0]


def test_a_holder_that_is_dead_is_not_waited_for() -> None:
    world = World([locked()], dead=True)

    assert world.run(300) == 1
    assert world.tries == [0.0]
    assert "Next: fleet unlock --stack dev" in world.told[-1]


@pytest.mark.parametrize(
    "answer",
    [
        (1, "error: update failed\n"),
        (255, "error: incorrect passphrase\n"),
        (-9, ""),
        (1, "warning: the stack is currently locked by 1 lock(s)\n"),
        (0, LOCKED),
    ],
)
def test_no_other_failure_is_tried_again(answer: tuple[int, str]) -> None:
    world = World([answer, (0, "")])

    assert world.run(300) == answer[0]
    assert world.tries == [0.0]


def test_ctrl_c_while_waiting_ends_it_in_one_line() -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    world = World([locked()])
    wait = LockWait(timedelta(seconds=9), world.told.append, lambda: 0.0, interrupt, dead=lambda _: False)

    assert wait.run("dev", "", world.command) == INTERRUPTED
    assert "was not touched" in world.told[-1]


@given(limit_s=st.floats(0, 5000), chance=st.floats(0, 1))
def test_every_wait_is_bounded(limit_s: float, chance: float) -> None:
    world = World([locked()])

    world.run(limit_s, chance)

    assert world.now <= limit_s + 1e-6
    assert len(world.tries) <= 12 + limit_s / (LONGEST_PAUSE_S / 2)


@given(attempt=st.integers(0, 10_000), left_s=st.floats(-10, 10_000), chance=st.floats(0, 1))
def test_a_pause_never_goes_past_the_end(attempt: int, left_s: float, chance: float) -> None:
    pause = pause_s(attempt, left_s, chance)

    assert 0 <= pause <= max(left_s, 0)
    assert pause <= LONGEST_PAUSE_S * 1.5


def test_pauses_differ_so_that_two_do_not_meet_again_and_again() -> None:
    assert pause_s(3, 100, 0.0) != pause_s(3, 100, 1.0)
