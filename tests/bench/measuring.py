"""One command: how long it takes, what it costs in CPU time, memory and requests; and on what machine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import resource
import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.checkout import ENGINES, Done

T = TypeVar("T")
SAMPLED_S = 0.1


@dataclass(frozen=True)
class Figure:
    """Wall and CPU seconds of a command and all its children, their memory at its highest, requests, refusals."""

    wall_s: float
    cpu_s: float
    mib: float
    requests: int = 0
    refused: int = 0


def measured(command: Callable[[], T]) -> tuple[Figure, T]:
    """What the command gives, and what it cost. One at a time: the CPU time is that of all children that ended."""
    with _highest_memory() as highest:
        cpu, begun = _cpu_s(), time.monotonic()
        given = command()
        seconds = time.monotonic() - begun
    return Figure(seconds, _cpu_s() - cpu, highest[0]), given


def median(found: Sequence[Figure]) -> Figure:
    """Each figure's median by itself."""
    return Figure(
        *(
            statistics.median(getattr(each, name) for each in found)
            for name in ("wall_s", "cpu_s", "mib", "requests", "refused")
        )
    )


def checked(done: Done) -> None:
    """Raises SystemExit for a command that failed."""
    if done.code:
        raise SystemExit(f"error: a command failed, so nothing is measured:\n{done.said}")


def engines() -> list[str]:
    """Those that are here."""
    return [engine for engine in ENGINES if engine != "pulumi" or shutil.which("pulumi")]


def machine() -> str:
    """On what this was measured: one line."""
    parts = [f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", f"Python {platform.python_version()}"]
    parts.append(f"SDK {importlib.metadata.version('pulumi')}")
    for words in (["pulumi", "version"], [terraform() or "", "version"]):
        if shutil.which(words[0]):
            said = subprocess.run(words, capture_output=True, text=True, check=False).stdout.splitlines()
            parts.append(said[0] if said[0].startswith("Terraform") else f"Pulumi {said[0]}")
        else:
            parts.append("no pulumi on PATH" if words[0] == "pulumi" else "no Terraform (TERRAFORM names it)")
    return "; ".join(parts)


def terraform() -> str | None:
    """Terraform's binary, which TERRAFORM names; its provider is where its own settings (TF_CLI_CONFIG_FILE) say."""
    return os.environ.get("TERRAFORM") or None


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def _highest_memory() -> Iterator[list[float]]:
    """The most that this process's children have had together, in MiB, sampled; 0 where there is no /proc."""
    highest = [0.0]

    def look() -> None:
        highest[0] = max(highest[0], sum(map(_mib, children(os.getpid()))))

    with sampled(look, SAMPLED_S):
        yield highest


@contextmanager
def sampled(look: Callable[[], None], every_s: float) -> Iterator[None]:
    """Meanwhile a thread looks, again and again."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(every_s):
            look()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def children(pid: int) -> Iterator[int]:
    """The processes that this one has started, and those that they have; none where there is no /proc."""
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in read(file).split():
            yield int(child)
            yield from children(int(child))


def _mib(pid: int) -> float:
    pages = read(Path(f"/proc/{pid}/statm")).split()[1:2]
    return int(pages[0]) * resource.getpagesize() / 2**20 if pages else 0.0


def read(file: Path) -> str:
    """A file of /proc, empty for a process that has ended meanwhile."""
    try:
        return file.read_text()
    except OSError:
        return ""
