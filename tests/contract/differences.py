"""What the local API answers differently from the recordings, and why: the only differences that there may be.

They stand in differences.tsv: file, path (a status, a header, a place in the body, lists without numbers), reason.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tests.contract.replaying import Difference

TABLE = Path(__file__).with_name("differences.tsv")


@cache
def reasons() -> dict[tuple[str, str], str]:
    rows = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]]
    return {(file, path): why for file, path, why in rows}


def key(one: Difference) -> tuple[str, str]:
    return one.file, one.path.replace("[]", "")


def named(one: Difference) -> str | None:
    """Why it is, if the table says so."""
    return reasons().get(key(one))
