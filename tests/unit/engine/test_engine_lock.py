"""The lock: looked for before and after one's own is written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from emulators.engine import lock
from emulators.engine.backend import FileBackend, write_atomically
from emulators.engine.errors import StackLocked


@pytest.fixture
def backend(tmp_path: Path) -> FileBackend:
    return FileBackend(tmp_path)


def files(backend: FileBackend) -> list[Path]:
    return sorted(lock.lock_folder(backend, "p", "dev").glob("*"))


def test_a_lock_is_there_while_the_block_runs(backend: FileBackend) -> None:
    with lock.locked(backend, "p", "dev"):
        owners = [json.loads(file.read_text()) for file in files(backend)]

    assert [owner["pid"] for owner in owners] == [os.getpid()]
    assert files(backend) == []


def test_who_finds_a_lock_writes_none(backend: FileBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    with lock.locked(backend, "p", "dev"):
        monkeypatch.setattr(
            "emulators.engine.lock.write_atomically", lambda *_a, **_k: pytest.fail("wrote a second lock")
        )

        with pytest.raises(StackLocked, match=f"pid {os.getpid()}"), lock.locked(backend, "p", "dev"):
            pytest.fail("held twice")


def test_of_two_that_write_at_once_the_one_that_sees_the_other_gives_way(
    backend: FileBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = write_atomically

    def write_two(file: Path, content: bytes, *, durable: bool = True) -> None:
        write(file, content, durable=durable)
        write(file.with_name("other.json"), content, durable=durable)

    monkeypatch.setattr("emulators.engine.lock.write_atomically", write_two)

    with pytest.raises(StackLocked), lock.locked(backend, "p", "dev"):
        pytest.fail("both hold it")

    assert [file.name for file in files(backend)] == ["other.json"]


def test_cancel_removes_all_of_them_even_unreadable_ones(backend: FileBackend) -> None:
    folder = lock.lock_folder(backend, "p", "dev")
    folder.mkdir(parents=True)
    for name in ("a.json", "b.json"):
        (folder / name).write_text("nonsense")

    with pytest.raises(StackLocked, match="locked by 2 lock"), lock.locked(backend, "p", "dev"):
        pytest.fail("held")

    assert lock.release_all(backend, "p", "dev") == 2
    assert files(backend) == []
