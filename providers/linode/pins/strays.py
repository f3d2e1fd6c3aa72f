"""Pins that nothing reads: of a group that the settings don't have, or under a key that no pick has."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from providers.linode.nearest import did_you_mean
from providers.linode.pins.advice import Note
from providers.linode.pins.wish import CRITERIA


def strays(keys: Iterable[str], groups: Collection[str]) -> list[Note]:
    """A note for each such pin, with the nearest name: a key that was renamed by hand is not silently ignored."""
    return [note for key in sorted(keys) if (note := _stray(key, groups)) is not None]


def _stray(key: str, groups: Collection[str]) -> Note | None:
    group, _, kind = key.partition("/")
    if group not in groups:
        near = did_you_mean(group, groups)
        return Note("info", key, f"the settings have no group {group}{near}: nothing reads this pin, {GOES}")
    if kind not in CRITERIA:
        near = did_you_mean(kind, CRITERIA)
        return Note("info", key, f"no pick of a group is called {kind}{near}: nothing reads this pin. {TODO}")
    return None


TODO = "Next: rename or remove it."
GOES = f"and the next up removes it. {TODO}"
