"""`python -m tests.bench [fleet | report]`: measurements by hand, on an idle machine; never part of the tests."""

from __future__ import annotations

import argparse

from tests.bench import fleet, report


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure whole commands.")
    parser.add_argument("what", nargs="?", choices=["fleet", "report"], default="fleet")
    parser.add_argument("--count", type=int, default=100, help="Linodes of a fleet")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    if options.what == "report":
        report.run(options.runs)
    else:
        fleet.run(options.count, options.runs)


if __name__ == "__main__":
    main()
