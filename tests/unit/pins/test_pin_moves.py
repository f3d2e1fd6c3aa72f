"""Moves of pins: to the catalogs' present answer, back again, and from stack to stack."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from providers.linode.api.errors import BadPins, NoMatch
from providers.linode.catalogs import ImageCriteria, RegionCriteria, TypeCriteria
from providers.linode.pins import Pin, Wish
from providers.linode.pins.advice import advise
from providers.linode.pins.moves import keep, promote, repin
from providers.linode.pins.pin import make_pin
from tests.catalog_rows import IMAGES, REGIONS, TYPES, image_row, region_row, small_catalogs, type_row

NOW = datetime(2026, 5, 4, 13, 37, tzinfo=timezone.utc)
LATER = datetime(2026, 6, 4, 13, 37, tzinfo=timezone.utc)
NEWER = small_catalogs(
    images=[*IMAGES, image_row("debian13", "Debian 13", "Debian")],
    types=[*TYPES, type_row("g8-new", 2048, 9.0)],
    regions=[*REGIONS, region_row("at-vie", "at", "Metadata")],
)


def wishes(memory_mb: int = 2048, vendor: str = "Debian") -> dict[str, Wish]:
    """What a group's settings ask for; its type in the region that is picked."""
    sells = TypeCriteria(min_memory_mb=memory_mb)
    return {
        "web/region": Wish(
            "region", RegionCriteria(continent="europe", capabilities=("Metadata",)), sells=sells
        ),
        "web/type": Wish("type", sells, region="de-fra-2"),
        "web/image": Wish("image", ImageCriteria(vendor=vendor)),
    }


def pins(memory_mb: int = 2048, vendor: str = "Debian") -> dict[str, Pin]:
    """A group's pins, as made on a day before."""
    asked = wishes(memory_mb, vendor).items()
    return {key: make_pin(wish, wish.pick(small_catalogs(), NOW.date()), NOW) for key, wish in asked}


def ids(found: object) -> dict[str, str]:
    assert isinstance(found, dict)
    return {key: pin.chosen for key, pin in found.items()}


BEFORE = {"web/region": "de-fra-2", "web/type": "g6-standard-1", "web/image": "linode/debian12"}
AFTER = {"web/region": "at-vie", "web/type": "g8-new", "web/image": "linode/debian13"}


def test_repin_moves_all_and_each_remembers_where_it_came_from() -> None:
    moved = repin(pins(), [], NEWER, LATER)

    assert ids(pins()) == BEFORE
    assert ids(moved.pins) == AFTER
    assert {key: pin.previous.chosen for key, pin in moved.pins.items() if pin.previous} == BEFORE
    assert not any(pin.is_edited for pin in moved.pins.values())
    assert moved.pins["web/type"].for_region == "at-vie"
    assert any(
        str(move).startswith("web/image: linode/debian12 -> linode/debian13 (") for move in moved.moves
    )


def test_repin_moves_only_what_is_named() -> None:
    moved = repin(pins(), ["web/image"], NEWER, LATER)

    assert ids(moved.pins) == {**BEFORE, "web/image": "linode/debian13"}


def test_repin_of_what_is_still_first_changes_nothing() -> None:
    moved = repin(pins(), [], small_catalogs(), LATER)

    assert moved.pins == pins()
    assert {move.text for move in moved.moves} == {"unchanged"}


def test_repin_of_a_pin_changed_by_hand_makes_it_whole_again() -> None:
    edited = pins()["web/image"].model_copy(update={"chosen": "linode/debian11"})

    moved = repin({"web/image": edited}, [], small_catalogs(), LATER)

    assert ids(moved.pins) == {"web/image": "linode/debian12"}
    assert not moved.pins["web/image"].is_edited


def test_repin_moves_nothing_when_one_of_them_cannot_be_picked() -> None:
    with pytest.raises(NoMatch):
        repin(pins(), [], small_catalogs(images=[]), LATER)


def test_a_key_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(BadPins, match=r"no pin web/imag \(did you mean web/image"):
        repin(pins(), ["web/imag"], NEWER, LATER)
    with pytest.raises(BadPins, match="there are no pins"):
        repin({}, ["web/image"], NEWER, LATER)


