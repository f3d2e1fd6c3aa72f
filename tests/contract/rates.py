"""`make contract`: how much of the recorded conversations the local API answers word for word, by endpoint."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.contract.differences import named
from tests.contract.replaying import FILES, Difference, replayed


def main() -> int:
    """Differences that no line of the table names are printed, and fail."""
    alike, explained, all_of_them = Counter[str](), Counter[str](), Counter[str]()
    unnamed: list[Difference] = []
    with tempfile.TemporaryDirectory() as folder:
        for file in FILES:
            for operation, differing in replayed(Path(folder), file):
                left = [one for one in differing if named(one) is None]
                all_of_them[operation] += 1
                alike[operation] += not differing
                explained[operation] += not left
                unnamed += left
    print(f"{'endpoint':60} {'recorded':>9} {'alike':>7} {'named':>7}")
    for operation, count in sorted(all_of_them.items()):
        print(f"{operation:60} {count:9} {alike[operation] / count:7.0%} {explained[operation] / count:7.0%}")
    total = all_of_them.total()
    print(f"{'all':60} {total:9} {alike.total() / total:7.1%} {explained.total() / total:7.1%}")
    for one in unnamed:
        print(one)
    return 1 if unnamed else 0


if __name__ == "__main__":
    sys.exit(main())
