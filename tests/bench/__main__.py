"""`python -m tests.bench [fleet | report | size]`: measurements by hand, times on an idle machine. No test runs it."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.bench import fleet, report, size


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure whole commands.")
    parser.add_argument("what", nargs="?", choices=["fleet", "report", "size"], default="fleet")
    parser.add_argument("--count", type=int, default=100, help="Linodes of a fleet")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    if options.what == "report":
        report.run(options.runs)
    elif options.what == "size":
        size.run(Path(__file__).parents[2])
    else:
        fleet.run(options.count, options.runs)


if __name__ == "__main__":
    main()
