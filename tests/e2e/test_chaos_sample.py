"""A little of `make chaos` on each engine: runs under faults, and one killed for each process that can be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.disturbances import Fault, Kill
from tests.chaos.tally import Tally
from tests.chaos.turns import Turns

pytestmark = pytest.mark.all


@pytest.fixture(scope="module")
def started(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turns]:
    made = Turns(tmp_path_factory.mktemp("chaos"), engine, 8, Tally(), lambda _: None)
    made.start()
    yield made
    made.close()


@pytest.fixture
def turns(started: Turns) -> Turns:
    """One stack for all of these, as `make chaos` has it; each counts for itself."""
    started.tally = Tally()
    return started


def test_runs_under_faults_leave_exactly_what_was_declared(turns: Turns) -> None:
    turns.faulted([Fault("create", "cut after")], ["more"])
    turns.faulted([Fault("action", "502 after")], ["swap", "volume grown"])
    turns.faulted(
        [Fault("delete", "cut before"), Fault("list", "cut midway")], ["fewer", "instance recreated"]
    )

    assert turns.tally.is_clean, turns.tally.notes
    assert turns.tally.runs == 3


@pytest.mark.parametrize(
    ("kill", "change"),
    [
        (Kill("in its shutdown", "tree"), "swap"),
        (Kill("writing the state", "engine"), "more"),
        (Kill("in its rebuild", "provider"), "rebuild"),
        (Kill("writing the pins", "program"), "another pick"),
    ],
    ids=lambda each: each.moment if isinstance(each, Kill) else "",
)
def test_a_killed_run_and_its_recovery_leave_exactly_what_was_declared(
    turns: Turns, kill: Kill, change: str
) -> None:
    turns.killed(kill, [change])

    assert turns.tally.is_clean, turns.tally.notes
    assert turns.tally.kills == 1
