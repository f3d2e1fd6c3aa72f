"""`python -m tests.bench fleet`: measurements, to be run by hand on an idle machine; never part of the tests."""

from __future__ import annotations

import argparse

from tests.bench import fleet


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure whole commands.")
    parser.add_argument("what", choices=["fleet"])
    parser.add_argument("--count", type=int, default=100, help="Linodes")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    fleet.run(options.count, options.runs)


if __name__ == "__main__":
    main()
