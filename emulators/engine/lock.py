"""The lock of a stack: one file a holder, looked for before and after one's own is written.

Source: Pulumi's ``pkg/backend/diy/lock.go``; message as recorded.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import socket
import uuid
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from emulators.engine.backend import FileBackend, write_atomically
from emulators.engine.errors import StackLocked


def lock_folder(backend: FileBackend, project: str, stack: str) -> Path:
    return backend.root / "locks" / "organization" / project / stack


def _held(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


@contextlib.contextmanager
def locked(backend: FileBackend, project: str, stack: str) -> Iterator[None]:
    """Hold the stack while the block runs. Raises StackLocked."""
    folder = lock_folder(backend, project, stack)
    _refuse(_held(folder))
    mine = folder / f"{uuid.uuid4()}.json"
    write_atomically(mine, json.dumps(_owner(), separators=(",", ":")).encode(), durable=False)
    try:
        _refuse([file for file in _held(folder) if file != mine])
        yield
    finally:
        mine.unlink(missing_ok=True)


def release_all(backend: FileBackend, project: str, stack: str) -> int:
    """Remove every lock of the stack (``cancel``); how many there were."""
    files = _held(lock_folder(backend, project, stack))
    for file in files:
        file.unlink(missing_ok=True)
        Path(f"{file}.attrs").unlink(missing_ok=True)
    return len(files)


def release_own(backend: FileBackend, project: str, stack: str) -> None:
    """Remove this process's locks: it is about to end at once."""
    for file in _held(lock_folder(backend, project, stack)):
        with contextlib.suppress(OSError, ValueError, KeyError):
            owner = json.loads(file.read_bytes())
            if owner["pid"] == os.getpid() and owner["hostname"] == socket.gethostname():
                file.unlink()


def _owner() -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "username": user_name(),
        "hostname": socket.gethostname(),
        "timestamp": datetime.now(timezone.utc).isoformat().replace("+00:00", "Z"),
    }


def user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _refuse(files: list[Path]) -> None:
    if not files:
        return
    lines = [
        f"the stack is currently locked by {len(files)} lock(s). Either wait for the other process(es) to "
        "end or delete the lock file with `pulumi cancel` (or `python -m emulators.engine cancel`)."
    ]
    raise StackLocked("\n".join([*lines, *map(_holder, files)]))


def _holder(file: Path) -> str:
    try:
        owner = json.loads(file.read_bytes())
        text = (
            f"  file://{file}: created by {owner['username']}@{owner['hostname']} "
            f"(pid {owner['pid']}) at {owner['timestamp']}"
        )
        if owner["hostname"] == socket.gethostname() and not _alive(int(owner["pid"])):
            text += "; that process is dead, so `cancel` is safe"
    except (OSError, ValueError, KeyError, TypeError):
        return f"  file://{file}"
    return text


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
