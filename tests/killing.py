"""Kill a command at once, whole or in part, as a crash or an impatient person does. Linux: it reads /proc."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Whom = Literal["tree", "engine", "program", "provider"]
WHOM: tuple[Whom, ...] = ("tree", "engine", "program", "provider")


ENDS_WITHIN_S = 300.0
"""A command one of whose processes was killed; most end at once."""


@dataclass(frozen=True)
class Process:
    """A process that can't be mistaken for a later one of the same number."""

    pid: int
    started: str

    @property
    def lives(self) -> bool:
        return _started(self.pid) == self.started

    def kill(self) -> None:
        if _started(self.pid) == self.started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


def _stat(pid: int) -> tuple[str, ...]:
    """Parent and start of a process that runs; empty if there is none, or it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ()
    return () if fields[0] in "ZX" else (fields[1], fields[19])


def _started(pid: int) -> str:
    found = _stat(pid)
    return found[1] if found else ""


def descendants(pid: int) -> list[Process]:
    """The process and everything below it, parents first."""
    children: dict[str, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (found := _stat(int(entry.name))):
            children.setdefault(found[0], []).append(int(entry.name))
    queue, tree = [pid], []
    while queue:
        current = queue.pop(0)
        if started := _started(current):
            tree.append(Process(current, started))
        queue += children.get(str(current), [])
    return tree


def role(pid: int) -> Whom | None:
    """What a process is for either engine: its CLI, the program, the provider; None for what starts or hosts these."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    if os.path.basename(words[0]) == b"pulumi" or b"emulators.engine" in words:
        return "engine"
    child = any(word.endswith(b"/child.py") for word in words)
    if b"pulumi.dynamic" in words or (child and b"provider" in words):
        return "provider"
    if any(b"pulumi-language-python-exec" in word for word in words) or (child and b"program" in words):
        return "program"
    return None


def is_language_host(pid: int) -> bool:
    """The real CLI's own helper, which outlives it for some minutes and sends nothing to anybody."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().startswith("pulumi-language")
    except OSError:
        return False


@dataclass
class Killed:
    """A command that was killed, and the processes it had.

    in_time: False if it had ended before. hung: what was left of it didn't end.
    """

    in_time: bool
    left: list[Process]
    hung: bool = False

    def end_the_rest(self, patience_s: float) -> int:
        """How many of its processes still live after that time; they are ended then."""
        deadline = time.monotonic() + patience_s
        while (
            any(process.lives and not is_language_host(process.pid) for process in self.left)
            and time.monotonic() < deadline
        ):
            time.sleep(0.05)
        living = [process for process in self.left if process.lives]
        stuck = [process for process in living if not is_language_host(process.pid)]
        for process in living:
            process.kill()
        return len(stuck)


def run_and_kill(
    words: list[str],
    folder: Path,
    env: Mapping[str, str],
    is_time: Callable[[], bool],
    whom: Whom,
    log: Path,
    every_s: float = 0.06,
) -> Killed:
    """Start a command and send SIGKILL when it is time: to the whole tree, or to its processes of one role.

    What is left of it without its program or provider ends by itself.
    """
    with log.open("w") as out:
        process = subprocess.Popen(
            words, cwd=folder, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )  # fmt: skip
    while not is_time():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(every_s)
            return Killed(False, [])
    tree = descendants(process.pid)
    doomed = tree if whom == "tree" else [part for part in tree if role(part.pid) == whom]
    for part in doomed:
        part.kill()
    if whom == "tree":
        for part in descendants(process.pid):  # what was born meanwhile
            part.kill()
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        for part in descendants(process.pid):
            part.kill()
        process.wait()
        return Killed(bool(doomed), tree, hung=True)
    return Killed(bool(doomed), tree)
