"""`python -m fleet pr-up --number N` and `pr-down --number N`: the stack of a pull request, there and away."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from datetime import datetime, timezone

from fleet.delivery.pr_stack import PrStack, StackState, prepare
from fleet.engine.runs import Run, run_of
from stacks import expiry

TTL = "72h"
MOST_AGE = "14d"
"""The upper bound from the creation of a stack, however often it is updated."""


def up(words: tuple[str, ...], show: Callable[[Run], None]) -> int:
    """Make or update the stack and move its end; further words go to the engine."""
    parser = _parser("pr-up")
    parser.add_argument("--ttl", default=TTL, help=f"how long it lives after this update ({TTL})")
    parser.add_argument("--max-age", default=MOST_AGE, help=f"the most from its creation ({MOST_AGE})")
    options, rest = parser.parse_known_args(list(words))
    pr = PrStack(options.number)
    os.environ.setdefault("LINODE_LOCKED", "0")  # it has no pins of its own before its first update
    ttl, most = expiry.duration(options.ttl), expiry.duration(options.max_age)
    run = run_of(pr.name, tuple(rest))
    end = prepare(pr, StackState(run.engine, run.env), datetime.now(timezone.utc), ttl, most)
    print(f"stack '{pr.name}' ends at {end:%Y-%m-%d %H:%M} UTC", flush=True)
    code = run.verb("up", "--suppress-outputs")
    if code == 0:
        show(run)
    return code


def down(words: tuple[str, ...]) -> int:
    """Delete everything of the stack, then the stack; there being none is fine."""
    options, rest = _parser("pr-down").parse_known_args(list(words))
    pr = PrStack(options.number)
    run = run_of(pr.name, tuple(rest))
    if pr.name not in StackState(run.engine, run.env).names():
        pr.remove_files()
        print(f"stack '{pr.name}': there is none")
        return 0
    return take_down(pr, run)


def take_down(pr: PrStack, run: Run) -> int:
    """Destroy a stack's resources and remove it; its exit code. The stack stays if any resource does."""
    code = run.verb("destroy", "--continue-on-error")
    if code:
        return code
    run.engine.ask("stack", "rm", "--yes", "--stack", pr.name, env=run.env)
    pr.remove_files()
    print(f"stack '{pr.name}': removed", flush=True)
    return 0


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m fleet {name}", allow_abbrev=False)
    parser.add_argument("--number", type=int, required=True, help="the number of the pull request")
    return parser