def test_keep_takes_a_move_back_and_what_it_moved_to_is_not_proposed_again() -> None:
    moved = repin(pins(), [], NEWER, LATER).pins

    back = keep(moved, [], NEWER, LATER)

    assert ids(back.pins) == BEFORE
    assert {key: pin.declined for key, pin in back.pins.items()} == AFTER
    for key in ("web/image", "web/region"):
        assert advise(key, back.pins[key], NEWER, LATER.date(), "repin") is None


def test_keep_of_a_region_takes_its_type_along() -> None:
    moved = repin(pins(), [], NEWER, LATER).pins

    back = keep(moved, ["web/region"], NEWER, LATER)

    assert ids(back.pins) == {**BEFORE, "web/image": "linode/debian13"}


def test_keep_of_what_has_not_moved_silences_the_proposal() -> None:
    kept = keep(pins(), ["web/image"], NEWER, LATER)

    assert ids(kept.pins) == BEFORE
    assert advise("web/image", kept.pins["web/image"], NEWER, LATER.date(), "repin") is None
    assert advise("web/image", pins()["web/image"], NEWER, LATER.date(), "repin") is not None


def test_promote_copies_what_answers_the_same_wishes() -> None:
    source = repin(pins(), [], NEWER, LATER).pins

    promoted = promote(source, pins(), [], wishes())

    assert ids(promoted.pins) == AFTER
    assert {key: pin.previous.chosen for key, pin in promoted.pins.items() if pin.previous} == BEFORE


def test_promote_copies_what_is_not_there_yet() -> None:
    promoted = promote(pins(), {}, [], wishes())

    assert promoted.pins == pins()


def test_promote_leaves_what_has_other_criteria() -> None:
    source = repin(pins(), [], NEWER, LATER).pins
    target = pins(memory_mb=4096, vendor="Ubuntu")

    promoted = promote(source, target, [], wishes(memory_mb=4096, vendor="Ubuntu"))

    assert promoted.pins == target
    assert {move.key: move.text for move in promoted.moves} == {
        "web/region": "left: other criteria: type.min_memory_mb",
        "web/image": "left: other criteria: vendor",
        "web/type": "left: other criteria: min_memory_mb",
    }


def test_promote_asks_the_settings_of_the_target_and_not_its_pins() -> None:
    source = repin(pins(), [], NEWER, LATER).pins

    new = promote(source, {}, [], wishes(memory_mb=4096))
    old = promote(source, pins(vendor="Ubuntu"), ["web/image"], wishes())
    unasked = promote(source, {}, ["web/image"], {})

    assert ids(new.pins) == {"web/image": "linode/debian13"}
    assert [str(move) for move in new.moves] == [
        "web/region: none (left: other criteria: type.min_memory_mb)",
        "web/image: none -> linode/debian13",
        "web/type: none (left: other criteria: min_memory_mb)",
    ]
    assert ids(old.pins)["web/image"] == "linode/debian13"
    assert (unasked.pins, [move.text for move in unasked.moves]) == (
        {},
        ["left: its settings don't ask for it"],
    )


def test_promote_leaves_a_type_where_no_region_is_pinned() -> None:
    promoted = promote(pins(), {}, ["web/type"], wishes())

    assert (promoted.pins, [str(move) for move in promoted.moves]) == (
        {},
        ["web/type: none (left: another region)"],
    )


def test_promote_leaves_a_type_of_another_region() -> None:
    source = repin(pins(), [], NEWER, LATER).pins

    promoted = promote(source, pins(), ["web/type"], wishes())

    assert ids(promoted.pins) == BEFORE
    assert [move.text for move in promoted.moves] == ["left: another region"]


def test_promote_refuses_a_pin_changed_by_hand() -> None:
    edited = pins()["web/image"].model_copy(update={"chosen": "linode/debian11"})

    with pytest.raises(BadPins, match="changed by hand"):
        promote({"web/image": edited}, {}, [], wishes())
