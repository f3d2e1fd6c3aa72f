"""What a program gets of its pins: the pinned, with a line about what the catalog has, until its wish changes."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from providers.linode.api.errors import ApiUnreachable, BadPins, NoMatch, Offline
from providers.linode.catalogs import (
    Catalogs,
    ImageCriteria,
    KernelCriteria,
    RegionCriteria,
    TypeCriteria,
)
from providers.linode.pins import PinFile, Pinned, Wish, is_locked
from providers.linode.pins.advice import Only
from tests.catalog_rows import (
    AVAILABILITY,
    IMAGES,
    KERNELS,
    REGIONS,
    TYPES,
    Row,
    image_row,
    small_catalogs,
    type_row,
)

NOW = datetime(2026, 5, 4, 13, 37, tzinfo=timezone.utc)
LATER = datetime(2026, 9, 4, 13, 37, tzinfo=timezone.utc)
TYPE = Wish("type", TypeCriteria(min_memory_mb=2048), region="us-ord")
IMAGE = Wish("image", ImageCriteria(vendor="Debian"))
REGION = Wish("region", RegionCriteria(continent="europe"), sells=TypeCriteria(min_memory_mb=2048))
OWN = Wish("image", ImageCriteria(own=True, label="web-base"))
NEWER = image_row("debian13", "Debian 13", "Debian", eol="2030-06-30T00:00:00")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pins.dev.json"


def pinned(
    path: Path,
    catalogs: Catalogs | None = None,
    *,
    locked: bool = False,
    account: str = "A",
    now: datetime = NOW,
) -> Pinned:
    return Pinned(
        PinFile.read(path),
        catalogs or small_catalogs(),
        now,
        stack="dev",
        locked=locked,
        account=lambda: account,
    )


def make(path: Path, wish: Wish = TYPE, key: str = "web/it", *, account: str = "A") -> str:
    """Pin it as a first `up` does; the id."""
    run = pinned(path, account=account)
    chosen = run.pick(key, wish).id
    run.save()
    run.finish({"web"})
    return chosen


def without(rows: list[Row], id_: str) -> list[Row]:
    return [row for row in rows if row["id"] != id_]


def changed(rows: list[Row], id_: str, **values: object) -> list[Row]:
    return [{**row, **values} if row["id"] == id_ else row for row in rows]


class Down:
    """A client whose API does not answer."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def list_rows(self, path: str, x_filter: object = None) -> list[Row]:  # noqa: ARG002 - the protocol's
        raise self.error


def test_without_a_file_it_picks_and_a_preview_writes_nothing(path: Path) -> None:
    run = pinned(path)

    chosen = run.pick("web/it", TYPE)

    assert chosen.id == "g6-standard-1"
    assert run.notes == []
    assert not path.exists()


def test_a_pin_stays_when_something_newer_comes_and_that_is_told(path: Path) -> None:
    make(path, IMAGE)
    run = pinned(path, small_catalogs(images=[*IMAGES, NEWER]))

    chosen = run.pick("web/it", IMAGE)

    assert chosen.id == "linode/debian12"
    assert [str(note) for note in run.notes] == [
        "web/it: linode/debian13 is newer; the plan keeps linode/debian12. "
        "Next: fleet repin --stack dev web/it"
    ]
    assert run.notes[0].severity == "info"


