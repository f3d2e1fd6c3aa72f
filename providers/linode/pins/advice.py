"""What there is to say of a pin: something newer or cheaper, what is wrong with it, or that nothing reads it.

It never changes a plan: it is told, and `repin` moves the pin.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from providers.linode.api.errors import NoMatch
from providers.linode.catalogs import Catalogs, Pick
from providers.linode.catalogs.attributes import Table
from providers.linode.catalogs.filter import By, Row, Where
from providers.linode.catalogs.picks import KINDS, Kind
from providers.linode.nearest import did_you_mean
from providers.linode.pins.file import PinFile, group_of
from providers.linode.pins.pin import Pin

TODO = "Next: rename or remove it."
BETTER: Mapping[Kind, str] = {
    "type": "would be picked now",
    "region": "would be picked now",
    "image": "is newer",
    "kernel": "is newer",
}


@dataclass(frozen=True)
class Note:
    """One line about one pin. `warning`: what is pinned is at its end; else there is a choice."""

    severity: Literal["info", "warning"]
    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.key}: {self.text}"


def advise(key: str, pin: Pin, catalogs: Catalogs, today: date, repin: str) -> Note | None:
    """What there is to say of a pin; None when it is what would be picked now, at its price.

    `repin` is the command that moves pins; the note ends with it. Raises what the client raises.
    """
    if (trouble := _trouble(pin, catalogs, today)) is not None:
        return Note("warning", key, f"{trouble}. The plan keeps it. Next: {repin} {key}")
    fresh = pin.wish.pick(catalogs, today)
    if fresh.id == pin.chosen:
        return _price_note(key, pin, fresh)
    if fresh.id == pin.declined:
        return None
    return Note("info", key, f"{_better(pin, fresh)}; the plan keeps {pin.chosen}. Next: {repin} {key}")


def _trouble(pin: Pin, catalogs: Catalogs, today: date) -> str | None:
    """Why what is pinned would not be picked, whatever else there is; None when it still fits."""
    if not catalogs.has(KINDS[pin.kind][1], pin.chosen):
        return f"{pin.chosen} is pinned, and no longer in the catalog"
    try:
        pin.wish.pick(Only(catalogs, pin.kind, pin.chosen), today)
    except NoMatch as none:
        return f"{pin.chosen} is pinned, and {_in_words(none.criterion)}"
    return None


def _in_words(criterion: str) -> str:
    """What it means no longer to meet a criterion."""
    if criterion == "not deprecated":
        return "deprecated"
    if criterion.startswith("any left in "):
        return f"sold out in {criterion.removeprefix('any left in ')}"
    if criterion.startswith("support on "):
        return "no longer supported by its maker"
    return f"no longer meets `{criterion}`" if criterion else "no longer fits"


def _better(pin: Pin, fresh: Pick[Any]) -> str:
    now, then = fresh.monthly_usd, pin.monthly_usd
    if now is not None and then is not None and now < then:
        return f"{fresh.id} is cheaper, {now:.2f} instead of {then:.2f} USD/month"
    return f"{fresh.id} {BETTER[pin.kind]}"


def _price_note(key: str, pin: Pin, fresh: Pick[Any]) -> Note | None:
    now, then = fresh.monthly_usd, pin.monthly_usd
    if now is None or then is None or now == then:
        return None
    return Note("info", key, f"{pin.chosen} costs {now:.2f} USD/month now, {then:.2f} when it was pinned")


class Only(Catalogs):
    """Catalogs in which one kind of thing has one candidate: to ask whether that one fits."""

    def __init__(self, catalogs: Catalogs, kind: Kind, id_: str) -> None:
        self._catalogs = catalogs
        self._table = KINDS[kind][1]
        self._id = id_

    def candidates(
        self, table: Table, where: Where[Any] = None, order: By[Any] = None
    ) -> list[tuple[Row, Any]]:
        found = self._catalogs.candidates(table, where, order)
        return [each for each in found if each[1].id == self._id] if table is self._table else found

    def _find(self, table: Table, where: Where[Any], order: By[Any]) -> tuple[Any, ...]:
        return tuple(record for _, record in self.candidates(table, where, order))


def strays(
    file: PinFile,
    groups: Collection[str],
    new: Mapping[str, Pin] | None = None,
    instead: Mapping[str, str] | None = None,
) -> list[Note]:
    """A note for each pin that nothing reads, with the nearest name: none that was renamed is silently ignored.

    `new` are pins of this run: a group that is asked for the same as one that is gone may be that one, renamed. So may
    be one that an earlier run began and didn't finish. `instead`: by groups of which the account has servers, and
    which are gone, those of which it has none.
    """
    pins, there = {**file.pins, **(new or {})}, set(map(group_of, file.pins))
    fresh = {name for name in groups if file.begun.get(name, "") is None or name not in there}
    former = {name for names in file.former.values() for name in names}
    renamed = {
        old: name
        for name in sorted(fresh & set(map(group_of, pins)), reverse=True)
        for old in there - {*groups, *former}
        if _asked(pins, old) == _asked(pins, name)
    }
    notes = [_renamed(old, name, "comes with the same criteria") for old, name in sorted(renamed.items())]
    notes += [
        _renamed(old, name, "has no server yet")
        for old, name in (instead or {}).items()
        if old not in {*renamed, *former}
    ]
    notes += [
        _taken_back(name, group)
        for group, names in file.former.items()
        for name in names
        if name in file.begun
    ]
    rest = [key for key in sorted(file.pins) if group_of(key) not in {*renamed, *former}]
    return notes + [note for key in rest if (note := _stray(key, groups)) is not None]


def _asked(pins: Mapping[str, Pin], group: str) -> dict[str, object]:
    """The criteria of a group, whatever was picked."""
    return {pin.kind: (pin.criteria, pin.sells) for key, pin in pins.items() if group_of(key) == group}


def _taken_back(new: str, old: str) -> Note:
    return Note(
        "info", old, f"its servers that are still called those of {new} get its name: a renaming broke off"
    )


def _renamed(old: str, new: str, comes: str) -> Note:
    return Note(
        "warning",
        new,
        f"group {old} is gone from the settings, and {new} {comes}: the servers of {old} are "
        f"deleted and others made. Next: to keep them instead, write `renamed_from: {old}` in group {new}.",
    )


def _stray(key: str, groups: Collection[str]) -> Note | None:
    group, _, kind = key.partition("/")
    if group not in groups:
        near = did_you_mean(group, groups)
        return Note(
            "info",
            key,
            f"the settings have no group {group}{near}: nothing reads this pin, and the next up removes it. {TODO}",
        )
    if kind not in KINDS:
        near = did_you_mean(kind, KINDS)
        return Note("info", key, f"no pick of a group is called {kind}{near}: nothing reads this pin. {TODO}")
    return None
