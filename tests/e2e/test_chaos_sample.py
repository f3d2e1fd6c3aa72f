"""A little of `make chaos`: creates under faults and a killed run, on each engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.creates import run_round
from tests.chaos.kills import Kills
from tests.chaos.tally import Tally

pytestmark = pytest.mark.all


def test_creates_under_faults_leave_exactly_what_was_declared(engine: str, tmp_path: Path) -> None:
    tally, said = Tally(), list[str]()

    run_round(tmp_path, engine, 8, 7, tally, said.append)

    assert tally.is_clean, tally.notes
    assert tally.last_line() == "24 creates, 0 kills: 0 duplicates, 0 orphans"
    assert " 0 faults" not in said[0]


def test_a_killed_run_and_its_recovery_leave_exactly_what_was_declared(engine: str, tmp_path: Path) -> None:
    tally = Tally()
    kills = Kills(tmp_path, engine, 8, tally, lambda _: None)
    try:
        kills.start()
        kills.kill_once(1)
    finally:
        kills.close()

    assert tally.is_clean, tally.notes
