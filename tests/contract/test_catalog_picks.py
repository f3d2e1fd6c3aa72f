"""Picks over the real catalogs, as they stood when they were recorded.

The recorder set every time to one day of 2018, ends of life too, so `TODAY` lies before it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from providers.linode.api.errors import NoMatch
from providers.linode.catalogs import (
    Catalogs,
    ImageCriteria,
    Images,
    KernelCriteria,
    LinodeTypes,
    RegionCriteria,
    Regions,
    TypeCriteria,
    pick_image,
    pick_kernel,
    pick_place,
    pick_region,
    pick_type,
)
from providers.linode.catalogs.places import coordinates_of
from providers.linode.catalogs.records import Image, Kernel, LinodeType, Region, parse

CATALOG = Path(__file__).parents[2].parent / "shared" / "catalog"
pytestmark = pytest.mark.skipif(not CATALOG.is_dir(), reason="needs ../shared/catalog")

TODAY = date(2017, 6, 1)
FILES = {
    "/linode/types": "types",
    "/regions": "regions",
    "/regions/availability": "region-availability",
    "/images": "images",
    "/linode/kernels": "kernels",
}


def rows_of(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((CATALOG / f"{name}.json").read_text(encoding="utf-8"))
    return rows


class Recorded:
    """The recorded lists, in any order."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def list_rows(
        self, path: str, x_filter: Mapping[str, object] | None = None
    ) -> Sequence[Mapping[str, object]]:
        assert x_filter is None, "these catalogs are asked for whole lists only"
        rows = rows_of(FILES[path])
        random.Random(self.seed).shuffle(rows)
        return rows


@pytest.fixture(scope="module", params=[1, 2])
def catalogs(request: pytest.FixtureRequest) -> Catalogs:
    return Catalogs(Recorded(request.param), narrow=False)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("types", LinodeType),
        ("regions", Region),
        ("regions-older", Region),
        ("images", Image),
        ("images-older", Image),
        ("kernels", Kernel),
    ],
)
def test_every_row_becomes_a_record(name: str, model: type[Any]) -> None:
    rows = rows_of(name)

    records = [parse(model, row) for row in rows]

    assert [record and record.id for record in records] == [row["id"] for row in rows]


def test_every_region_has_a_continent_and_coordinates() -> None:
    for row in [*rows_of("regions"), *rows_of("regions-older")]:
        region = parse(Region, row)
        assert region is not None
        assert region.continent, region.id
        assert coordinates_of(region.id.replace("-edge", "")) or "-edge-" in region.id, region.id


def test_every_public_image_names_its_release() -> None:
    for row in [*rows_of("images"), *rows_of("images-older")]:
        image = parse(Image, row)
        assert image is not None
        assert image.release, image.id


def test_prices_differ_where_the_api_says_so(catalogs: Catalogs) -> None:
    (plan,) = catalogs.types(LinodeTypes.id == "g6-standard-1")

    assert [plan.monthly_usd(region) for region in ("us-ord", "id-cgk", "br-gru")] == [12.0, 14.4, 16.8]
    assert plan.monthly_usd("us-ord", backups=True) == 14.5


@pytest.mark.parametrize(
    ("region", "criteria", "chosen"),
    [
        ("de-fra-2", {"min_memory_mb": 2048, "max_monthly_usd": 15}, "g6-standard-1"),
        ("us-ord", {}, "g6-nanode-1"),
        ("us-ord", {"min_memory_mb": 8192}, "g6-standard-4"),
        ("us-ord", {"min_memory_mb": 8192, "class": "dedicated"}, "g6-dedicated-4"),
        ("us-ord", {"min_memory_mb": 20000, "choose": "smallest"}, "g7-highmem-1"),
        ("us-southeast", {"min_gpus": 1}, "g1-gpu-rtx6000-1"),
        ("us-ord", {"min_transfer_gb": 20000}, "g6-standard-16"),
        ("us-ord", {"class": "premium"}, "g7-premium-2"),
    ],
)
def test_a_plan_is_picked(catalogs: Catalogs, region: str, criteria: dict[str, object], chosen: str) -> None:
    assert pick_type(catalogs, TypeCriteria.read(criteria), region).id == chosen


def test_a_plan_that_is_sold_out_somewhere_is_not_picked_there(catalogs: Catalogs) -> None:
    with pytest.raises(NoMatch, match="`any left in us-sea` removed the last 4 of 37"):
        pick_type(catalogs, TypeCriteria(min_gpus=1), "us-sea")


def test_the_dear_region_needs_the_dear_limit(catalogs: Catalogs) -> None:
    two_gb = TypeCriteria(min_memory_mb=2048, max_monthly_usd=15)

    with pytest.raises(NoMatch, match=r"`≤ 15 USD/month` .* nearest miss g6-standard-1 \(16.80 USD/month\)"):
        pick_type(catalogs, two_gb, "br-gru")


def test_a_european_core_region_with_metadata_is_picked(catalogs: Catalogs) -> None:
    europe = RegionCriteria(continent="europe", capabilities=("Metadata",))

    pick = pick_region(catalogs, europe)

    assert pick.id == "de-fra-2"
    assert len(pick.ranked) == 11
    assert (
        pick_region(catalogs, RegionCriteria.read({"continent": "europe", "near": [52.5, 13.4]})).id
        == "de-fra-2"
    )


def test_the_cheapest_gpu_in_america_is_where_it_is_sold(catalogs: Catalogs) -> None:
    place = pick_place(catalogs, TypeCriteria(min_gpus=1), RegionCriteria(continent="north-america"))

    assert (place.type.id, place.region.id) == ("g1-gpu-rtx6000-1", "us-southeast")


@pytest.mark.parametrize(
    ("criteria", "chosen"),
    [
        ({"vendor": "Debian"}, "linode/debian13"),
        ({"vendor": "Ubuntu"}, "linode/ubuntu24.04"),
        ({"vendor": "Ubuntu", "deprecated": True}, "linode/ubuntu25.10"),
        ({"vendor": "Ubuntu", "deprecated": True, "lts": True}, "linode/ubuntu24.04"),
        ({"vendor": "Alpine"}, "linode/alpine3.23"),
        ({"vendor": "AlmaLinux", "capabilities": ["distributed-sites"]}, "linode/almalinux9"),
        ({"vendor": "CentOS"}, "linode/centos-stream10"),
        ({"vendor": "Arch"}, "linode/arch"),
    ],
)
def test_the_newest_plain_image_is_picked(
    catalogs: Catalogs, criteria: dict[str, object], chosen: str
) -> None:
    assert pick_image(catalogs, ImageCriteria.read(criteria), TODAY).id == chosen


def test_the_newest_kernel_is_picked(catalogs: Catalogs) -> None:
    pick = pick_kernel(catalogs, KernelCriteria())

    assert pick.id == "linode/6.8.9-x86_64-linode164"
    assert pick.funnel.start == 328


def test_filters_find_what_the_lists_hold(catalogs: Catalogs) -> None:
    abroad = Regions.country.one_of("de", "fr") & Regions.capabilities.contains("GPU Linodes")

    assert {region.id for region in catalogs.regions(abroad)} == {
        "de-fra-2",
        "eu-central",
        "fr-par",
        "fr-par-2",
    }
    assert len(catalogs.types((LinodeTypes.memory_mb >= 4096) & (LinodeTypes.monthly_usd <= 50))) == 4
    assert len(catalogs.images(Images.label.contains("Kubernetes"))) == 4
    assert len(catalogs.availability()) == 486
