"""The locks of a stack whose state lies in a folder: who holds them, and whether that process is dead.

A lock is a JSON file of pid, hostname, username and timestamp (pkg/backend/diy/lock.go). Both engines write it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

RECYCLED_AFTER = timedelta(seconds=2)
"""A process that began so much later than the lock was written only has the number of the one that wrote it."""


@dataclass(frozen=True)
class Lock:
    """One lock file. `since` is None, and the texts are empty, where the file can't be read."""

    file: Path
    pid: int = 0
    host: str = ""
    user: str = ""
    since: datetime | None = None

    def holder(self) -> str:
        if self.since is None:
            return f"{self.file} (unreadable)"
        return f"{self.user}@{self.host}, process {self.pid}, since {self.since:%Y-%m-%d %H:%M:%S} UTC"


def of_stack(folder: Path, project: str, stack: str) -> list[Lock]:
    """Those in a `.pulumi` folder."""
    return read_all(folder / "locks" / "organization" / project / stack)


def read_all(folder: Path) -> list[Lock]:
    return [_read(file) for file in sorted(folder.glob("*.json"))]


def _read(file: Path) -> Lock:
    try:
        owner = json.loads(file.read_bytes())
        since = moment(str(owner["timestamp"]))
        return Lock(file, int(owner["pid"]), str(owner["hostname"]), str(owner.get("username", "")), since)
    except (OSError, ValueError, KeyError, TypeError):
        return Lock(file)


def moment(text: str) -> datetime:
    """A Go timestamp: up to nine digits of a second, Z or an offset, where Python takes six."""
    whole = re.sub(r"\.(\d+)", lambda found: f".{found[1][:6]:0<6}", text.replace("Z", "+00:00"))
    found = datetime.fromisoformat(whole)
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)


def is_dead(lock: Lock, started: Callable[[int], datetime | None] | None = None) -> bool:
    """Whether the lock's process was one of this machine and is no more. False when that can't be told."""
    if lock.since is None or lock.host != socket.gethostname():
        return False
    if not runs(lock.pid):
        return True
    began = (started or start_of)(lock.pid)
    return began is not None and began > lock.since + RECYCLED_AFTER


def runs(pid: int) -> bool:
    """Whether there is such a process; one that has ended and was not fetched by its parent is none."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in "ZX"
    return True


def start_of(pid: int) -> datetime | None:
    """When a process began, to a second; None where `ps` can't tell."""
    try:
        done = subprocess.run(
            ["ps", "-o", "etime=", "-p", str(pid)],
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=10,
        )
        return datetime.now(timezone.utc) - elapsed(done.stdout.strip())
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def elapsed(text: str) -> timedelta:
    """`ps`'s [[days-]hours:]minutes:seconds. Raises ValueError."""
    days, _, clock = text.rpartition("-")
    seconds = 0
    for part in clock.split(":"):
        seconds = seconds * 60 + int(part)
    return timedelta(days=int(days or 0), seconds=seconds)
