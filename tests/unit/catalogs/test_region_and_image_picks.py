"""Picks of a region, an image and a kernel, and why."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from providers.linode.api.errors import NoMatch
from providers.linode.catalogs import (
    Image,
    ImageCriteria,
    KernelCriteria,
    RegionCriteria,
    TypeCriteria,
    newest,
    pick_image,
    pick_kernel,
    pick_place,
    pick_region,
)
from tests.catalog_rows import IMAGES, REGIONS, image_row, small_catalogs

TODAY = date(2026, 7, 1)


def region(**criteria: object) -> str:
    return pick_region(small_catalogs(), RegionCriteria.read(criteria)).id


def image(today: date = TODAY, **criteria: Any) -> str:
    return pick_image(small_catalogs(), ImageCriteria.read(criteria), today).id


@pytest.mark.parametrize(
    ("criteria", "chosen"),
    [
        ({}, "br-gru"),
        ({"continent": "europe"}, "de-fra-2"),
        ({"continent": "North America"}, "us-ord"),
        ({"countries": ["nl", "GB"]}, "eu-west"),
        ({"continent": "europe", "exclude": "de-fra-2"}, "eu-west"),
        ({"continent": "europe", "exclude": "de-fra-2", "capabilities": "Metadata"}, "nl-ams"),
        ({"continent": "europe", "prefer": ["us-ord", "nl-ams"]}, "nl-ams"),
        ({"prefer": ["nl-ams", "us-ord"]}, "nl-ams"),
        ({"site_type": "distributed"}, "de-ber-1"),
        ({"near": [52.5, 13.4]}, "de-fra-2"),
        ({"near": [52.5, 13.4], "site_type": "any"}, "de-ber-1"),
        ({"ids": ["us-ord", "nl-ams"]}, "nl-ams"),
    ],
)
def test_a_region_is_picked_by_place_and_ability(criteria: dict[str, Any], chosen: str) -> None:
    assert region(**criteria) == chosen


def test_a_region_with_an_outage_is_not_picked() -> None:
    rows = [{**row, "status": "outage"} if row["id"] == "de-fra-2" else row for row in REGIONS]

    assert pick_region(small_catalogs(regions=rows), RegionCriteria(countries=("de", "nl"))).id == "nl-ams"


def test_a_region_can_be_asked_to_sell_a_plan() -> None:
    europe = RegionCriteria(continent="europe")

    pick = pick_region(small_catalogs(), europe, sells=TypeCriteria.read({"class": "premium"}))

    assert [each.id for each in pick.ranked] == ["de-fra-2"]
    assert "a type that fits" in pick.why
    with pytest.raises(NoMatch, match="`a type that fits` removed the last 3 of 6, nearest miss de-fra-2"):
        pick_region(small_catalogs(), europe, sells=TypeCriteria(min_gpus=1))


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (TypeCriteria(min_memory_mb=10**9), "`memory ≥ 1000000000 MB` removed the last 5 of 5"),
        (
            TypeCriteria(max_monthly_usd=1),
            "`≤ 1 USD/month` removed the last 4 of 5, nearest miss g6-nanode-1 (5.00",
        ),
    ],
)
def test_where_no_region_has_such_a_type_the_type_is_to_blame(wanted: TypeCriteria, why: str) -> None:
    europe = RegionCriteria(continent="europe")

    with pytest.raises(NoMatch) as of_region:
        pick_region(small_catalogs(), europe, sells=wanted)
    with pytest.raises(NoMatch) as of_place:
        pick_place(small_catalogs(), wanted, europe)

    for none in (of_region, of_place):
        assert str(none.value).startswith(f"no type fits in any region; in de-fra-2 {why}")
        assert str(none.value).endswith(". Next: loosen the type's criteria.")


def test_a_region_without_coordinates_is_never_nearest() -> None:
    rows = [{**REGIONS[0], "id": "aa-new-1"}, *REGIONS]

    near = RegionCriteria(near=(41.9, -87.6))

    assert pick_region(small_catalogs(regions=rows), near).id == "us-ord"
    with pytest.raises(NoMatch, match=r"`distance ≤ 5 km` removed .* nearest miss de-ber-1 \(\d+ km away\)"):
        region(near=[48.2, 16.4], max_distance_km=5)


def test_a_why_of_a_region_says_how_far_it_is() -> None:
    pick = pick_region(small_catalogs(), RegionCriteria(near=(52.5, 13.4), countries=("de",)))

    assert pick.why == "de-fra-2: nearest of 1 with country de (DE-FRA-2, 422 km away)"


@pytest.mark.parametrize(
    ("criteria", "says"),
    [
        ({"capabilities": ["Metdata"]}, r"`capability Metdata` .* no region has \(did you mean Metadata\?\)"),
        ({"countries": "uk"}, "there are regions in br, de, gb, nl, us"),
        ({"continent": "africa"}, "there are regions in europe, north-america, south-america"),
        ({"ids": "us-odr"}, r"change ids \(did you mean us-ord"),
        ({"countries": "br", "site_type": "distributed"}, r"nearest miss br-gru \(core\)"),
        ({"countries": "br", "otherwise": {"countries": "xx"}, "exclude": "br-gru"}, "country xx"),
    ],
)
def test_no_region_is_explained_in_one_line(criteria: dict[str, Any], says: str) -> None:
    with pytest.raises(NoMatch, match=says) as info:
        region(**criteria)

    assert "\n" not in str(info.value)
    assert str(info.value).count("Next:") == 1


@pytest.mark.parametrize(
    ("criteria", "chosen"),
    [
        ({"vendor": "Debian"}, "linode/debian12"),
        ({"vendor": "debian"}, "linode/debian12"),
        ({"distribution": "debian", "version": "11"}, "linode/debian11"),
        ({"vendor": "Debian", "max_version": 11}, "linode/debian11"),
        ({"vendor": "Ubuntu"}, "linode/ubuntu25.10"),
        ({"vendor": "Ubuntu", "lts": True}, "linode/ubuntu24.04"),
        ({"vendor": "Ubuntu", "version": "24"}, "linode/ubuntu24.04"),
        ({"vendor": "Ubuntu", "max_version": "24.10"}, "linode/ubuntu24.04"),
        ({"vendor": "Ubuntu", "min_version": "24.10"}, "linode/ubuntu25.10"),
        ({"vendor": "Ubuntu", "supported_until": "2028-01-01"}, "linode/ubuntu24.04"),
        ({"vendor": "Ubuntu", "variant": "nvidia"}, "linode/ubuntu24.04-nvidia"),
        ({"vendor": "Ubuntu", "prefer": ["linode/ubuntu24.04"]}, "linode/ubuntu24.04"),
        ({"vendor": "Alpine"}, "linode/alpine3.22"),
        ({"vendor": "Alpine", "exclude": "linode/alpine3.22"}, "linode/alpine3.9"),
        ({"vendor": "Arch"}, "linode/arch"),
        ({"own": True}, "private/9"),
        ({"own": True, "label": "web-base", "tags": ["web"]}, "private/7"),
    ],
)
def test_the_newest_image_is_picked_by_version(criteria: dict[str, Any], chosen: str) -> None:
    assert image(**criteria) == chosen


def test_an_image_past_its_end_of_life_is_out_on_that_day() -> None:
    assert image(date(2026, 8, 30), vendor="Debian", version="11") == "linode/debian11"
    with pytest.raises(
        NoMatch, match=r"`support on 2026-08-31` .* nearest miss linode/debian11 \(ended 2026-08-31\)"
    ):
        image(date(2026, 8, 31), vendor="Debian", version="11")


def test_a_deprecated_image_needs_to_be_asked_for() -> None:
    with pytest.raises(NoMatch, match="`not deprecated` removed the last 1 of 12"):
        image(date(2020, 1, 1), vendor="Debian", version=9)
    assert image(date(2020, 1, 1), vendor="Debian", version=9, deprecated=True) == "linode/debian9"


def test_an_image_that_is_not_ready_is_out() -> None:
    rows = [image_row("debian13", "Debian 13", "Debian", status="creating"), *IMAGES]

    assert (
        pick_image(small_catalogs(images=rows), ImageCriteria(vendor="Debian"), TODAY).id == "linode/debian12"
    )


def test_no_image_is_explained_in_one_line() -> None:
    with pytest.raises(
        NoMatch, match=r"did you mean Debian or Alpine\?\); the catalog has Alpine, Arch, Debian, Ubuntu"
    ):
        image(vendor="Debain")
    with pytest.raises(NoMatch, match=r"`capability tpm` removed the last 2 of 12"):
        image(vendor="Debian", capabilities="tpm")
    with pytest.raises(NoMatch, match=r"`size ≤ 100 MB` .* nearest miss linode/alpine3.22 \(500 MB\)"):
        image(vendor="Alpine", max_size_mb=100)


def test_a_why_of_an_image_names_the_runner_up() -> None:
    pick = pick_image(small_catalogs(), ImageCriteria(vendor="Debian"), TODAY)

    assert pick.why == (
        "linode/debian12: newest of 2 with vendor Debian (Debian 12); next linode/debian11 (Debian 11)"
    )


def test_newest_works_on_any_images() -> None:
    images = [Image.model_validate(row) for row in IMAGES if row["vendor"] == "Alpine"]

    assert newest(images).id == "linode/alpine3.22"
    with pytest.raises(NoMatch):
        newest([])


def test_the_newest_kernel_is_a_fixed_one_that_is_not_deprecated() -> None:
    pick = pick_kernel(small_catalogs(), KernelCriteria())

    assert pick.id == "linode/6.10.1-x86_64-linode166"
    assert pick.funnel.start == 5
    assert pick_kernel(small_catalogs(), KernelCriteria(version="6.9")).id == "linode/6.9.3-x86_64-linode165"
    assert (
        pick_kernel(small_catalogs(), KernelCriteria(architecture="i386")).id == "linode/6.12.1-x86-linode168"
    )
    with pytest.raises(NoMatch, match="`version 7` removed the last 2 of 5"):
        pick_kernel(small_catalogs(), KernelCriteria.read({"version": 7}))
