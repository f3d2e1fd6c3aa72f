"""How long a fleet takes by either engine, whole commands, and how many requests the API sees.

Every Linode runs 10 s after its create request at the latest, a call takes 50 ms, there is no rate limit, and
the catalogs are in the cache: a preview has run before. The engines are asked for as many steps at once as `make`
asks for.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emulators.linode_api.server import LocalApi
from fleet.engine.engine import UNLESS_SET
from tests import fleet_program
from tests.checkout import ENGINES, Done
from tests.project import Project

BOOT_S = 10.0
SLOWEST_BOOT_API_S = 63.0
"""From request to `running` for the slowest Linode at speed 1: 51 s of create, 12 s of boot."""

LATENCY_S = 0.05
STEPS = ("create", "up without changes", "refresh", "destroy")


@dataclass(frozen=True)
class Figure:
    """One command: wall seconds, requests."""

    seconds: float
    requests: int


def run(count: int, runs: int) -> None:
    """Print a table: each step's median over the runs, for each engine that is here."""
    print(
        f"fleet of {count}, boot {BOOT_S:g} s, {LATENCY_S * 1000:g} ms a call, no rate limit, catalogs warm;"
    )
    print(f"medians of {runs}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    print(f"{'':20} " + " ".join(f"{step:>22}" for step in STEPS))
    for engine in ENGINES:
        if engine == "pulumi" and shutil.which("pulumi") is None:
            print(f"{engine:20} is not on PATH")
            continue
        found = [_measure(engine, count) for _ in range(runs)]
        cells = [_median([figures[step] for figures in found]) for step in STEPS]
        print(f"{engine:20} " + " ".join(f"{cell:>22}" for cell in cells), flush=True)


def _median(figures: list[Figure]) -> str:
    seconds = statistics.median(figure.seconds for figure in figures)
    requests = statistics.median(figure.requests for figure in figures)
    return f"{seconds:.1f} s / {requests:g} requests"


def _measure(engine: str, count: int) -> dict[str, Figure]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        speed = SLOWEST_BOOT_API_S / BOOT_S
        with LocalApi(path / "api.sqlite3", speed=speed, limits=False, latency_s=LATENCY_S) as api:
            project = Project(path / "project", engine, api, fleet_program.FLEET)
            project.env.pop("LINODE_CACHE", None)
            project.env |= UNLESS_SET
            fleet_program.declare(project, count)
            _checked(project.preview())
            refresh = ("refresh", "--yes", "--skip-preview", "--stack", "test")
            return {
                "create": _timed(api, project.up),
                "up without changes": _timed(api, project.up),
                "refresh": _timed(api, lambda: project.run(*refresh)),
                "destroy": _timed(api, project.destroy),
            }


def _timed(api: LocalApi, command: Callable[[], Done]) -> Figure:
    before, begun = fleet_program.newest_request(api), time.monotonic()
    done = command()
    seconds = time.monotonic() - begun
    _checked(done)
    return Figure(seconds, sum(fleet_program.requests_since(api, before).values()))


def _checked(done: Done) -> None:
    if done.code:
        raise SystemExit(f"error: a command failed, so nothing is measured:\n{done.said}")
