"""Which process a preview's CPU time goes to: engine, language host, the program, the provider."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.bench.measuring import checked, children, engines, machine, measured, read, sampled
from tests.bench.stacks import World, a_project, a_world
from tests.checkout import Done

LOOK_S = 0.02
OTHERS = "others"
"""Those that are none of these, and what ends between two looks."""
ROLES = {
    "program": ("child.py program", "pulumi-language-python-exec"),
    "provider": ("child.py provider", "pulumi.dynamic", "pulumi-resource-pulumi-python"),
    "language host": ("pulumi-language-python",),
    "engine": ("emulators.engine", "pulumi "),
}
"""By what stands in their command lines, the first that fits."""


def run(count: int, runs: int) -> None:
    """Medians of the CPU seconds of each process in previews with nothing to do, beside the SDK alone."""
    print(
        f"\nCPU seconds by process, preview of {count} Linodes with nothing to do; medians of {runs}; {machine()}"
    )
    print(f"{'':28}" + "".join(f"{role:>15}" for role in (*ROLES, OTHERS)))
    for engine in engines():
        for name in ("SDK alone", "plain loop"):
            with a_world(World(count, boot_s=1.0)) as (path, api):
                project = a_project(path, api, engine, name, count)
                checked(project.up())
                found = [_by_role(project.preview) for _ in range(runs)]
            cells = "".join(f"{median(each[role] for each in found):15.2f}" for role in (*ROLES, OTHERS))
            print(f"{f'{engine}, {name}':28}{cells}", flush=True)


def _by_role(command: Callable[[], Done]) -> Mapping[str, float]:
    with _watched() as used:
        figure, done = measured(command)
    checked(done)
    found = {role: sum(seconds for (_, of), seconds in used.items() if of == role) for role in ROLES}
    return {**found, OTHERS: figure.cpu_s - sum(found.values())}


@contextmanager
def _watched() -> Iterator[dict[tuple[int, str], float]]:
    """The CPU seconds of each child until now, looked at every 20 ms; nothing where there is no /proc."""
    used: dict[tuple[int, str], float] = {}

    def look() -> None:
        for pid in children(os.getpid()):
            words = read(Path(f"/proc/{pid}/cmdline")).replace("\0", " ")
            role = next((role for role, marks in ROLES.items() if any(mark in words for mark in marks)), "")
            times = read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()[11:13]
            if role and times:
                used[pid, role] = sum(map(int, times)) / os.sysconf("SC_CLK_TCK")

    with sampled(look, LOOK_S):
        yield used
