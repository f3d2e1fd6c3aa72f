"""What a filter means here, and how wrong ones are refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any, cast

import pytest

from providers.linode.api.errors import BadFilter
from providers.linode.catalogs import Events, Images, Kernels, LinodeTypes, Regions
from providers.linode.catalogs.filter import Filter
from tests.catalog_rows import small_catalogs

PLAN = {"id": "g6-standard-2", "class": "standard", "memory": 4096, "gpus": 0, "price": {"monthly": 24.0}}
OWN = {"id": "private/7", "label": "web-base", "vendor": None, "deprecated": False, "tags": ["web", "blue"]}


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        (LinodeTypes.memory_mb == 4096, True),
        (LinodeTypes.memory_mb == 4096.0, True),
        (LinodeTypes.memory_mb != 4096, False),
        (LinodeTypes.memory_mb < 4096, False),
        (LinodeTypes.memory_mb <= 4096, True),
        (LinodeTypes.memory_mb > 4096, False),
        (LinodeTypes.memory_mb >= 4096, True),
        (LinodeTypes.memory_mb > 4095.5, True),
        (LinodeTypes.class_ == "standard", True),
        (LinodeTypes.class_ == "Standard", False),
        (LinodeTypes.class_.one_of("gpu", "standard"), True),
        (LinodeTypes.class_.one_of("gpu", "premium"), False),
        (LinodeTypes.id.contains("standard"), True),
        (LinodeTypes.id.contains("Standard"), False),
        (LinodeTypes.monthly_usd <= 24, True),
        (LinodeTypes.monthly_usd < 24, False),
        ((LinodeTypes.gpus == 0) & (LinodeTypes.memory_mb > 8192), False),
        ((LinodeTypes.gpus == 0) | (LinodeTypes.memory_mb > 8192), True),
        (~(LinodeTypes.gpus == 0), False),
        (~~(LinodeTypes.gpus == 0), True),
    ],
)
def test_a_filter_holds_when_the_comparison_is_true(where: Filter[Any], holds: bool) -> None:
    assert where.holds(PLAN) is holds


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        (Images.vendor == "Debian", False),
        (Images.vendor != "Debian", True),
        (Images.vendor == None, True),  # noqa: E711  # builds a filter
        (Images.vendor != None, False),  # noqa: E711  # builds a filter
        (Images.vendor.contains(""), False),
        (Images.size_mb <= 10**9, False),
        (~(Images.size_mb <= 10**9), True),
        (Images.deprecated == False, True),  # noqa: E712  # builds a filter
        (Images.tags.contains("web"), True),
        (Images.tags.contains("we"), False),
        (Images.tags.contains_all("web", "blue"), True),
        (Images.tags.contains_all("web", "green"), False),
        (Images.capabilities.contains("cloud-init"), False),
    ],
)
def test_null_and_missing_equal_nothing_but_none(where: Filter[Any], holds: bool) -> None:
    assert where.holds(OWN) is holds


def test_versions_compare_as_numbers() -> None:
    row = {"version": "5.10.4"}

    assert (Kernels.version > "5.9").holds(row)
    assert not (Kernels.version < "5.9.10").holds(row)
    assert not (Kernels.version == "5.10").holds(row)


def test_times_compare_in_utc_whatever_zone_they_are_given_in() -> None:
    row = {"created": "2026-05-04T13:00:00", "entity": {"type": "linode"}}
    later_here = datetime(2026, 5, 4, 15, 0, tzinfo=timezone(timedelta(hours=2)))

    assert (Events.created == later_here).holds(row)
    assert (Events.created > date(2026, 5, 4)).holds(row)
    assert (Events.entity_type == "linode").holds(row)


def test_a_value_of_another_kind_in_a_row_is_as_good_as_missing() -> None:
    assert not (LinodeTypes.memory_mb >= 1).holds({"memory": "lots"})
    assert not (LinodeTypes.memory_mb >= 1).holds({"memory": float("nan")})
    assert not (LinodeTypes.memory_mb == 1).holds({"memory": True})
    assert not (LinodeTypes.monthly_usd >= 0).holds({"price": 5})


def test_a_wrong_attribute_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        BadFilter, match=r"^LinodeTypes has no attribute 'memory' \(did you mean memory_mb"
    ) as info:
        LinodeTypes.attribute("memory")

    assert "\n" not in str(info.value)


def test_a_wrong_attribute_in_code_is_refused_the_same_way() -> None:
    with pytest.raises(BadFilter, match="did you mean capabilities"):
        Regions.capabilites  # type: ignore[attr-defined]  # noqa: B018  # that is what is tested

    assert not hasattr(Regions, "capabilites")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: LinodeTypes.attribute("memory_mb") >= "4096",
            "LinodeTypes.memory_mb is compared with '4096', a str",
        ),
        (lambda: LinodeTypes.memory_mb >= True, "a bool. Next: compare it with a number"),
        (lambda: LinodeTypes.memory_mb >= float("nan"), "a number"),
        (lambda: LinodeTypes.class_ == 3, "a string"),
        (lambda: Images.deprecated == "false", "True or False"),
        (lambda: Images.attribute("created") >= "2026-01-01", "a datetime or a date"),
        (lambda: Images.tags == "web", r"Images.tags.contains\('web'\)"),
        (lambda: Images.attribute("tags").contains(None), "a string"),
        (lambda: bool(Images.vendor == "Debian"), r"write \(a\) & \(b\)"),
        (lambda: 1 < LinodeTypes.vcpus < 4, r"write \(a\) & \(b\)"),
        (lambda: (Images.vendor == "Debian") and (Images.size_mb < 5), r"write \(a\) & \(b\)"),
        (lambda: (Images.vendor == "Debian") & cast("Any", True), "True is not a filter"),
    ],
)
def test_a_comparison_that_makes_no_sense_is_refused_in_one_line(
    make: Callable[[], object], says: str
) -> None:
    with pytest.raises(BadFilter, match=says) as info:
        make()

    assert "\n" not in str(info.value)


def test_equal_filters_are_equal() -> None:
    from providers.linode.catalogs.filter import All, Compare

    def parts(where: Filter[Any]) -> tuple[object, ...]:
        assert isinstance(where, All)
        return tuple(
            (each.field, each.operator, each.value) for each in where.parts if isinstance(each, Compare)
        )

    one = (LinodeTypes.vcpus >= 2) & (LinodeTypes.gpus == 0) & (LinodeTypes.memory_mb < 9)
    two = (LinodeTypes.vcpus >= 2) & ((LinodeTypes.gpus == 0) & (LinodeTypes.memory_mb < 9))

    assert parts(one) == parts(two)
    assert len(parts(one)) == 3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            lambda: cast("Any", LinodeTypes.label) > 3,
            r"LinodeTypes\.label has no order\. Next: compare it by ==, != or",
        ),
        (
            lambda: cast("Any", LinodeTypes.class_) >= 3,
            r"LinodeTypes\.class_ has no order\. Next: compare it by ==,",
        ),
        (
            lambda: cast("Any", Images.deprecated) < 1,
            r"Images\.deprecated has no order\. Next: compare it by == or !=\.",
        ),
        (
            lambda: cast("Any", Images.tags) <= "a",
            r"Images\.tags has no order\. Next: ask for it by contains\(…\)\.",
        ),
        (
            lambda: small_catalogs().types(cast("Any", LinodeTypes.vcpus)),
            r"LinodeTypes\.vcpus alone is no filter\. Next: compare it, such as LinodeTypes\.vcpus == …\.",
        ),
        (
            lambda: small_catalogs().types(None, cast("Any", LinodeTypes.vcpus)),
            r"LinodeTypes\.vcpus alone is no order\. Next: write LinodeTypes\.vcpus\.ascending\(\)\.",
        ),
        (
            lambda: (LinodeTypes.vcpus > 1) & cast("Any", LinodeTypes.gpus),
            r"^LinodeTypes\.gpus is not a filter\. Next: compare an attribute",
        ),
    ],
)
def test_what_is_no_comparison_is_one_clear_line(wrong: Callable[[], object], said: str) -> None:
    with pytest.raises(BadFilter, match=said):
        wrong()
