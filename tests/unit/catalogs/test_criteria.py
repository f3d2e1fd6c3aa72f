"""Criteria from settings: what is accepted, how the same ones become the same text, what is refused."""

from __future__ import annotations

import pytest

from providers.linode.api.errors import BadFilter
from providers.linode.catalogs import Criteria, ImageCriteria, RegionCriteria, TypeCriteria


def test_the_same_criteria_have_the_same_json_however_they_are_written() -> None:
    one = TypeCriteria.read({"class": ["premium", "gpu"], "min_memory_mb": 2048.0, "max_monthly_usd": "15"})
    two = TypeCriteria(
        class_=("gpu", "premium", "gpu"), max_monthly_usd=15, min_memory_mb=2048, backups=False
    )

    assert one == two
    assert one.canonical_json() == '{"class":["gpu","premium"],"max_monthly_usd":15.0,"min_memory_mb":2048}'
    assert two.canonical_json() == one.canonical_json()


def test_criteria_made_in_code_are_refused_in_one_line() -> None:
    with pytest.raises(BadFilter) as wrong:
        TypeCriteria(min_memroy_mb=1)  # type: ignore[call-arg]  # what an editor would show
    with pytest.raises(BadFilter, match="max_distance_km needs `near`"):
        RegionCriteria(max_distance_km=5)

    assert str(wrong.value).startswith(
        "TypeCriteria: min_memroy_mb is no criterion (did you mean min_memory_mb"
    )
    assert "\n" not in str(wrong.value)


def test_an_order_of_preference_is_kept() -> None:
    one = RegionCriteria.read({"prefer": ["us-ord", "de-fra-2"], "countries": ["US", "de"]})

    assert one.canonical_json() == '{"countries":["de","us"],"prefer":["us-ord","de-fra-2"]}'


def test_defaults_leave_no_trace_so_that_new_criteria_change_no_json() -> None:
    assert TypeCriteria().canonical_json() == "{}"


def test_json_reads_back_as_the_same_criteria() -> None:
    criteria = ImageCriteria.read(
        {
            "vendor": "Ubuntu",
            "version": 24,
            "supported_until": "2028-01-01",
            "otherwise": {"vendor": "Debian"},
        }
    )

    assert ImageCriteria.model_validate_json(criteria.canonical_json()) == criteria


def test_criteria_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        TypeCriteria().backups = True


def test_the_keys_are_those_that_settings_are_written_with() -> None:
    assert "class" in TypeCriteria.setting_names()
    assert "class_" not in TypeCriteria.setting_names()


@pytest.mark.parametrize(
    ("kind", "settings", "says"),
    [
        (
            TypeCriteria,
            {"min_memry_mb": 1},
            r"^TypeCriteria: min_memry_mb is no criterion \(did you mean min_memory_mb",
        ),
        (TypeCriteria, {"min_vcpus": -1}, r"min_vcpus: .*greater than or equal to 0 \(got -1\)"),
        (TypeCriteria, {"min_vcpus": "two"}, r"min_vcpus: .*\(got 'two'\)"),
        (TypeCriteria, {"max_monthly_usd": float("nan")}, "max_monthly_usd"),
        (TypeCriteria, {"otherwise": {"min_vcpu": 1}}, r"otherwise.min_vcpu is no criterion \(did you mean"),
        (RegionCriteria, {"continent": "europa"}, r"continent is 'europa' \(did you mean europe\?\)"),
        (RegionCriteria, {"near": [95, 0]}, "near"),
        (RegionCriteria, {"max_distance_km": 5}, "max_distance_km needs `near`"),
        (RegionCriteria, {"countries": [1]}, "countries"),
        (ImageCriteria, {"vendor": "Ubuntu", "version": 24.1}, "put the version in quotes"),
        (ImageCriteria, {"vendor": "Ubuntu", "version": "noble"}, "version"),
        (ImageCriteria, {"lts": True}, "name a vendor or a distribution"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(
    kind: type[Criteria], settings: dict[str, object], says: str
) -> None:
    with pytest.raises(BadFilter, match=says) as info:
        kind.read(settings)

    assert "\n" not in str(info.value)
    assert ". Next: " in str(info.value)
