"""The commands that people wait for on stack `local`, and what each process pays for its imports."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from providers.linode.project import PROJECT
from tests.bench.measuring import checked, engines, machine, measured, median
from tests.checkout import Checkout

COMMANDS = (("up",), ("show",), ("settings", "check"), ("types",))
IMPORTS = (
    "pulumi.dynamic",
    "pulumi.dynamic, requests, pydantic",
    "providers.linode.provider, providers.linode.resources.instance.spec",
    "stacks.program",
    "fleet.cli.main",
)
WARM = 2
"""Times that something is done before it is measured: compiled, and in the page cache."""


def run(runs: int) -> None:
    """Print the medians of each command with nothing changed, by either engine, and of each import."""
    print(f"\ncommands on stack local, nothing changed; medians of {runs}; {machine()}")
    for engine in engines():
        with tempfile.TemporaryDirectory() as folder:
            place = Checkout(Path(folder), engine)
            try:
                _command(place, ("up",))
                for words in COMMANDS:
                    figure = median([measured(partial(_command, place, words))[0] for _ in range(runs)])
                    name = f"{engine}: fleet {' '.join(words)}"
                    print(f"{name:40} {figure.wall_s:6.2f} s {figure.cpu_s:6.2f} CPU", flush=True)
            finally:
                place.close()
    print("\nCPU seconds of a process that imports no more than this")
    for name in ("", *IMPORTS):
        print(f"{name or 'nothing':70} {_import_s(name, runs):6.3f}", flush=True)


def _command(place: Checkout, words: Sequence[str]) -> None:
    checked(place.run(*words, env={"LINODE_URL": place.api}))


def _import_s(name: str, runs: int) -> float:
    words = [sys.executable, "-c", f"import {name}" if name else "pass"]
    once: Callable[[], object] = lambda: subprocess.run(words, cwd=PROJECT, env=os.environ, check=True)  # noqa: E731
    for _ in range(WARM):
        once()
    return statistics.median(measured(once)[0].cpu_s for _ in range(runs))
