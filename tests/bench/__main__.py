"""`python -m tests.bench`: measurements by hand, times on an idle machine. No test runs it.

Without words all of it, an hour and more with Terraform; else the parts that are named. TERRAFORM names a Terraform
whose Linode provider is where its own settings say (TF_CLI_CONFIG_FILE): then it runs beside ours.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from tests.bench import commands, processes, report, size, stacks, state

PARTS = (
    "stacks",
    "around",
    "processes",
    "limited",
    "growth",
    "several",
    "state",
    "commands",
    "report",
    "size",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[], help="default: all")
    parser.add_argument("--counts", type=int, nargs="+", default=[20, 100], help="Linodes of a stack")
    parser.add_argument("--most", type=int, default=1000, help="Linodes of the largest stack, for the growth")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # nobody's machine compiles the project at every command
    for part in options.parts or PARTS:
        if part == "stacks":
            stacks.run(options.counts, options.runs)
        elif part == "around":
            stacks.run_around(min(options.counts), options.runs)
        elif part == "processes":
            processes.run(max(options.counts), options.runs)
        elif part == "limited":
            stacks.run_limited(max(options.counts))
        elif part == "growth":
            stacks.run_growth((options.most // 10, options.most))
        elif part == "several":
            stacks.run_several(options.most)
        elif part == "state":
            state.run()
        elif part == "commands":
            commands.run(options.runs)
        elif part == "report":
            report.run(options.runs)
        else:
            size.run(Path(__file__).parents[2])


if __name__ == "__main__":
    main()
