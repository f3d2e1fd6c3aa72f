"""Picks of a plan, and why."""

from __future__ import annotations

from typing import Any

import pytest

from providers.linode.api.errors import NoMatch
from providers.linode.catalogs import (
    LinodeType,
    RegionCriteria,
    TypeCriteria,
    cheapest,
    pick_place,
    pick_type,
    smallest,
)
from tests.catalog_rows import TYPES, small_catalogs, type_row


def picked(region: str = "us-ord", **criteria: Any) -> str:
    return pick_type(small_catalogs(), TypeCriteria.read(criteria), region).id


@pytest.mark.parametrize(
    ("criteria", "chosen"),
    [
        ({}, "g6-nanode-1"),
        ({"min_memory_mb": 2048}, "g6-standard-1"),
        ({"min_memory_mb": 2049}, "g6-standard-2"),
        ({"memory_mb": 4096}, "g6-standard-2"),
        ({"max_memory_mb": 2048, "choose": "largest"}, "g6-standard-1"),
        ({"vcpus": 2}, "g6-standard-2"),
        ({"min_vcpus": 3}, "g1-gpu-rtx6000-1"),
        ({"max_vcpus": 1, "choose": "largest"}, "g6-standard-1"),
        ({"min_gpus": 1}, "g1-gpu-rtx6000-1"),
        ({"gpus": 0, "choose": "largest"}, "g6-standard-2"),
        ({"min_disk_mb": 50000}, "g6-standard-1"),
        ({"class": "gpu"}, "g1-gpu-rtx6000-1"),
        ({"class": ["gpu", "nanode"]}, "g6-nanode-1"),
        ({"exclude": "g6-nanode-1"}, "g6-standard-1"),
        ({"prefer": ["g9-none", "g6-standard-2"]}, "g6-standard-2"),
        ({"choose": "smallest"}, "g6-nanode-1"),
        ({"max_hourly_usd": 0.02, "choose": "largest"}, "g6-standard-1"),
    ],
)
def test_a_criterion_does_what_its_name_says(criteria: dict[str, Any], chosen: str) -> None:
    assert picked(**criteria) == chosen


def test_what_is_sold_out_is_not_picked() -> None:
    with pytest.raises(
        NoMatch, match=r"`any left in us-ord` removed the last 1 of 5, nearest miss g7-premium-2"
    ):
        picked("us-ord", **{"class": "premium"})


def test_a_plan_that_the_availability_does_not_list_is_sold_where_its_class_can_be() -> None:
    assert picked("de-fra-2", **{"class": "premium"}) == "g7-premium-2"
    with pytest.raises(NoMatch, match="any left in nl-ams"):
        picked("nl-ams", **{"class": "premium"})


def test_a_distributed_region_sells_only_plans_of_its_own() -> None:
    edge = small_catalogs(types=[*TYPES, type_row("g6-dedicated-edge-2", 512, 1.0)])

    assert pick_type(edge, TypeCriteria(), "de-ber-1").id == "g6-dedicated-edge-2"
    assert pick_type(edge, TypeCriteria(), "de-fra-2").id == "g6-nanode-1"
    with pytest.raises(NoMatch, match="`any left in de-ber-1` removed the last 5 of 5"):
        picked("de-ber-1")


def test_the_price_is_that_of_the_region_with_backups_when_wanted() -> None:
    least = {"min_memory_mb": 2048, "max_memory_mb": 2048}

    here = pick_type(small_catalogs(), TypeCriteria.read({**least, "backups": True}), "us-ord")
    there = pick_type(small_catalogs(), TypeCriteria.read({**least, "max_monthly_usd": 17}), "br-gru")

    assert here.monthly_usd == 14.0
    assert there.monthly_usd == 16.8
    with pytest.raises(NoMatch, match=r"nearest miss g6-standard-1 \(16.80 USD/month\)"):
        picked("br-gru", **least, max_monthly_usd=16)
    with pytest.raises(NoMatch, match=r"`≤ 13 USD/month with backups` removed .*\(14.00 USD/month\)"):
        picked("us-ord", **least, max_monthly_usd=13, backups=True)


@pytest.mark.parametrize("criteria", [TypeCriteria(), TypeCriteria(choose="smallest", max_monthly_usd=50)])
def test_a_plan_without_a_known_price_is_not_picked(criteria: TypeCriteria) -> None:
    catalogs = small_catalogs(types=[*TYPES, type_row("g9-new-1", 512, 0.0, price={})])

    assert pick_type(catalogs, criteria, "us-ord").id == "g6-nanode-1"


def test_equal_prices_go_to_the_bigger_and_equal_plans_to_the_lower_id() -> None:
    types = [
        type_row("g6-b-16", 2048, 12.0),
        type_row("g6-b-2", 2048, 12.0),
        type_row("g6-a-1", 1024, 12.0),
        type_row("g6-c-1", 2048, 12.0, vcpus=2, disk=1),
    ]

    ranked = [item.id for item in pick_type(small_catalogs(types=types), TypeCriteria(), "us-ord").ranked]

    assert ranked == ["g6-c-1", "g6-b-2", "g6-b-16", "g6-a-1"]
    assert cheapest([LinodeType.model_validate(row) for row in types[:2]], "us-ord").id == "g6-b-2"


