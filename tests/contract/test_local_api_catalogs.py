"""The seed tables against the recorded catalogs (skipped without them)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.catalogs.tables import FOLDER, read_table

CATALOG = Path(__file__).parents[3] / "shared" / "catalog"
needs_catalog = pytest.mark.skipif(not CATALOG.is_dir(), reason="needs the catalogs in ../shared/catalog")
NOT_RECORDED = {"created", "updated", "eol", "built", "resolvers"}  # the recorder wrote placeholders there

SINCE = {"no-osl-1": ("Custom VPC IPv4 Ranges",)}  # learned after the catalogs were recorded
NEW = ("g1-accelerated-netint-vpu-t1u1-s",)  # likewise


def recorded(name: str) -> Any:
    return json.loads((CATALOG / f"{name}.json").read_text(encoding="utf-8"))


def known(row: dict[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in row.items() if name not in NOT_RECORDED}
    since = SINCE.get(row["id"], ())
    return (
        {**found, "capabilities": [one for one in row["capabilities"] if one not in since]}
        if since
        else found
    )


@needs_catalog
@pytest.mark.parametrize("name", ["types", "regions", "images"])
def test_every_recorded_row_is_there_in_the_apis_order(name: str) -> None:
    theirs = {row["id"]: row for row in recorded(name)}

    ours: list[dict[str, Any]] = [one for one in getattr(catalogs(), name).values() if one["id"] not in NEW]

    assert [row["id"] for row in ours] == recorded("api-order")[name]
    assert [known(row) for row in ours] == [known(theirs[row["id"]]) for row in ours]
    assert all(list(row) == list(theirs[row["id"]]) for row in ours)


@needs_catalog
def test_availability_is_complete_and_in_the_apis_order() -> None:
    theirs = {(row["region"], row["plan"]): row for row in recorded("region-availability")}

    ours = catalogs().availability

    assert [[row["region"], row["plan"]] for row in ours] == recorded("api-order")["region-availability"]
    assert ours == [theirs[(row["region"], row["plan"])] for row in ours]


@needs_catalog
def test_kernels_are_the_recorded_ones_with_the_two_that_are_listed_twice() -> None:
    ours = list(catalogs().kernels.values())

    assert [row["id"] for row in ours] == recorded("api-order")["kernels"]
    assert {text(row) for row in ours} == {text(row) for row in recorded("kernels")}


def text(row: dict[str, Any]) -> str:
    """With whether it has a build day: the recordings have no more of that."""
    return json.dumps({**row, "built": row["built"] is not None}, sort_keys=True)


@pytest.mark.parametrize("name", ["types", "regions", "availability", "images", "kernels"])
def test_seed_tables_are_sorted(name: str) -> None:
    lines = (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    names = [line.split("\t")[1] for line in lines if not line.startswith("#")][1:]

    assert names == sorted(names)
    assert len(names) == len(read_table(f"{name}.tsv"))


def test_a_nanode_costs_what_linode_asks() -> None:
    nanode = catalogs().types["g6-nanode-1"]

    assert (nanode["memory"], nanode["disk"], nanode["price"]) == (
        1024,
        25600,
        {"hourly": 0.0075, "monthly": 5.0},
    )
    assert nanode["region_prices"] == [
        {"id": "id-cgk", "hourly": 0.009, "monthly": 6.0},
        {"id": "br-gru", "hourly": 0.0105, "monthly": 7.0},
    ]