@pytest.mark.parametrize(
    ("wish", "rows", "said", "severity"),
    [
        (
            TYPE,
            {"types": [*TYPES, type_row("g8-new", 2048, 9.0)]},
            "g8-new is cheaper, 9.00 instead of 12.00",
            "info",
        ),
        (
            TYPE,
            {"types": changed(TYPES, "g6-standard-1", price={"hourly": 0.02, "monthly": 14.0})},
            "costs 14.00 USD/month now, 12.00 when it was pinned",
            "info",
        ),
        (
            TYPE,
            {
                "availability": [
                    *AVAILABILITY,
                    {"region": "us-ord", "plan": "g6-standard-1", "available": False},
                ]
            },
            "is pinned, and sold out in us-ord",
            "warning",
        ),
        (
            TYPE,
            {"types": without(TYPES, "g6-standard-1")},
            "is pinned, and no longer in the catalog",
            "warning",
        ),
        (
            TYPE,
            {"types": changed(TYPES, "g6-standard-1", memory=1024)},
            "no longer meets `memory ≥ 2048 MB`",
            "warning",
        ),
        (
            IMAGE,
            {"images": changed(IMAGES, "linode/debian12", deprecated=True)},
            "linode/debian12 is pinned, and deprecated",
            "warning",
        ),
        (
            IMAGE,
            {"images": changed(IMAGES, "linode/debian12", eol="2026-01-01T00:00:00")},
            "no longer supported by its maker",
            "warning",
        ),
        (
            REGION,
            {"regions": changed(REGIONS, "de-fra-2", status="outage")},
            "no longer meets `status ok`",
            "warning",
        ),
        (
            REGION,
            {
                "regions": [
                    *REGIONS,
                    {**REGIONS[1], "id": "at-vie"},
                ]
            },
            "",
            "",
        ),
        (
            Wish("kernel", KernelCriteria()),
            {"kernels": [*KERNELS, {**KERNELS[1], "id": "linode/6.12.9-x86_64-linode170"}]},
            "linode/6.12.9-x86_64-linode170 is newer",
            "info",
        ),
    ],
)
def test_what_the_catalog_says_of_a_pin_is_one_line_and_no_change(
    path: Path, wish: Wish, rows: dict[str, list[Row]], said: str, severity: str
) -> None:
    id_ = make(path, wish)
    run = pinned(path, small_catalogs(**rows))

    chosen = run.pick("web/it", wish)

    assert chosen.id == id_
    if said:
        (note,) = run.notes
        assert said in str(note)
        assert note.severity == severity
        assert "\n" not in str(note)
    run.save()
    assert make(path, wish) == id_


def test_the_price_is_that_of_today_and_the_pin_stays_as_it_is(path: Path) -> None:
    make(path)
    before = path.read_text()
    rows = changed(TYPES, "g6-standard-1", price={"hourly": 0.02, "monthly": 14.0})
    run = pinned(path, small_catalogs(types=rows))

    chosen = run.pick("web/it", TYPE)
    run.save()
    run.finish({"web"})

    assert chosen.monthly_usd == 14.0
    assert path.read_text() == before


def test_changed_criteria_pick_at_once_and_are_told(path: Path) -> None:
    make(path)
    larger = Wish("type", TypeCriteria(min_memory_mb=4096), region="us-ord")
    run = pinned(path)

    chosen = run.pick("web/it", larger)
    run.save()

    assert chosen.id == "g6-standard-2"
    assert str(run.notes[0]) == (
        "web/it: other criteria than those of its pin: g6-standard-2 (was g6-standard-1)"
    )
    assert PinFile.read(path).pins["web/it"].criteria_hash == larger.digest


def test_another_region_is_another_wish(path: Path) -> None:
    make(path)

    assert PinFile.read(path).pins["web/it"].criteria_hash != TYPE.in_region("br-gru").digest
    assert pinned(path).pick("web/it", TYPE.in_region("br-gru")).monthly_usd == 16.8


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (IMAGE, "web/image is not pinned in"),
        (Wish("type", TypeCriteria(), region="us-ord"), "is not pinned in"),
    ],
)
def test_a_locked_run_stops_where_a_pin_is_missing(path: Path, wish: Wish, said: str) -> None:
    with pytest.raises(BadPins, match=rf"{said}.* locked .*Next: run `fleet pin --stack dev`"):
        pinned(path, locked=True).pick("web/image", wish)

    assert not path.exists()


def test_a_locked_run_stops_where_the_criteria_changed(path: Path) -> None:
    make(path)

    with pytest.raises(BadPins, match="web/it is pinned for other criteria"):
        pinned(path, locked=True).pick("web/it", TYPE.in_region("br-gru"))


def test_a_locked_run_uses_its_pins(path: Path) -> None:
    make(path)

    assert pinned(path, locked=True).pick("web/it", TYPE).id == "g6-standard-1"


def test_pins_of_groups_that_are_no_more_go_with_the_next_up(path: Path) -> None:
    make(path)
    run = pinned(path)
    run.pick("db/it", TYPE)

    run.save()
    run.finish({"db"})

    assert list(PinFile.read(path).pins) == ["db/it"]


def test_a_pin_under_a_key_that_nothing_reads_is_told_with_the_nearest(path: Path) -> None:
    make(path, IMAGE, "web/image")
    file = PinFile.read(path)
    pin = file.pins["web/image"]
    file.write({"wbe/image": pin, "web/imag": pin, "web/kernel": pin})

    run = pinned(path)
    run.note_strays({"web"})

    assert [str(note) for note in run.notes] == [
        "wbe/image: the settings have no group wbe (did you mean web?): nothing reads this pin, and the next up "
        "removes it. Next: rename or remove it.",
        "web/imag: no pick of a group is called imag (did you mean image?): nothing reads this pin. "
        "Next: rename or remove it.",
    ]


