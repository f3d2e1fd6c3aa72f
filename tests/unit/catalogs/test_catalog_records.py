"""The records: units, prices by region, and fields that come and go."""

from __future__ import annotations

from datetime import date

import pytest

from providers.linode.catalogs.places import continent_of, coordinates_of, distance_km
from providers.linode.catalogs.records import (
    Availability,
    Image,
    Kernel,
    LinodeType,
    Region,
    Release,
    parse,
    parse_release,
)
from tests.catalog_rows import IMAGES, KERNELS, REGIONS, image_row, region_row, type_row

BACKUPS = {
    "backups": {
        "price": {"hourly": 0.004, "monthly": 2.5},
        "region_prices": [{"id": "br-gru", "hourly": 0.005, "monthly": 3.5}],
    }
}
PLAN = LinodeType.model_validate(
    type_row(
        "g6-standard-1",
        2048,
        12.0,
        region_prices=[{"id": "br-gru", "hourly": 0.025, "monthly": 16.8}],
        addons=BACKUPS,
    )
)


def test_the_price_is_the_regions_where_it_has_one() -> None:
    assert PLAN.monthly_usd("us-ord") == 12.0
    assert PLAN.monthly_usd("br-gru") == 16.8
    assert PLAN.hourly_usd("br-gru") == 0.025


def test_backups_cost_the_regions_price_too() -> None:
    assert PLAN.monthly_usd("us-ord", backups=True) == 14.5
    assert PLAN.monthly_usd("br-gru", backups=True) == 20.3
    assert PLAN.hourly_usd("us-ord", backups=True) == pytest.approx(12 / 730 + 0.004, abs=1e-5)


def test_a_missing_price_is_unknown_and_not_zero() -> None:
    bare = LinodeType.model_validate({"id": "g9-new-1"})
    without_backups = LinodeType.model_validate(type_row("a", 1, 5.0, addons={}))

    assert bare.monthly_usd("us-ord") is None
    assert without_backups.monthly_usd("us-ord") == 5.0
    assert without_backups.monthly_usd("us-ord", backups=True) is None


def test_unknown_fields_are_dropped_and_missing_ones_get_defaults() -> None:
    found = parse(Region, {"id": "xx-new", "shiny": True, "capabilities": None})

    assert found == Region(id="xx-new", capabilities=(), status="ok", site_type="core")


def test_a_field_of_an_odd_kind_gets_its_default_and_a_row_without_id_is_passed_over() -> None:
    odd = parse(LinodeType, {"id": "a", "memory": "lots", "vcpus": 2, "price": {"monthly": -3}})

    assert odd is not None
    assert (odd.memory_mb, odd.vcpus, odd.price.monthly_usd) == (0, 2, None)
    assert parse(LinodeType, {"memory": 1}) is None


def test_records_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        PLAN.vcpus = 99


def test_images_tell_their_end_of_life_as_a_day_and_their_regions_as_ids() -> None:
    row = image_row(
        "debian12", "Debian 12", "Debian", eol="2028-06-30T04:00:00", regions=[{"region": "us-ord"}]
    )

    image = Image.model_validate(row)

    assert image.eol == date(2028, 6, 30)
    assert image.regions == ("us-ord",)
    assert Image.model_validate(image_row("private/1", "mine", None)).release is None


def test_every_row_of_the_small_catalogs_is_read() -> None:
    assert None not in [parse(Image, row) for row in IMAGES]
    assert None not in [parse(Kernel, row) for row in KERNELS]
    assert None not in [parse(Region, row) for row in REGIONS]
    assert parse(Availability, {"region": "us-ord", "plan": "g6-standard-1"}) == Availability(
        region="us-ord", plan="g6-standard-1", available=True
    )


def test_a_label_loses_the_blanks_around_it() -> None:
    assert Region.model_validate(region_row("a", "us", label="Edge - Boston\t")).label == "Edge - Boston"


@pytest.mark.parametrize(
    ("image_id", "label", "release"),
    [
        ("linode/debian12", "Debian 12", Release("debian", (12,))),
        ("linode/debian12-kube-v1.36.0", "", Release("debian", (12,), "kube-v1.36.0")),
        ("linode/ubuntu24.04", "Ubuntu 24.04 LTS", Release("ubuntu", (24, 4), lts=True)),
        ("linode/ubuntu26.04", "Ubuntu 26.04", Release("ubuntu", (26, 4), lts=True)),
        ("linode/ubuntu25.04", "Ubuntu 25.04", Release("ubuntu", (25, 4))),
        ("linode/ubuntu16.04lts", "Ubuntu 16.04 LTS", Release("ubuntu", (16, 4), lts=True)),
        ("linode/ubuntu24.04-nvidia", "", Release("ubuntu", (24, 4), "nvidia", lts=True)),
        ("linode/ubuntu24.04", "Ubuntu 24.04 for LKE", Release("ubuntu", (24, 4), "lke", lts=True)),
        ("linode/centos-stream10", "CentOS Stream 10", Release("centos-stream", (10,))),
        ("linode/alpine3.22", "Alpine 3.22", Release("alpine", (3, 22))),
        ("linode/arch", "Arch Linux", Release("arch")),
        ("private/123", "Debian 12", None),
    ],
)
def test_an_images_id_tells_its_release(image_id: str, label: str, release: Release | None) -> None:
    assert parse_release(image_id, label) == release


def test_a_version_reads_as_its_maker_writes_it() -> None:
    assert [parse_release(f"linode/{name}").version_text for name in ("ubuntu24.04", "alpine3.9")] == [  # type: ignore[union-attr]  # both are releases
        "24.04",
        "3.9",
    ]


def test_places_know_continents_and_distances() -> None:
    frankfurt, chicago = coordinates_of("de-fra-2"), coordinates_of("us-ord")

    assert continent_of("DE") == "europe"
    assert continent_of("xx") is None
    assert coordinates_of("xx-new-1") is None
    assert frankfurt is not None
    assert chicago is not None
    assert 6900 < distance_km(frankfurt, chicago) < 7050
    assert distance_km(chicago, chicago) == 0
