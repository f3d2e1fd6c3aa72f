"""The embedded engine killed or interrupted in the middle of a create."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.engine_place import Place
from tests.engine_programs import ids, project, write_program
from tests.until import GIVE_UP_S, until

REPO = Path(__file__).resolve().parents[2]
SLOW = "a = Thing('a')\nThing('b', note=a.address, slow={seconds})\nThing('c', slow=0)\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = project(tmp_path, SLOW.format(seconds=30))
    assert made.run(monkeypatch, "stack", "init", "dev").code == 0
    return made


@pytest.fixture
def start_up(place: Place) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start ``up`` as a process; it is ended with the test."""
    running: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "emulators.engine", "up", "--yes", "--skip-preview"],
            cwd=place.project,
            env={**inherited, **place.environment, "PYTHONPATH": str(REPO)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        until((place.project / "slow-create").exists)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_killed_in_a_create_it_leaves_a_pending_operation_a_lock_and_no_process(
    place: Place, start_up: Callable[[], subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = start_up()
    provider = int((place.project / "slow-create").read_text())

    engine.send_signal(signal.SIGKILL)
    engine.wait()

    until(lambda: not is_alive(provider))
    latest = place.state()["checkpoint"]["latest"]
    assert [
        (op["type"], op["resource"]["urn"].rpartition("::")[2]) for op in latest["pending_operations"]
    ] == [("creating", "b")]
    locked = place.run(monkeypatch, "up", "--yes", "--skip-preview")
    assert locked.code == 1
    assert "the stack is currently locked by 1 lock(s)" in locked.err
    assert f"(pid {engine.pid})" in locked.err
    assert "that process is dead" in locked.err
    assert locked.out == ""


def test_after_cancel_the_next_up_warns_and_goes_on(
    place: Place, start_up: Callable[[], subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    start_up().kill()
    until(lambda: list(place.backend.rglob("locks/**/*.json")))
    write_program(place, SLOW.format(seconds=0))

    cancelled = place.run(monkeypatch, "cancel", "--yes")
    went_on = place.run(monkeypatch, "up", "--yes", "--skip-preview")
    cleared = place.run(monkeypatch, "refresh", "--yes", "--skip-preview", "--clear-pending-creates")

    assert cancelled.code == 0
    assert went_on.code == 0, went_on.out + went_on.err
    said = "warning: Attempting to deploy or update resources with [12] pending operations"  # c may be on its way
    assert re.search(said, went_on.out), went_on.out
    assert ids(place) == ["a-1", "b-2", "c-1"]
    assert cleared.code == 0
    assert "pending_operations" not in place.state()["checkpoint"]["latest"]


def test_the_first_interrupt_lets_running_steps_end_and_frees_the_lock(
    place: Place, start_up: Callable[[], subprocess.Popen[str]]
) -> None:
    write_program(place, "b = Thing('b', slow=3)\nThing('d', opts=ResourceOptions(depends_on=[b]))\n")
    engine = start_up()

    engine.send_signal(signal.SIGINT)
    output, _ = engine.communicate(timeout=GIVE_UP_S)

    assert engine.returncode == 1
    assert "error: update canceled" in output
    assert "KeyboardInterrupt" not in output
    assert "b-1" in ids(place)
    assert "d-1" not in ids(place)
    assert "pending_operations" not in json.dumps(place.state())
    assert list(place.backend.rglob("locks/**/*.json")) == []


def test_the_second_interrupt_ends_at_once(
    place: Place, start_up: Callable[[], subprocess.Popen[str]]
) -> None:
    engine = start_up()
    provider = int((place.project / "slow-create").read_text())

    while engine.poll() is None:  # as a person presses Ctrl-C again: two at once could arrive as one
        engine.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            engine.wait(0.5)

    assert engine.returncode == 1
    until(lambda: not is_alive(provider))
    assert place.state()["checkpoint"]["latest"]["pending_operations"][0]["type"] == "creating"
