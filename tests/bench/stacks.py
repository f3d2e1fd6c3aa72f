"""Whole commands on stacks of many Linodes, by either engine, and beside them what they are compared with.

Every Linode runs a given time after its create request at the latest, a call takes 50 ms, and the catalogs are in the
cache: a preview has run before. The engines are asked for as many steps at once as `make` asks for.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from emulators.linode_api.clock import Clock
from emulators.linode_api.core.limits import Limiter
from emulators.linode_api.server import LocalApi
from fleet.engine.engine import UNLESS_SET
from tests import bucket, fleet_program
from tests.bench.measuring import Figure, checked, engines, machine, measured, median, terraform
from tests.bench.programs import BARE, PROGRAMS, SETTINGS_FILE, TERRAFORM
from tests.checkout import ENGINE_WORDS, Done, run_in
from tests.project import Project
from tests.project_copy import copy_project
from tests.until import until

SLOWEST_BOOT_API_S = 63.0
"""From request to `running` for the slowest Linode at speed 1: 51 s of create, 12 s of boot."""

LATENCY_S = 0.05
AT_THE_END = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
"""Has the real engine write a stack's state once, when a command ends."""

STEPS = ("create", "preview", "preview --refresh", "refresh", "destroy")
Figures = Mapping[str, Figure]
Way = tuple[str, str]
"""An engine and a program; Terraform and its parallelism."""

FASTER_TERRAFORM: Way = ("terraform", "-parallelism=100")


@dataclass(frozen=True)
class World:
    """How many Linodes, seconds until one runs, and whether the API keeps to its limits."""

    count: int
    boot_s: float = 10.0
    limits: bool = False

    def __str__(self) -> str:
        limit = "20 creates in 15 s" if self.limits else "no rate limit"
        return f"{self.count} Linodes, boot {self.boot_s:g} s, {LATENCY_S * 1000:g} ms a call, {limit}"


def run(counts: Sequence[int], runs: int) -> None:
    """A table for each count: medians of all steps by all ways, and how they compare."""
    tables = {}
    for count in counts:
        tables[count] = dict(
            _table(World(count), ("SDK alone", "Fleet", "plain loop", "settings"), STEPS, runs)
        )
        _compare(tables[count])
    _print_growth(tables)


def _print_growth(tables: Mapping[int, Mapping[Way, Figures]]) -> None:
    """By the number of Linodes: what each costs that comes on top of the smallest stack."""
    least, most = min(tables), max(tables)
    for way in tables[most] if least < most else ():
        grown = tables[most][way]["preview"].cpu_s - tables[least][way]["preview"].cpu_s
        print(f"{', '.join(way)}: {1000 * grown / (most - least):.1f} ms of CPU a resource in a preview")


def run_bare(counts: Sequence[int]) -> None:
    """A plain loop with the parallelism that `fleet` asks for, and with each engine's own."""
    for count in counts:
        dict(_table(World(count), ("plain loop", "plain loop, bare"), STEPS, 1))


def run_around(count: int, runs: int) -> None:
    """What stands around servers: how much later than the slowest boot all of it is there."""
    world = World(count)
    for (engine, _), figures in _table(world, ("around",), STEPS, runs):
        print(
            f"{engine}: create {figures['create'].wall_s - world.boot_s:+.1f} s beside the boots", flush=True
        )


