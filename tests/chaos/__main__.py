"""`python -m tests.chaos`: runs of `up` under faults, runs that are killed, crowds of creates; the last lines tell.

Everything goes through an engine and a socket, and is counted in the local API's own database. On each engine every
request meets every fault, and every process is killed at every moment, dealt to several stacks, some of which run at
the same time. A run can be repeated by its seed, as far as the machine's timing lets it.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TypeVar

from tests.chaos.disturbances import Fault, Kill, faults, of_runs
from tests.chaos.tally import Tally, summary
from tests.chaos.turns import Turns, run
from tests.checkout import ENGINES

T = TypeVar("T")
Share = tuple[Sequence[Sequence[Fault]], Sequence[Kill], int]

A_CROWD = 50
A_STACK = 40
"""Turns of one stack, at most."""
ONLY_EMBEDDED = "`pulumi` is not on PATH: this is of the embedded engine alone"


@dataclass
class Stack:
    """One of those that all turns are dealt to, and what came of it."""

    number: int
    engine: str
    seed: int
    faults: Sequence[Sequence[Fault]]
    kills: Sequence[Kill]
    crowds: int
    tally: Tally = field(default_factory=Tally)

    def run(self, folder: Path, is_over: Event) -> None:
        if is_over.is_set():
            return
        place = folder / str(self.number)
        place.mkdir()
        _say(f"stack {self.number}: seed {self.seed}, {self.engine}")
        turns = Turns(place, self.engine, self.seed, self.tally, lambda line: _say(f"{self.number}/{line}"))
        try:
            run(turns, self.faults, self.kills, is_over.is_set)
            for _ in range(self.crowds):
                if not is_over.is_set():
                    turns.crowded(A_CROWD)
            if not is_over.is_set():
                turns.ended()
        except (RuntimeError, subprocess.TimeoutExpired) as broken:
            self.tally.wrong(f"turn {turns.number}: {broken}; see {place}")
        finally:
            turns.close()


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="chaos-", dir=options.folder))
    stacks = dealt(options)
    print(f"seed {options.seed}, {len(stacks)} stacks, folder {folder}", flush=True)
    is_over, is_whole = Event(), False
    with ThreadPoolExecutor(options.at_once) as pool:
        running = [pool.submit(stack.run, folder, is_over) for stack in stacks]
        try:
            for each in running:
                each.result()
            is_whole = True
        except KeyboardInterrupt:
            is_over.set()
            _say(f"interrupted; what was counted until then, and all of it is still in {folder}:")
        tallies = {stack.engine: Tally() for stack in stacks}
        for stack in stacks:  # at once: what runs now meets the interruption, too
            tallies[stack.engine].add(stack.tally)
    is_clean = all(tally.is_clean for tally in tallies.values())
    if is_whole and is_clean:
        shutil.rmtree(folder)
    _say(f"{time.monotonic() - begun:.0f} s")
    for line in summary(tallies):
        _say(line)
    if not (options.engine or _is_here("pulumi")):
        _say(ONLY_EMBEDDED)
    return 0 if is_whole and all(tally.is_good for tally in tallies.values()) else 1


def dealt(options: argparse.Namespace) -> list[Stack]:
    """The stacks, each with its share of what its engine meets; those that run at the same time have them in turn."""
    engines = [options.engine] if options.engine else [name for name in ENGINES if _is_here(name)]
    dice = random.Random(options.seed)
    at_once = max(1, options.at_once // len(engines))
    shares = [list(_shares(options, at_once, dice)) for _ in engines]
    of_both = itertools.chain.from_iterable(zip(*shares, strict=True))
    return [
        Stack(number, engines[number % len(engines)], dice.randrange(10**6), *share)
        for number, share in enumerate(of_both)
    ]


def _shares(options: argparse.Namespace, at_once: int, dice: random.Random) -> Iterator[Share]:
    """Faults, kills and crowds of each stack of one engine."""
    faulted = of_runs(_drawn(faults(), options.faults, dice))
    kills = _drawn(Kill.all(), options.kills, dice)
    turns = len(faulted) + len(kills)
    rounds = -(-turns // (A_STACK * at_once)) or 1
    count = max(min(rounds * at_once, turns), 1)
    for number in range(count):
        yield faulted[number::count], kills[number::count], len(range(number, options.crowds, count))


def _drawn(cards: Sequence[T], count: int, dice: random.Random) -> list[T]:
    """So many, none a second time before all were drawn."""
    drawn: list[T] = []
    while len(drawn) < count:
        drawn += dice.sample(cards, len(cards))
    return drawn[:count]


def _is_here(engine: str) -> bool:
    return engine != "pulumi" or shutil.which("pulumi") is not None


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Faults and kills, counted.")
    every = len(faults())
    parser.add_argument(
        "--faults",
        type=int,
        default=every,
        help="on each engine, three to a run; by default each of them once",
    )
    parser.add_argument(
        "--kills", type=int, default=len(Kill.all()), help="by default each process at each moment once"
    )
    parser.add_argument("--crowds", type=int, default=2, help=f"runs that make {A_CROWD} more of each kind")
    parser.add_argument("--seed", type=int, default=20261124)
    forced = os.environ.get("ENGINE") or None
    parser.add_argument("--engine", choices=ENGINES, default=forced, help="each of them if it is left out")
    parser.add_argument(
        "--at-once", type=int, default=2 * (os.cpu_count() or 1), help="stacks that run at the same time"
    )
    parser.add_argument("--folder", type=Path, help="where to work; removed afterwards if nothing was wrong")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
