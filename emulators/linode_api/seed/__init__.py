"""The public catalogs: types, regions, availability, images, kernels.

The tables beside this file hold facts only, sorted by id; the modules expand them to the API's rows,
in the order in which the API lists them.
"""

from __future__ import annotations

from pathlib import Path

Record = dict[str, str]

FOLDER = Path(__file__).parent


def read_table(name: str) -> list[Record]:
    """A table as records, in the API's own order. A dash in a cell means: nothing."""
    lines = [
        line
        for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    names = lines[0].split("\t")
    records = [dict(zip(names, line.split("\t"), strict=True)) for line in lines[1:]]
    return sorted(records, key=lambda record: int(record["order"]))


def cell(record: Record, name: str) -> str | None:
    return None if record[name] == "-" else record[name]
