"""Ids and classes in criteria that the catalog does not have: told with the nearest, in every way to a pick."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from providers.linode.api.errors import NoMatch
from providers.linode.catalogs import (
    Criteria,
    ImageCriteria,
    KernelCriteria,
    RegionCriteria,
    TypeCriteria,
    pick_place,
    pick_region,
    pick_type,
    unknown_names,
)
from providers.linode.pins import PinFile, Pinned, Wish
from tests.catalog_rows import small_catalogs

NOW = datetime(2026, 5, 4, 13, 37, tzinfo=timezone.utc)
EUROPE = RegionCriteria(continent="europe")


@pytest.mark.parametrize(
    ("criteria", "todo"),
    [
        (TypeCriteria(ids=("g6-nanod-1",)), "ids names g6-nanod-1, which is no type (did you mean g6-nanode-1"),
        (TypeCriteria(class_=("premum",)), "class names premum, which is no class of the catalog (did"),
        (
            TypeCriteria(min_gpus=1, otherwise=TypeCriteria(ids=("g6-nanod-1",))),
            "ids names g6-nanod-1, which is no type (did you mean g6-nanode-1",
        ),
    ],
)  # fmt: skip
def test_a_region_that_sells_no_such_type_says_which_name_is_wrong(criteria: TypeCriteria, todo: str) -> None:
    with pytest.raises(NoMatch) as none:
        pick_region(small_catalogs(), EUROPE, sells=criteria)
    with pytest.raises(NoMatch, match="did you mean"):
        pick_place(small_catalogs(), criteria, EUROPE)

    assert f"Next: correct the type's criteria: {todo}" in str(none.value)


def test_known_names_that_no_region_sells_are_no_misspelling() -> None:
    with pytest.raises(
        NoMatch, match=r"Next: loosen the type's criteria, or the region's: us-ord has one\.$"
    ):
        pick_region(small_catalogs(), EUROPE, sells=TypeCriteria(ids=("g1-gpu-rtx6000-1",)))


@pytest.mark.parametrize(
    ("criteria", "said"),
    [
        (RegionCriteria(prefer=("de-fra-2", "us-odr")), "prefer names us-odr, which is no region (did you mean"),
        (RegionCriteria(exclude=("nl-amss",)), "exclude names nl-amss, which is no region (did you mean nl-ams"),
        (TypeCriteria(prefer=("g6-standrd-1",)), "prefer names g6-standrd-1, which is no type (did you mean"),
        (ImageCriteria(vendor="Debian", prefer=("linode/debain12",)), "prefer names linode/debain12, which is no im"),
        (KernelCriteria(prefer=("zzz",)), "prefer names zzz, which is no kernel"),
        (RegionCriteria(otherwise=RegionCriteria(ids=("nl-amss",))), "ids names nl-amss, which is no region (did you"),
    ],
)  # fmt: skip
def test_each_unknown_id_is_named_with_the_nearest(criteria: Criteria, said: str) -> None:
    (line,) = unknown_names(small_catalogs(), criteria)

    assert line.startswith(said)


def test_what_the_catalog_has_is_not_named() -> None:
    known = TypeCriteria(
        ids=("g6-standard-1",), class_=("gpu",), prefer=("g6-nanode-1",), exclude=("g7-premium-2",)
    )

    assert unknown_names(small_catalogs(), known) == ()


def test_a_pick_explains_what_it_did_not_understand() -> None:
    pick = pick_type(small_catalogs(), TypeCriteria(prefer=("g6-standrd-1",)), "us-ord")

    assert pick.unknown == unknown_names(small_catalogs(), TypeCriteria(prefer=("g6-standrd-1",)))
    assert pick.explain().endswith(pick.unknown[0])


def test_a_stack_is_warned_whether_it_picks_or_has_a_pin(tmp_path: Path) -> None:
    wish = Wish("region", RegionCriteria(continent="europe", prefer=("nl-amss",)))
    notes = []
    for _ in range(2):
        run = Pinned(PinFile.read(tmp_path / "pins.json"), small_catalogs(), NOW, stack="dev")
        assert run.pick("web/region", wish).id == "de-fra-2"
        run.save()
        notes.append([(note.severity, str(note)) for note in run.notes])

    line = "web/region: prefer names nl-amss, which is no region (did you mean nl-ams?). Next: correct or remove it."
    assert notes == [[("warning", line)]] * 2
