"""The guard on images that reach their end of life, counted from the day of the catalog."""

from __future__ import annotations

from collections.abc import Iterator

from fleet.report.judge.building import Facts
from fleet.report.judge.guard_results import result
from fleet.report.model import GuardResult, GuardState
from fleet.report.phrases import code, counted, listed, phrase
from fleet.report.read.files import CatalogImage, Guards


def end_of_life(facts: Facts, guards: Guards) -> Iterator[GuardResult]:
    guard, catalog = guards.end_of_life_days, facts.bundle.catalog
    if guard is None:
        return
    images = {item.id: item for item in catalog.images} if catalog else {}
    kept = [change for change in facts.servers if change.op != "delete" and change.image.kind != "absent"]
    ending = [(change, days_left(images.get(change.image.text), facts)) for change in kept]
    unknown = [change for change, days in ending if days is None and change.image.text not in images]
    near = [(change, days) for change, days in ending if days is not None and days <= guard.value]
    over = [change for change, days in near if days < 0 and change.op in ("create", "replace")]
    state: GuardState = "block" if over else "warn" if near else "not provable" if unknown else "pass"
    about = [change.name for change in over] or [change.name for change, _ in near]
    used = sorted({(change.image.text, days) for change, days in near}, key=lambda pair: (pair[1], pair[0]))
    if used:
        first, days = used[0]
        ends = (
            f"reached its end {counted(-days, 'day')} ago" if days < 0 else f"ends in {counted(days, 'day')}"
        )
        what, short = phrase(code(first), f" {ends}"), phrase(code(first), f" {ends}")
    elif unknown:
        about = [change.name for change in unknown]
        what = phrase("the catalog does not know the image of ", listed(about))
        short = phrase("end of life of an image can't be proven")
    else:
        what = short = phrase(f"no image ends within {counted(guard.value, 'day')}")
    yield result(
        "end_of_life_days",
        guard.place,
        state,
        what,
        short,
        about=about,
        next_step=phrase(
            "To go ahead: choose a newer image, or lower ", code("guards.end_of_life_days"), "."
        ),
    )


def days_left(image: CatalogImage | None, facts: Facts) -> int | None:
    """Days from the catalog's date to the image's end of life; a deprecated one without a date has none left."""
    day = facts.bundle.catalog.day if facts.bundle.catalog else None
    if image is None:
        return None
    if image.end_of_life and day:
        return (image.end_of_life - day).days
    return -1 if image.deprecated else None
