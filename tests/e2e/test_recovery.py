"""After a crash or a failure in the middle: one command, `up` again, and nothing twice, nothing left over."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.tally import labels_in_account, state_of
from tests.checkout import Checkout
from tests.e2e_recovery import CREATE, assert_all_is_well, faults, fired
from tests.killing import run_and_kill
from tests.until import until


@pytest.fixture
def slow(engine: str, tmp_path: Path) -> Iterator[Checkout]:
    """A copy of the project whose Linodes take two seconds to run: time to be killed in."""
    made = Checkout(tmp_path, engine)
    made.env["LOCAL_SPEED"] = "30"
    made.run("api")
    yield made
    made.close()


def killed_when(checkout: Checkout, is_time: Callable[[], bool]) -> None:
    """`up`, killed with all its processes as soon as it is time."""
    words, log = [sys.executable, "-m", "fleet", "up", "--yes"], checkout.root / "killed.log"
    killed = run_and_kill(words, checkout.root, checkout.env, is_time, "tree", log)
    assert killed.in_time, log.read_text()
    assert killed.end_the_rest(20) == 0


@pytest.mark.all
def test_a_run_that_was_killed_among_its_creates_is_recovered_by_one_command(slow: Checkout) -> None:
    tracked = {file.name: file.read_text() for file in (slow.root / "stacks").glob("*.yaml")}
    killed_when(slow, lambda: len(slow.linodes()) >= 2)
    before = labels_in_account(slow)

    refused = slow.run("up")
    unlocked = slow.run("unlock")
    held, pending = state_of(slow)
    done = slow.run("up")
    again = slow.run("unlock")

    assert refused.code != 0
    assert "lock" in refused.said
    assert unlocked.code == 0, unlocked.said
    assert "that process is dead" in unlocked.said
    assert "was made and is in the state now" in unlocked.said
    assert set(before.values()) <= held
    assert pending == 0
    assert done.code == 0, done.said
    assert "nothing was left open" in again.said
    assert_all_is_well(slow)
    assert {label: labels_in_account(slow)[label] for label in before} == before
    assert {file.name: file.read_text() for file in (slow.root / "stacks").glob("*.yaml")} == tracked


@pytest.mark.all
def test_what_was_made_and_is_declared_no_more_is_deleted_after_recovery(slow: Checkout) -> None:
    killed_when(slow, lambda: len(slow.linodes()) >= 2)
    slow.set_group("web", count=0)
    slow.set_group("db", count=0)

    unlocked = slow.run("unlock")
    done = slow.run("up", "--yes")

    assert (unlocked.code, done.code) == (0, 0), unlocked.said + done.said
    assert labels_in_account(slow) == {}
    assert state_of(slow) == (set(), 0)


@pytest.mark.all
def test_what_was_deleted_by_a_killed_run_is_made_again_when_it_is_wanted_after_all(slow: Checkout) -> None:
    slow.run("up")
    slow.set_group("web", count=2)
    killed_when(slow, lambda: slow.linodes().get("fleet-local-web-3", {}).get("status") in (None, "deleting"))
    slow.set_group("web", count=3)

    unlocked = slow.run("unlock")
    done = slow.run("up")

    assert (unlocked.code, done.code) == (0, 0), unlocked.said + done.said
    assert_all_is_well(slow, created=5)


@pytest.mark.all
def test_requests_that_arrive_after_the_crash_make_no_second_linode(slow: Checkout) -> None:
    faults(slow, {**CREATE, "kind": "slow", "delay_s": 3.0, "times": 4})
    killed_when(slow, lambda: fired(slow) == 4)

    unlocked = slow.run("unlock")
    done = slow.run("up")

    assert (unlocked.code, done.code) == (0, 0), unlocked.said + done.said
    assert_all_is_well(slow)


@pytest.mark.all
def test_a_running_command_is_not_unlocked(slow: Checkout) -> None:
    faults(slow, {**CREATE, "kind": "slow", "delay_s": 8.0})
    process = subprocess.Popen(
        [sys.executable, "-m", "fleet", "up"], cwd=slow.root, env=slow.env,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until(lambda: fired(slow))  # before that, making the stack takes a lock for itself

    refused = slow.run("unlock")
    code = process.wait(90)

    assert refused.code == 1
    assert "is locked by" in refused.said
    assert "Nothing was changed" in refused.said
    assert code == 0
