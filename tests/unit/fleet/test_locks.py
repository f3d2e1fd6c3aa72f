from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from fleet.engine.locks import elapsed, is_dead, read_all, runs, start_of
from tests.until import until

NOW = datetime.now(timezone.utc)
HERE = socket.gethostname()


def lock(folder: Path, pid: int, host: str = HERE, since: datetime = NOW) -> None:
    owner = {"pid": pid, "username": "eve", "hostname": host, "timestamp": since.isoformat()}
    (folder / f"{pid}.json").write_text(json.dumps(owner))


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_lock_of_a_dead_process_of_this_machine_is_dead(tmp_path: Path) -> None:
    lock(tmp_path, dead_pid())

    [found] = read_all(tmp_path)

    assert is_dead(found)


def test_a_lock_of_a_running_process_is_not(tmp_path: Path) -> None:
    lock(tmp_path, os.getpid())

    [found] = read_all(tmp_path)

    assert not is_dead(found)
    assert f"eve@{HERE}, process {os.getpid()}" in found.holder()


def test_a_lock_of_another_machine_is_never_called_dead(tmp_path: Path) -> None:
    lock(tmp_path, dead_pid(), host="elsewhere")

    [found] = read_all(tmp_path)

    assert not is_dead(found)


def test_a_process_that_began_after_the_lock_is_another_one(tmp_path: Path) -> None:
    lock(tmp_path, os.getpid(), since=NOW - timedelta(days=3))

    [found] = read_all(tmp_path)

    assert is_dead(found)


def test_a_process_that_began_before_the_lock_may_be_its_owner(tmp_path: Path) -> None:
    lock(tmp_path, os.getpid())

    [found] = read_all(tmp_path)

    assert not is_dead(found, started=lambda _: NOW - timedelta(hours=1))
    assert not is_dead(found, started=lambda _: None)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x", "hostname": "h", "timestamp": "t"}'])
def test_what_cannot_be_read_is_not_freed(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)

    [found] = read_all(tmp_path)

    assert not is_dead(found)
    assert "unreadable" in found.holder()


@pytest.mark.parametrize(
    "stamp", ["2026-05-04T13:37:00.123456789Z", "2026-05-04T13:37:00Z", "2026-05-04T15:37:00.1+02:00"]
)
def test_the_timestamps_of_both_engines_are_read(tmp_path: Path, stamp: str) -> None:
    owner = {"pid": 1, "username": "x", "hostname": "h", "timestamp": stamp}
    (tmp_path / "x.json").write_text(json.dumps(owner))

    [found] = read_all(tmp_path)

    assert found.since is not None
    assert found.since.replace(microsecond=0) == datetime(2026, 5, 4, 13, 37, tzinfo=timezone.utc)


def test_a_process_that_nobody_fetched_has_ended() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read()
    if Path("/proc/self/stat").exists():
        until(lambda: not runs(process.pid))
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize(
    ("text", "seconds"), [("05", 5), ("01:05", 65), ("02:00:00", 7200), ("3-00:00:01", 259_201)]
)
def test_elapsed_times_are_read(text: str, seconds: int) -> None:
    assert elapsed(text) == timedelta(seconds=seconds)


def test_the_start_of_this_process_is_known_to_a_few_seconds() -> None:
    began = start_of(os.getpid())

    assert began is None or began <= datetime.now(timezone.utc) + timedelta(seconds=2)