def renaming(path: Path, wish: Wish, *, finish: bool = True) -> list[str]:
    """The notes of a run whose settings have group `front` instead of `web`."""
    make(path, IMAGE, "web/image")
    run = pinned(path)
    run.pick("front/image", wish)
    run.note_strays({"front"})
    run.save()
    if finish:
        run.finish({"front"})
    return [str(note) for note in run.notes]


def test_a_group_that_comes_with_the_criteria_of_one_that_goes_is_told_in_one_line(path: Path) -> None:
    assert renaming(path, IMAGE) == [
        "front: group web is gone from the settings, and front comes with the same criteria: the servers of web are "
        "deleted and others made. Next: to keep them instead, write `renamed_from: web` in group front."
    ]


def test_one_with_other_criteria_is_another_group(path: Path) -> None:
    [said] = renaming(path, Wish("image", ImageCriteria(vendor="Ubuntu")))

    assert "nothing reads this pin" in said


def test_pins_of_a_renamed_group_are_read_under_its_new_name(path: Path) -> None:
    make(path, IMAGE, "web/image")
    file = PinFile.read(path).renamed({"web": "front"}, {"front"})
    run = Pinned(file, small_catalogs(), NOW, stack="dev", locked=True)

    assert run.pick("front/image", IMAGE).id == PinFile.read(path).pins["web/image"].chosen
    assert run.notes == []


def test_a_renamed_groups_pins_are_written_under_its_new_name(path: Path) -> None:
    make(path, IMAGE, "web/image")
    before = PinFile.read(path).pins["web/image"]
    run = Pinned(PinFile.read(path).renamed({"web": "front"}, {"front"}), small_catalogs(), NOW, stack="dev")

    run.pick("front/image", IMAGE)
    run.save()
    begun = PinFile.read(path)
    run.finish({"front"})

    assert (begun.pins, begun.begun) == ({"web/image": before, "front/image": before}, {"front": "web"})
    assert PinFile.read(path) == PinFile.read(path).write({"front/image": before})
    assert "begun" not in path.read_text()


@pytest.mark.parametrize("name", ["web", "front"])
def test_a_renaming_that_broke_off_goes_on_or_is_taken_back_whichever_name_is_there(
    path: Path, name: str
) -> None:
    make(path, IMAGE, "web/image")
    before = PinFile.read(path).pins["web/image"]
    broken = Pinned(
        PinFile.read(path).renamed({"web": "front"}, {"front"}), small_catalogs(), NOW, stack="dev"
    )
    broken.save()
    [other] = {"web", "front"} - {name}

    newer = small_catalogs(images=[*IMAGES, NEWER])
    run = Pinned(PinFile.read(path).renamed({}, {name}), newer, NOW, stack="dev")
    chosen = run.pick(f"{name}/image", IMAGE)
    run.note_strays({name})
    run.save()
    run.finish({name})

    assert (chosen.id, run.former) == (before.chosen, {name: [other]})
    assert PinFile.read(path).pins == {f"{name}/image": before}
    told = "web: its servers that are still called those of front get its name: a renaming broke off"
    assert (told in map(str, run.notes)) is (name == "web")
    assert not any("nothing reads" in str(note) for note in run.notes)


def test_a_group_that_broke_off_keeps_the_warning_and_its_pins(path: Path) -> None:
    first = renaming(path, IMAGE, finish=False)
    before = PinFile.read(path).pins

    again = pinned(path)
    again.pick("front/image", IMAGE)
    again.note_strays({"front"})
    back = pinned(path)

    assert [str(note) for note in again.notes] == first
    assert "`renamed_from: web`" in first[0]
    assert back.pick("web/image", IMAGE).id == before["web/image"].chosen


@pytest.mark.parametrize("finish", [True, False])
def test_criteria_that_are_taken_back_find_their_pin_until_an_up_is_done(path: Path, finish: bool) -> None:
    make(path, IMAGE, "web/image")
    first = PinFile.read(path).pins["web/image"]
    other = pinned(path)
    other.pick("web/image", Wish("image", ImageCriteria(vendor="Ubuntu")))
    other.save()
    if finish:
        other.finish({"web"})

    newer = small_catalogs(images=[*IMAGES, NEWER])
    back = pinned(path, newer)
    chosen = back.pick("web/image", IMAGE)
    back.save()
    back.finish({"web"})

    assert chosen.id == ("linode/debian13" if finish else first.chosen)
    assert (PinFile.read(path).pins["web/image"] == first) is not finish
    assert "replaced" not in path.read_text()


