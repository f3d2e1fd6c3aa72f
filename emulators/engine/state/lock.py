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
from pathlib import Path

from emulators.engine.errors import StackLocked
from emulators.engine.state.checkpoint import now
from emulators.engine.state.files import StackFiles, write_atomically
from emulators.engine.values import Json


def _held(stack: StackFiles) -> list[Path]:
    return sorted(stack.locks.glob("*.json"))


@contextlib.contextmanager
def locked(stack: StackFiles) -> Iterator[None]:
    """Hold the stack while the block runs. Raises StackLocked."""
    _refuse(_held(stack))
    mine = stack.locks / f"{uuid.uuid4()}.json"
    write_atomically(mine, json.dumps(_owner(), separators=(",", ":")).encode(), durable=False)
    try:
        _refuse([file for file in _held(stack) if file != mine])
        yield
    finally:
        mine.unlink(missing_ok=True)


def release_all(stack: StackFiles) -> int:
    """Remove every lock of the stack (``cancel``); how many there were."""
    files = _held(stack)
    for file in files:
        file.unlink(missing_ok=True)
        Path(f"{file}.attrs").unlink(missing_ok=True)
    return len(files)


def release_own(stack: StackFiles) -> None:
    """Remove this process's locks: it is about to end at once."""
    for file in _held(stack):
        with contextlib.suppress(OSError, ValueError, KeyError):
            owner = json.loads(file.read_bytes())
            if owner["pid"] == os.getpid() and owner["hostname"] == socket.gethostname():
                file.unlink()


def _owner() -> Json:
    return {"pid": os.getpid(), "username": user_name(), "hostname": socket.gethostname(), "timestamp": now()}


def user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _refuse(files: list[Path]) -> None:
    if files:
        text = (
            f"the stack is currently locked by {len(files)} lock(s). Either wait for the other process(es) to "
            "end or delete the lock file with `pulumi cancel` (or `python -m emulators.engine cancel`)."
        )
        raise StackLocked("\n".join([text, *map(_holder, files)]))


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
