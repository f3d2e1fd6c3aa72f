"""`python -m tests.bench`: measurements by hand, times on an idle machine. No test runs it.

Without words all of it, an hour and more with Terraform; else the parts that are named. TERRAFORM names a Terraform
whose Linode provider is where its own settings say (TF_CLI_CONFIG_FILE): then it runs beside ours.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from tests.bench import api, commands, processes, report, size, stacks, state

PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "stacks": lambda given: stacks.run(given.counts, given.runs),
    "bare": lambda given: stacks.run_bare(given.counts),
    "around": lambda given: stacks.run_around(min(given.counts), given.runs),
    "processes": lambda given: processes.run(max(given.counts), given.runs),
    "limited": lambda given: stacks.run_limited(max(given.counts)),
    "growth": lambda given: stacks.run_growth((given.most // 10, given.most)),
    "several": lambda given: stacks.run_several(given.most),
    "interrupted": lambda given: stacks.run_interrupted(min(given.counts)),
    "state": lambda _: state.run(),
    "commands": lambda given: commands.run(given.runs),
    "api": lambda given: api.run(given.runs),
    "report": lambda given: report.run(given.runs),
    "size": lambda _: size.run(Path(__file__).parents[2]),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[], help="default: all")
    parser.add_argument("--counts", type=int, nargs="+", default=[20, 100], help="Linodes of a stack")
    parser.add_argument("--most", type=int, default=1000, help="Linodes of the largest stack, for the growth")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # nobody's machine compiles the project at every command
    for part in given.parts or PARTS:
        PARTS[part](given)


if __name__ == "__main__":
    main()
