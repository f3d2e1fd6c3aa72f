"""The lock: looked for before and after one's own is written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from emulators.engine.errors import StackLocked
from emulators.engine.state import lock
from emulators.engine.state.files import FileBackend, StackFiles, write_atomically


@pytest.fixture
def stack(tmp_path: Path) -> StackFiles:
    return FileBackend(tmp_path).stack("p", "dev")


def files(stack: StackFiles) -> list[Path]:
    return sorted(stack.locks.glob("*"))


def test_a_lock_is_there_while_the_block_runs(stack: StackFiles) -> None:
    with lock.locked(stack):
        owners = [json.loads(file.read_text()) for file in files(stack)]

    assert [owner["pid"] for owner in owners] == [os.getpid()]
    assert files(stack) == []


def test_who_finds_a_lock_writes_none(stack: StackFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    with lock.locked(stack):
        monkeypatch.setattr(
            "emulators.engine.state.lock.write_atomically",
            lambda *_a, **_k: pytest.fail("wrote a second lock"),
        )

        with pytest.raises(StackLocked, match=f"pid {os.getpid()}"), lock.locked(stack):
            pytest.fail("held twice")


def test_of_two_that_write_at_once_the_one_that_sees_the_other_gives_way(
    stack: StackFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = write_atomically

    def write_two(file: Path, content: bytes, *, durable: bool = True) -> None:
        write(file, content, durable=durable)
        write(file.with_name("other.json"), content, durable=durable)

    monkeypatch.setattr("emulators.engine.state.lock.write_atomically", write_two)

    with pytest.raises(StackLocked), lock.locked(stack):
        pytest.fail("both hold it")

    assert [file.name for file in files(stack)] == ["other.json"]


def test_cancel_removes_all_of_them_even_unreadable_ones(stack: StackFiles) -> None:
    folder = stack.locks
    folder.mkdir(parents=True)
    for name in ("a.json", "b.json"):
        (folder / name).write_text("nonsense")

    with pytest.raises(StackLocked, match="locked by 2 lock"), lock.locked(stack):
        pytest.fail("held")

    assert lock.release_all(stack) == 2
    assert files(stack) == []
