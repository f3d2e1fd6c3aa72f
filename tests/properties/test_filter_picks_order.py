"""No pick depends on the order in which the API lists its rows."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given, strategies as st

from providers.linode.api.errors import NoMatch
from providers.linode.catalogs import (
    ImageCriteria,
    KernelCriteria,
    LinodeTypes,
    Pick,
    RegionCriteria,
    TypeCriteria,
    pick_image,
    pick_kernel,
    pick_place,
    pick_region,
    pick_type,
)
from tests.catalog_rows import AVAILABILITY, IMAGES, KERNELS, REGIONS, TYPES, small_catalogs, type_row

TIED = [
    *TYPES,
    type_row("g6-tied-16", 2048, 12.0),
    type_row("g6-tied-2", 2048, 12.0),
    type_row("g6-free", 512, 0.0),
]

TYPE_CRITERIA = st.builds(
    TypeCriteria,
    min_memory_mb=st.none() | st.sampled_from([1024, 2048, 10**6]),
    max_monthly_usd=st.none() | st.sampled_from([1, 12, 50]),
    min_gpus=st.none() | st.just(1),
    backups=st.booleans(),
    choose=st.sampled_from(["cheapest", "smallest", "largest"]),
)
REGION_CRITERIA = st.builds(
    RegionCriteria,
    continent=st.none() | st.sampled_from(["europe", "asia"]),
    capabilities=st.sampled_from([(), ("Metadata",), ("Nothing",)]),
    site_type=st.sampled_from(["core", "any"]),
    near=st.none() | st.just((0.0, 0.0)),
)
IMAGE_CRITERIA = st.builds(
    ImageCriteria,
    vendor=st.sampled_from(["Debian", "Ubuntu", "Alpine", "Nobody"]),
    lts=st.booleans(),
    deprecated=st.booleans(),
)


def answer(pick: Any) -> tuple[Any, ...]:
    """All that a user sees of a pick, or of the refusal."""
    try:
        found = pick()
    except NoMatch as none:
        return (str(none),)
    assert isinstance(found, Pick)
    return found.explain(), [each.id for each in found.ranked], found.monthly_usd


@given(
    types=st.permutations(TIED),
    regions=st.permutations(REGIONS),
    availability=st.permutations(AVAILABILITY),
    images=st.permutations(IMAGES),
    kernels=st.permutations(KERNELS),
    type_criteria=TYPE_CRITERIA,
    region_criteria=REGION_CRITERIA,
    image_criteria=IMAGE_CRITERIA,
)
def test_a_pick_and_its_explanation_do_not_depend_on_the_apis_order(
    types: Any,
    regions: Any,
    availability: Any,
    images: Any,
    kernels: Any,
    type_criteria: TypeCriteria,
    region_criteria: RegionCriteria,
    image_criteria: ImageCriteria,
) -> None:
    sorted_rows = small_catalogs(types=TIED)
    shuffled = small_catalogs(
        types=types, regions=regions, availability=availability, images=images, kernels=kernels
    )

    for catalogs_pick in (
        lambda c: pick_type(c, type_criteria, "us-ord"),
        lambda c: pick_region(c, region_criteria),
        lambda c: pick_region(c, region_criteria, sells=type_criteria),
        lambda c: pick_place(c, type_criteria, region_criteria).type,
        lambda c: pick_place(c, type_criteria, region_criteria).region,
        lambda c: pick_image(c, image_criteria, date(2026, 7, 1)),
        lambda c: pick_kernel(c, KernelCriteria()),
    ):
        assert answer(lambda: catalogs_pick(shuffled)) == answer(lambda: catalogs_pick(sorted_rows))  # noqa: B023  # called at once


@given(types=st.permutations(TIED))
def test_an_order_does_not_depend_on_the_apis_order(types: Any) -> None:
    order = LinodeTypes.memory_mb.descending()

    assert small_catalogs(types=types).types(order=order) == small_catalogs(types=TIED).types(order=order)


@given(types=st.permutations(TIED), criteria=TYPE_CRITERIA)
def test_a_pick_meets_its_criteria_and_nothing_that_meets_them_is_cheaper(
    types: Any, criteria: TypeCriteria
) -> None:
    catalogs = small_catalogs(types=types)
    try:
        pick = pick_type(catalogs, criteria, "br-gru")
    except NoMatch:
        return

    prices = [each.monthly_usd("br-gru", criteria.backups) or 0 for each in pick.ranked]
    assert all(each.memory_mb >= (criteria.min_memory_mb or 0) for each in pick.ranked)
    assert all(price <= (criteria.max_monthly_usd or 10**9) for price in prices)
    if criteria.choose == "cheapest":
        assert prices == sorted(prices)
    assert pick.funnel.left == len(pick.ranked)
    assert pick.funnel.start - sum(step.removed for step in pick.funnel.steps) == pick.funnel.left