def run_limited(count: int) -> None:
    """Creates against the API's own limit."""
    world = World(count, limits=True)
    dict(_table(world, ("Fleet", "plain loop"), ("create",), 1))
    for engine in engines():
        figure = _two_at_once(replace(world, count=count // 3), engine)
        print(
            f"{engine}, two plain loops of {count // 3} with one token, begun together: {_cell(figure)}",
            flush=True,
        )


def _two_at_once(world: World, engine: str) -> Figure:
    with a_world(world) as (path, api):
        return _timed(api, partial(_all, _loops(path, api, engine, world.count, "ab"), at_once=True))


def run_several(count: int) -> None:
    """The same Linodes in one stack or in four; with a state that is written at the end alone, or into a bucket."""
    world = World(count, boot_s=2.0)
    print(f"\ncreate, {world}, catalogs warm; one run; {machine()}")
    for engine in engines():
        ways: dict[str, tuple[str, bool, Mapping[str, str]]] = {
            "one stack": ("a", True, {}),
            "four, in turn": ("abcd", False, {}),
            "four at once": ("abcd", True, {}),
        }
        if engine == "pulumi":
            ways["one stack, state written at its end"] = ("a", True, AT_THE_END)
        for name, (stacks, at_once, env) in ways.items():
            with a_world(world) as (path, api):
                loops = _loops(path, api, engine, count // len(stacks), stacks, env)
                figure = _timed(api, partial(_all, loops, at_once))
                print(f"{f'{engine}, {name}':48}{_cell(figure)}", flush=True)
        if engine == "pulumi":  # the embedded engine takes no bucket
            print(f"{f'{engine}, one stack, in a bucket':48}{_cell(_in_a_bucket(world, engine))}", flush=True)


def _in_a_bucket(world: World, engine: str) -> Figure:
    """The store is on this machine: it answers sooner than one elsewhere, and shares the cores."""
    with a_world(world) as (path, api), bucket.serve(path) as store:
        store.make("states")
        elsewhere = {**bucket.CREDENTIALS, "PULUMI_BACKEND_URL": store.url("states")}
        [loop] = _loops(path, api, engine, world.count, "a", elsewhere)
        checked(loop.run("stack", "init", loop.stack))
        return _timed(api, loop.up)


def run_interrupted(count: int) -> None:
    """Seconds from Ctrl-C until the command ends, while all Linodes boot for a minute."""
    world = World(count, boot_s=60.0)
    print(f"\nCtrl-C, {world}; {machine()}")
    for engine in engines():
        with a_world(world) as (path, api):
            (project,) = _loops(path, api, engine, count, "a")
            print(f"{engine}, plain loop: {_until_ended_s(project, count):.1f} s", flush=True)


def _until_ended_s(project: Project, count: int) -> float:
    words = [*ENGINE_WORDS[project.engine], "up", "--yes", "--skip-preview", "--stack", project.stack]
    process = subprocess.Popen(
        words, cwd=project.folder, env=project.env, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until(lambda: len(project.linodes()) == count)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    begun = time.monotonic()
    process.wait()
    return time.monotonic() - begun


def _loops(
    path: Path, api: LocalApi, engine: str, count: int, stacks: str, env: Mapping[str, str] | None = None
) -> list[Project]:
    """A plain loop for each letter, its stack's name, with one token and with the catalogs in the cache."""
    program = PROGRAMS["plain loop"].format(count=count)
    found = [
        _project(path / name, api, engine, program.replace("web-", f"{name}-"), stack=name) for name in stacks
    ]
    for each in found:
        checked(each.preview())
        each.env |= {"LINODE_TOKEN": found[0].token, **(env or {})}
    return found


def _all(projects: Sequence[Project], at_once: bool) -> Done:
    """The worst of their `up`."""
    with ThreadPoolExecutor(len(projects) if at_once else 1) as pool:
        return max(pool.map(Project.up, projects), key=lambda done: abs(done.code))


def run_growth(counts: Sequence[int]) -> None:
    """One run each: what grows faster than the number of Linodes?"""
    tables = {}
    for count in counts:
        tables[count] = dict(_table(World(count, boot_s=2.0), ("SDK alone", "plain loop"), STEPS, 1))
        _compare(tables[count])
    _print_growth(tables)


def _table(
    world: World, programs: Sequence[str], steps: Sequence[str], runs: int
) -> Iterator[tuple[Way, Figures]]:
    print(f"\n{world}, catalogs warm; medians of {runs}; {machine()}")
    print(f"{'wall s / CPU s / requests':28}" + "".join(f"{step:>20}" for step in steps) + f"{'MiB':>7}")
    for engine, program in _ways(programs):
        found = [_measure(world, engine, program, steps) for _ in range(runs)]
        middle = {step: median([figures[step] for figures in found]) for step in steps}
        cells = "".join(f"{_cell(middle[step]):>20}" for step in steps)
        most = max(figure.mib for figure in middle.values())
        print(f"{f'{engine}, {program}':28}{cells}{most:7.0f}", flush=True)
        yield (engine, program), middle


def _ways(programs: Sequence[str]) -> Iterator[Way]:
    for engine in engines():
        yield from ((engine, program) for program in programs)
    for parallel in (10, 100) if "Fleet" in programs and terraform() else ():
        yield "terraform", f"-parallelism={parallel}"


def _cell(figure: Figure) -> str:
    refused = f" ({figure.refused:g} refused)" if figure.refused else ""
    return f"{figure.wall_s:.1f} / {figure.cpu_s:.1f} / {figure.requests:g}{refused}"


def _compare(rows: Mapping[Way, Figures]) -> None:
    """Each way as a multiple of what it is compared with, and seconds above the SDK alone, which waits for nothing."""
    for (engine, program), figures in rows.items():
        references = {
            "SDK alone": (engine, "SDK alone"),
            "Fleet": (engine, "Fleet"),
            "Terraform": FASTER_TERRAFORM,
        }
        for name, way in references.items():
            if engine == "terraform" or way not in rows or program in ("SDK alone", name):
                continue
            times = ", ".join(f"{step} {figures[step].wall_s / rows[way][step].wall_s:.2f}" for step in STEPS)
            print(f"{engine}, {program} / {name}: {times}")
        if program != "SDK alone" and (alone := rows.get((engine, "SDK alone"))):
            above = (f"{step} {figures[step].wall_s - alone[step].wall_s:+.1f} s" for step in STEPS[1:])
            print(f"{engine}, {program} above SDK alone: {', '.join(above)}", flush=True)


def _measure(world: World, engine: str, program: str, steps: Sequence[str]) -> Figures:
    with a_world(world) as (path, api):
        commands = (
            _terraform(path, api, program, world.count)
            if engine == "terraform"
            else _pulumi(path, api, engine, program, world.count)
        )
        return {step: _timed(api, commands[step]) for step in steps}


@contextmanager
def a_world(world: World) -> Iterator[tuple[Path, LocalApi]]:
    """A folder, and a local API that is like that."""
    with tempfile.TemporaryDirectory() as folder:
        path, speed = Path(folder), SLOWEST_BOOT_API_S / world.boot_s
        with LocalApi(path / "api.sqlite3", speed=speed, limits=world.limits, latency_s=LATENCY_S) as api:
            if world.limits:
                api.api.limiter = Limiter(Clock(1.0), enabled=True)  # windows of real length
            yield path, api


def a_project(path: Path, api: LocalApi, engine: str, program: str, count: int) -> Project:
    """One whose catalogs are in the cache."""
    project = _project(path, api, engine, PROGRAMS[program].format(count=count))
    if program.endswith(BARE):
        project.env.pop("PULUMI_PARALLEL")
    if program == "settings":
        _with_settings(project, count)
    checked(project.preview())
    return project


def _project(path: Path, api: LocalApi, engine: str, program: str, stack: str = "test") -> Project:
    project = Project(path / "project", engine, api, program, stack=stack)
    project.env.pop("LINODE_CACHE", None)
    project.env |= {**UNLESS_SET, **{name: os.environ[name] for name in UNLESS_SET if name in os.environ}}
    return project


def _with_settings(project: Project, count: int) -> None:
    """A copy of this project, whose settings are in its own folder."""
    copy_project(project.folder, ("providers", "stacks", "fleet", "emulators"))
    own = project.folder / f"Pulumi.{project.stack}.yaml"
    own.write_text(own.read_text() + SETTINGS_FILE.format(count=count))
    (project.folder / "stacks" / own.name).symlink_to(own)
    (project.folder / "stacks" / "common.yaml").write_text("config: {}\n")
    project.env["PYTHONPATH"] = str(project.folder)


def _pulumi(
    path: Path, api: LocalApi, engine: str, program: str, count: int
) -> Mapping[str, Callable[[], Done]]:
    project = a_project(path, api, engine, program, count)
    refresh = ("refresh", "--yes", "--skip-preview", "--stack", project.stack)
    return {
        "create": project.up,
        "preview": project.preview,
        "preview --refresh": lambda: project.preview("--refresh"),
        "refresh": lambda: project.run(*refresh),
        "destroy": project.destroy,
    }


def _terraform(path: Path, api: LocalApi, parallel: str, count: int) -> Mapping[str, Callable[[], Done]]:
    binary = str(terraform())
    (path / "main.tf").write_text(TERRAFORM.format(url=api.url, token=api.add_token("bench"), count=count))
    env = dict(os.environ)

    def told(*words: str) -> Callable[[], Done]:
        return lambda: run_in(path, [binary, *words, parallel], env)

    run_in(path, [binary, "init"], env)  # with a development override there is nothing to initialise
    return {
        "create": told("apply", "-auto-approve", "-input=false"),
        "preview": told("plan", "-refresh=false"),
        "preview --refresh": told("plan"),
        "refresh": told("apply", "-refresh-only", "-auto-approve"),
        "destroy": told("destroy", "-auto-approve"),
    }


def _timed(api: LocalApi, command: Callable[[], Done]) -> Figure:
    before = fleet_program.newest_request(api)
    figure, done = measured(command)
    checked(done)
    rows = list(api.requests(before))
    refused = sum(row["status"] == 429 for row in rows)
    return replace(figure, requests=len(rows), refused=refused)