def test_a_group_that_was_there_already_is_none_that_came_for_another(path: Path) -> None:
    make(path, IMAGE, "web/image")
    run = pinned(path)
    run.pick("front/image", IMAGE)
    run.save()
    run.finish({"web", "front"})

    later = pinned(path)
    later.pick("front/image", IMAGE)
    later.note_strays({"front"})

    assert [note.severity for note in later.notes] == ["info"]
    assert "nothing reads this pin" in str(later.notes[0])


@pytest.mark.parametrize("locked", [True, False])
def test_a_pin_that_was_changed_by_hand_stops_the_run(path: Path, locked: bool) -> None:
    make(path)
    text = path.read_text().replace('"chosen": "g6-standard-1"', '"chosen": "g6-nanode-1"')
    path.write_text(text)

    with pytest.raises(BadPins, match=r"web/it in .* was changed by hand.*Next: fleet repin"):
        pinned(path, locked=locked).pick("web/it", TYPE)

    assert path.read_text() == text


def test_an_image_of_another_account_stops_the_run(path: Path) -> None:
    assert make(path, OWN, account="A") == "private/9"

    with pytest.raises(BadPins, match=r"private/9 of account A, .* belongs to account B"):
        pinned(path, account="B").pick("web/it", OWN)
    assert pinned(path, account="A").pick("web/it", OWN).id == "private/9"


@pytest.mark.parametrize(
    "error",
    [
        ApiUnreachable("GET /x: down. Next: wait.", did_nothing=True),
        Offline("LINODE_OFFLINE is set. Next: unset"),
    ],
)
def test_pins_alone_are_enough_when_the_catalogs_cannot_be_had(path: Path, error: Exception) -> None:
    make(path)
    make(path, IMAGE, "web/image")
    run = pinned(path, Catalogs(Down(error)))

    chosen = [run.pick("web/it", TYPE), run.pick("web/image", IMAGE)]

    assert [each.id for each in chosen] == ["g6-standard-1", "linode/debian12"]
    assert chosen[0].monthly_usd == 12.0
    assert len(run.notes) == 1
    assert "pins: used without a look at the catalogs" in str(run.notes[0])


def test_where_no_pin_is_an_api_that_is_down_stops_the_run(path: Path) -> None:
    with pytest.raises(ApiUnreachable):
        pinned(path, Catalogs(Down(ApiUnreachable("down", did_nothing=True)))).pick("web/it", TYPE)


def test_what_nothing_meets_is_explained_by_the_same_funnel_everywhere(path: Path) -> None:
    with pytest.raises(NoMatch) as caught:
        pinned(path).pick(
            "web/it", Wish("type", TypeCriteria(min_memory_mb=2048, max_monthly_usd=9), region="us-ord")
        )

    lines = caught.value.explanation.splitlines()
    assert lines[0].strip() == "5 types"
    assert any(
        "≤ 9 USD/month" in line and "nearest miss g6-standard-1 (12.00 USD/month)" in line for line in lines
    )
    assert "\n" not in str(caught.value)


def test_an_explanation_has_the_why_and_the_funnel_and_stays_with_the_pin(path: Path) -> None:
    first = pinned(path).pick("web/it", TYPE).explanation
    make(path)

    again = (
        pinned(path, small_catalogs(types=[*TYPES, type_row("g8", 512, 1.0)]))
        .pick("web/it", TYPE)
        .explanation
    )

    assert first == again
    assert first.splitlines()[1].strip() == "5 types"


@pytest.mark.parametrize(
    ("stack", "env", "locked"),
    [
        ("dev", {}, False),
        ("dev", {"CI": "true"}, True),
        ("dev", {"CI": "false"}, False),
        ("local", {"CI": "true"}, False),
        ("local", {"LINODE_LOCKED": "1"}, True),
        ("dev", {"LINODE_LOCKED": "0"}, False),
        ("pr-7", {"LINODE_LOCKED": "0", "CI": "true"}, False),
    ],
)
def test_ci_and_locked_need_every_pin(stack: str, env: dict[str, str], locked: bool) -> None:
    assert is_locked(stack, env) is locked


def test_a_catalog_of_one_candidate_answers_all_that_a_catalog_does() -> None:
    catalogs = small_catalogs()
    region = catalogs.regions()[0]

    only = Only(catalogs, "region", region.id)

    assert only.regions() == (region,)
    assert only.availability() == catalogs.availability()
