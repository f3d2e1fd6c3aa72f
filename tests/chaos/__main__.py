"""`python -m tests.chaos`: creates under injected faults, then runs of `up` that are killed; the last line tells.

Everything goes through an engine and a socket, and is counted in the local API's own database. A run can be
repeated by its seed, as far as the machine's timing lets it.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.creates import run_round
from tests.chaos.kills import Kills
from tests.chaos.tally import Tally
from tests.checkout import ENGINES

A_ROUND = 100
A_STACK = 50


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    engines = [options.engine] if options.engine else [name for name in ENGINES if _is_here(name)]
    tally, begun = Tally(), time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="chaos-", dir=options.folder))
    dice = random.Random(options.seed)
    print(f"seed {options.seed}, engines {', '.join(engines)}, folder {folder}", flush=True)
    for number, size in enumerate(_portions(options.creates, A_ROUND)):
        engine = engines[number % len(engines)]
        place = folder / f"creates-{number}"
        place.mkdir()
        run_round(place, engine, size, dice.randrange(10**6), tally, _say)
    for number, size in enumerate(_portions(options.kills, A_STACK)):
        engine = engines[number % len(engines)]
        place = folder / f"kills-{number}"
        place.mkdir()
        _kill(place, engine, size, dice.randrange(10**6), tally)
    for note in tally.notes:
        print(f"wrong: {note}")
    if tally.is_clean:
        shutil.rmtree(folder)
    print(
        f"{time.monotonic() - begun:.0f} s; {tally.lost} lost, {tally.pending} pending operations, "
        f"{tally.unexplained} unexplained"
    )
    print(tally.last_line())
    return 0 if tally.is_clean else 1


def _kill(folder: Path, engine: str, count: int, seed: int, tally: Tally) -> None:
    """Until that many runs were killed: one that had ended before doesn't count."""
    kills = Kills(folder, engine, seed, tally, _say)
    _say(f"seed {seed}, {engine}: {count} kills")
    try:
        kills.start()
        wanted, number = tally.kills + count, 0
        while tally.kills < wanted and number < 3 * count:
            number += 1
            kills.kill_once(number)
    finally:
        kills.close()


def _portions(count: int, size: int) -> list[int]:
    return [min(size, count - start) for start in range(0, count, size)]


def _is_here(engine: str) -> bool:
    return engine != "pulumi" or shutil.which("pulumi") is not None


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Faults and kills, counted.")
    parser.add_argument("--creates", type=int, default=1000, help="of each kind")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20261124)
    forced = os.environ.get("ENGINE") or None
    parser.add_argument("--engine", choices=ENGINES, default=forced, help="both in turn if it is left out")
    parser.add_argument("--folder", type=Path, help="where to work; removed afterwards if nothing was wrong")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
