"""`fleet report …`, in this process."""

from __future__ import annotations

from collections.abc import Sequence

from fleet.cli.main import BAD_CALL, main as fleet

EXIT_BAD = BAD_CALL


def main(words: Sequence[str]) -> int:
    return fleet(["report", *words])
