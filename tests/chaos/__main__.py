"""`python -m tests.chaos`: runs of `up` under faults, runs that are killed, crowds of creates; the last lines tell.

Everything goes through an engine and a socket, and is counted in the local API's own database. A run can be
repeated by its seed, as far as the machine's timing lets it.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.tally import Tally
from tests.chaos.turns import Turns, run
from tests.checkout import ENGINES

A_CROWD = 100
A_STACK = 40
"""Turns of one stack."""


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    engines = [options.engine] if options.engine else [name for name in ENGINES if _is_here(name)]
    tally, begun = Tally(), time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="chaos-", dir=options.folder))
    dice = random.Random(options.seed)
    print(f"seed {options.seed}, engines {', '.join(engines)}, folder {folder}", flush=True)
    stacks = max(len(engines), -(-(options.faults + options.kills) // A_STACK))
    is_whole = False
    try:
        for number in range(stacks):
            shares = [
                _share(each, stacks, number) for each in (options.faults, options.kills, options.crowds)
            ]
            _a_stack(
                folder / str(number), engines[number % len(engines)], dice.randrange(10**6), tally, shares
            )
        is_whole = True
    except KeyboardInterrupt:
        _say(f"interrupted; what was counted until then, and all of it is still in {folder}:")
    if is_whole and tally.is_clean:
        shutil.rmtree(folder)
    _say(f"{time.monotonic() - begun:.0f} s")
    for line in tally.lines():
        _say(line)
    return 0 if is_whole and tally.is_good else 1


def _a_stack(place: Path, engine: str, seed: int, tally: Tally, shares: Sequence[int]) -> None:
    """shares: its faulted runs, kills and crowds."""
    place.mkdir()
    _say(f"seed {seed}, {engine}")
    turns = Turns(place, engine, seed, tally, _say)
    faults, kills, crowds = shares
    try:
        run(turns, faults, kills)
        for _ in range(crowds):
            turns.crowded(A_CROWD)
        turns.ended()
    except (RuntimeError, subprocess.TimeoutExpired) as broken:
        tally.wrong(f"turn {turns.number}: {broken}; see {place}")
    finally:
        turns.close()


def _share(count: int, stacks: int, number: int) -> int:
    return count // stacks + (number < count % stacks)


def _is_here(engine: str) -> bool:
    return engine != "pulumi" or shutil.which("pulumi") is not None


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Faults and kills, counted.")
    parser.add_argument("--faults", type=int, default=228, help="runs that meet a fault: each of them twice")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--crowds", type=int, default=4, help=f"runs that make {A_CROWD} more of each kind")
    parser.add_argument("--seed", type=int, default=20261124)
    forced = os.environ.get("ENGINE") or None
    parser.add_argument("--engine", choices=ENGINES, default=forced, help="both in turn if it is left out")
    parser.add_argument("--folder", type=Path, help="where to work; removed afterwards if nothing was wrong")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
