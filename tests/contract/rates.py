"""`make contract`: how much of the recorded conversations the local API answers the same, by endpoint.

Three rates: word for word; with what is newer than the recording left out (earlier.py); and with the differences that
differences.tsv names.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.contract.differences import named
from tests.contract.recorded import FILES
from tests.contract.replaying import Difference, replayed


def main() -> int:
    """Differences that no line of the table names are printed, and fail."""
    word_for_word, of_its_day, explained, count = (Counter[str]() for _ in range(4))
    unnamed: list[Difference] = []
    with tempfile.TemporaryDirectory() as folder:
        for file in FILES:
            for each in replayed(Path(folder), file):
                left = [one for one in each.differing if named(one) is None]
                count[each.operation] += 1
                word_for_word[each.operation] += not each.today
                of_its_day[each.operation] += not each.differing
                explained[each.operation] += not left
                unnamed += left
    print(f"{'endpoint':60} {'recorded':>9} {'today':>7} {'its day':>7} {'named':>7}")
    rates = (word_for_word, of_its_day, explained)
    for operation, recorded in sorted(count.items()):
        shares = "".join(f" {rate[operation] / recorded:7.0%}" for rate in rates)
        print(f"{operation:60} {recorded:9}{shares}")
    total = count.total()
    print(f"{'all':60} {total:9}" + "".join(f" {rate.total() / total:7.1%}" for rate in rates))
    for one in unnamed:
        print(one)
    return 1 if unnamed else 0


if __name__ == "__main__":
    sys.exit(main())