def test_a_why_says_what_was_asked_what_it_costs_and_what_is_next() -> None:
    pick = pick_type(small_catalogs(), TypeCriteria(min_memory_mb=2048, max_monthly_usd=30), "de-fra-2")

    assert pick.why == (
        "g6-standard-1: cheapest of 2 in de-fra-2 with memory ≥ 2048 MB and ≤ 30 USD/month (12.00 USD/month); "
        "next g6-standard-2 (24.00 USD/month)"
    )
    assert str(pick) == pick.why
    assert pick.next_id == "g6-standard-2"


def test_an_explanation_counts_what_each_criterion_left() -> None:
    pick = pick_type(small_catalogs(), TypeCriteria(min_memory_mb=2048, max_monthly_usd=30), "de-fra-2")

    assert pick.explain().splitlines()[1:] == [
        "    5 types",
        "    4 with memory ≥ 2048 MB (-1; nearest miss g6-nanode-1 (1024 MB))",
        "    3 with any left in de-fra-2 (-1; nearest miss g1-gpu-rtx6000-1 (sold out or not offered there))",
        "    3 with a known price",
        "    2 with ≤ 30 USD/month (-1; nearest miss g7-premium-2 (43.00 USD/month))",
    ]


def test_no_match_is_one_line_with_the_last_criterion_the_nearest_miss_and_the_next_step() -> None:
    with pytest.raises(NoMatch) as info:
        picked("de-fra-2", min_memory_mb=2048, max_monthly_usd=10)

    assert str(info.value) == (
        "no type in de-fra-2 fits: `≤ 10 USD/month` removed the last 3 of 5, "
        "nearest miss g6-standard-1 (12.00 USD/month). "
        "Next: raise max_monthly_usd, or loosen another criterion."
    )


def test_an_unknown_class_or_region_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        NoMatch, match=r"did you mean standard\?\); the catalog has gpu, nanode, premium, standard"
    ):
        picked(**{"class": "standart"})
    with pytest.raises(NoMatch, match=r"^there is no region 'us-odr' \(did you mean us-ord"):
        picked("us-odr")


def test_an_empty_catalog_is_said_to_be_empty() -> None:
    with pytest.raises(NoMatch, match=r"^no type in us-ord fits: the catalog has no type\. Next: "):
        pick_type(small_catalogs(types=[]), TypeCriteria(), "us-ord")


def test_otherwise_is_taken_when_nothing_fits_and_says_so() -> None:
    criteria = TypeCriteria.read({"class": "premium", "otherwise": {"min_memory_mb": 4096}})

    pick = pick_type(small_catalogs(), criteria, "us-ord")

    assert pick.id == "g6-standard-2"
    assert "; a fallback, as no type in us-ord fits: `any left in us-ord` removed the last 1 of 5" in pick.why
    assert pick_type(small_catalogs(), criteria, "de-fra-2").id == "g7-premium-2"


def test_when_the_fallback_fails_too_both_are_told_in_one_line() -> None:
    criteria = TypeCriteria.read({"class": "premium", "otherwise": {"min_memory_mb": 10**9}})

    with pytest.raises(NoMatch) as info:
        pick_type(small_catalogs(), criteria, "us-ord")

    assert "any left in us-ord" in str(info.value)
    assert "memory ≥ 1000000000 MB" in str(info.value)
    assert str(info.value).count("Next:") == 1
    assert "\n" not in str(info.value)


def test_cheapest_and_smallest_work_on_any_plans() -> None:
    plans = [LinodeType.model_validate(row) for row in TYPES]

    assert cheapest(plans[1:], "us-ord").id == "g6-standard-1"
    assert smallest(reversed(plans)).id == "g6-nanode-1"
    with pytest.raises(NoMatch):
        cheapest([], "us-ord")
    with pytest.raises(NoMatch):
        smallest([])


def test_a_place_is_the_cheapest_plan_over_all_regions_that_fit() -> None:
    dear_here = [{"id": "de-fra-2", "hourly": 0.04, "monthly": 30.0}]
    types = [type_row("g6-standard-2", 4096, 24.0, region_prices=dear_here)]
    europe = RegionCriteria(continent="europe")

    place = pick_place(small_catalogs(types=types), TypeCriteria(), europe)

    assert (place.type.id, place.region.id, place.type.monthly_usd) == ("g6-standard-2", "eu-west", 24.0)
    assert place.region.why.startswith("eu-west: has the cheapest type that fits, g6-standard-2")


def test_a_place_says_that_its_region_is_a_fallback() -> None:
    elsewhere = RegionCriteria.read({"continent": "africa", "otherwise": {"continent": "europe"}})

    place = pick_place(small_catalogs(), TypeCriteria(), elsewhere)

    assert "; a fallback, as no region fits: `continent africa` removed" in place.region.why


def test_a_place_falls_back_and_fails_as_picks_do() -> None:
    europe = RegionCriteria(continent="europe")
    gpu = TypeCriteria.read({"min_gpus": 1, "otherwise": {"class": "premium"}})

    place = pick_place(small_catalogs(), gpu, europe)

    assert place.type.id == "g7-premium-2"
    for why in (place.type.why, place.region.why):
        assert "; a fallback, as no region fits: `a type that fits` removed" in why
    with pytest.raises(NoMatch, match="`a type that fits` removed the last 3 of 6"):
        pick_place(small_catalogs(), TypeCriteria(min_gpus=1), europe)
