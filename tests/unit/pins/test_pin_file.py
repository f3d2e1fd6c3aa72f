"""The file of pins: the same bytes for the same pins, one clear line for whatever is wrong, never damaged."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path

import pytest

from fleet.engine.local_stack import LocalStack
from providers.linode.api.connection import LOCAL_STACK
from providers.linode.api.errors import BadPins
from providers.linode.catalogs import ImageCriteria, TypeCriteria
from providers.linode.pins import Pin, PinFile, Wish, default_path
from providers.linode.pins.file import render, restoring
from providers.linode.pins.pin import make_pin
from providers.linode.project import PROJECT
from tests.catalog_rows import small_catalogs

NOW = datetime(2026, 5, 4, 13, 37, tzinfo=timezone.utc)
TYPE = Wish("type", TypeCriteria(min_memory_mb=2048, backups=True), region="br-gru")


def pin_of(wish: Wish) -> Pin:
    return make_pin(wish, wish.pick(small_catalogs(), NOW.date()), NOW)


PINS = {"web/type": pin_of(TYPE), "db/image": pin_of(Wish("image", ImageCriteria(vendor="Debian")))}


def test_a_pin_says_what_was_chosen_why_at_what_price_and_when() -> None:
    pin = PINS["web/type"]

    assert (pin.chosen, pin.runner_up, pin.for_region) == ("g6-standard-1", "g6-standard-2", "br-gru")
    assert pin.monthly_usd == 18.8, "the region's own price, with backups"
    assert pin.hourly_usd == 0.028
    assert pin.picked_at == "2026-05-04T13:37:00Z"
    assert pin.why.startswith("g6-standard-1: cheapest of 2 in br-gru with memory ≥ 2048 MB")
    assert pin.explanation[0] == "5 types"
    assert pin.catalog == {"candidates": 5, "fit": 2}
    assert pin.facts["memory_mb"] == 2048
    assert pin.criteria == {"min_memory_mb": 2048, "backups": True}
    assert pin.criteria_hash == TYPE.digest


def test_the_file_is_sorted_readable_and_stable(tmp_path: Path) -> None:
    file = PinFile.read(tmp_path / "pins.dev.json").write(PINS)

    text = file.path.read_text(encoding="utf-8")
    again = PinFile.read(file.path)

    assert again.pins == PINS
    assert render(dict(reversed(list(again.pins.items())))) == text
    assert list(json.loads(text)["pins"]) == ["db/image", "web/type"]
    assert "memory ≥ 2048 MB" in text
    assert text.endswith("}\n")
    assert os.listdir(tmp_path) == ["pins.dev.json"]


def test_a_file_that_would_be_the_same_is_left_alone(tmp_path: Path) -> None:
    file = PinFile.read(tmp_path / "pins.dev.json").write(PINS)
    before = file.path.stat().st_mtime_ns

    file.write(PINS)

    assert file.path.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "can't be understood"),
        ("{half", "can't be understood: .*line 1"),
        ("[]", "it has no pins"),
        ('{"version": 1}', "it has no pins"),
        ('{"version": 2, "pins": {}}', "has version 2, and this program knows 1"),
        ('{"pins": {}}', "has version None"),
        ('{"version": 1, "pins": {"web/type": 7}}', "web/type"),
        ('{"version": 1, "pins": {"web/type": {"kind": "type"}}}', "web/type.chosen: Field required"),
        ('{"version": 1, "pins": {"a": 1, "a": 2}}', "a is given twice"),
        ("<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> other\n", "marks of an unfinished merge"),
        ("[" * 100_000, "can't be understood"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_changed(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "pins.dev.json"
    path.write_text(text)

    with pytest.raises(BadPins, match=said) as caught:
        PinFile.read(path)

    assert "Next: " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_text() == text


def test_git_is_named_for_files_under_version_control_only(tmp_path: Path) -> None:
    (tmp_path / "pins.local.json").write_text("[")

    with pytest.raises(BadPins) as caught:
        PinFile.read(tmp_path / "pins.local.json")

    assert "Next: remove it to pick again." in str(caught.value)
    assert restoring(PROJECT / "stacks" / "pins.dev.json") == "git checkout -- stacks/pins.dev.json"
    assert restoring(PROJECT / ".local" / "pins.local.json") == ""


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "pins.dev.json").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(BadPins, match="it is not text"):
        PinFile.read(tmp_path / "pins.dev.json")


def test_a_change_by_another_program_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    file = PinFile.read(tmp_path / "pins.dev.json")
    PinFile.read(file.path).write({"web/type": PINS["web/type"]})
    theirs = file.path.read_text()

    with pytest.raises(BadPins, match="changed by another program meanwhile"):
        file.write(PINS)

    assert file.path.read_text() == theirs


def test_a_write_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = PinFile.read(tmp_path / "pins.dev.json").write({"web/type": PINS["web/type"]})
    before = file.path.read_text()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BadPins, match=r"can't be written \(No space left on device\)"):
        file.write(PINS)

    assert file.path.read_text() == before
    assert os.listdir(tmp_path) == ["pins.dev.json"]


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('"g6-standard-1"', '"g6-nanode-1"'),
        ('"min_memory_mb": 2048', '"min_memory_mb": 1024'),
        ('"monthly_usd": 18.8', '"monthly_usd": 1.8'),
        ('"sum": "', '"sum": "0'),
    ],
)
def test_a_change_by_hand_is_seen(tmp_path: Path, was: str, becomes: str) -> None:
    file = PinFile.read(tmp_path / "pins.dev.json").write(PINS)
    text = file.path.read_text()
    assert was in text
    file.path.write_text(text.replace(was, becomes))

    pins = PinFile.read(file.path).pins

    assert pins["web/type"].is_edited


def test_what_was_written_is_not_edited(tmp_path: Path) -> None:
    file = PinFile.read(tmp_path / "pins.dev.json").write(PINS)

    assert not any(pin.is_edited for pin in PinFile.read(file.path).pins.values())


def test_the_place_of_a_file_follows_its_stack(tmp_path: Path) -> None:
    assert default_path("dev").parts[-2:] == ("stacks", "pins.dev.json")
    assert default_path(LOCAL_STACK, {}).parts[-2:] == (".local", "pins.local.json")
    assert default_path(LOCAL_STACK, {"LOCAL_HOME": str(tmp_path)}) == LocalStack(tmp_path).pins
