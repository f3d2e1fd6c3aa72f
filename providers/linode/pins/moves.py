"""Move pins: to what the catalogs give now, back again, or from one stack to another. Pure but for the catalogs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from providers.linode.api.errors import BadPins
from providers.linode.catalogs import Catalogs
from providers.linode.nearest import did_you_mean
from providers.linode.pins.pin import Pin, Wish, make_pin

Pins = Mapping[str, Pin]


@dataclass(frozen=True)
class Move:
    """What happened to one pin. `before` and `after` are ids, `text` says the rest."""

    key: str
    before: str
    after: str
    text: str

    def __str__(self) -> str:
        ids = self.before if self.before == self.after else f"{self.before} -> {self.after}"
        return f"{self.key}: {ids} ({self.text})" if self.text else f"{self.key}: {ids}"


@dataclass(frozen=True)
class Moved:
    """The pins as they are to be written, and what happened to each that was looked at."""

    pins: Pins
    moves: Sequence[Move]


def repin(
    pins: Pins, keys: Sequence[str], catalogs: Catalogs, now: datetime, account: str | None = None
) -> Moved:
    """The pins (all, or those named) as the catalogs give them now. Each remembers where it came from.

    Where a group's region moves, the type that was picked for it is picked for the new one. Raises BadPins
    for a key that is not there, NoMatch, and what the client raises: then nothing has moved.
    """
    done, moves = dict(pins), []
    for key in _in_order(pins, keys):
        before = pins[key]
        wish = _wish_now(key, before, pins, done)
        pick = wish.pick(catalogs, now.date())
        after = make_pin(wish, pick, now, account if wish.is_of_account else None)
        if after.chosen == before.chosen and not before.is_edited and wish.digest == before.criteria_hash:
            after = after.model_copy(update={"previous": before.previous}).summed()
            same = after.monthly_usd == before.monthly_usd and after.account == before.account
            done[key] = before if same else after
            moves.append(
                Move(key, before.chosen, after.chosen, "unchanged" if same else _price(before, after))
            )
        else:
            done[key] = after.moved_from(before)
            moves.append(Move(key, before.chosen, after.chosen, after.why))
    return Moved(done, moves)


def keep(pins: Pins, keys: Sequence[str], catalogs: Catalogs, now: datetime) -> Moved:
    """The pins (all that have moved, or those named) as they were before their last move.

    What they had moved to is not proposed again. One that has not moved stays, and what would be picked now
    is not proposed again. A group's type goes back with its region. Raises as `repin` does.
    """
    named = _in_order(pins, keys) if keys else [key for key in sorted(pins) if pins[key].previous]
    named += [
        mate for key in named if (mate := _type_of(key, pins)) and mate not in named and pins[mate].previous
    ]
    done, moves = dict(pins), []
    for key in named:
        pin = pins[key]
        declined = pin.chosen if pin.previous else pin.wish.pick(catalogs, now.date()).id
        back = pin.previous or pin
        done[key] = back.model_copy(
            update={"declined": None if declined == back.chosen else declined}
        ).summed()
        text = (
            f"{declined} is not proposed again" if declined != back.chosen else "nothing else would be picked"
        )
        moves.append(Move(key, pin.chosen, back.chosen, text))
    return Moved(done, moves)


def promote(source: Pins, target: Pins, keys: Sequence[str], wishes: Mapping[str, Wish]) -> Moved:
    """The target's pins with those of the source that answer what the target's settings ask for: `wishes`.

    A key for which they ask something else, or nothing, is left as it is; so is a type whose region would be
    another one. Regions of wishes don't count. Raises BadPins.
    """
    done, moves = dict(target), []
    for key in _in_order(source, keys):
        pin, there, wish, region = source[key], target.get(key), wishes.get(key), done.get(_region_key(key))
        here = there.chosen if there else "none"
        if pin.is_edited:
            raise BadPins(f"{key} was changed by hand: its sum does not match. Next: repin it first.")
        if wish is None:
            moves.append(Move(key, here, here, "left: its settings don't ask for it"))
        elif pin.wish.in_region("").digest != wish.in_region("").digest:
            moves.append(Move(key, here, here, f"left: other criteria: {_unlike(pin.wish, wish)}"))
        elif pin.kind == "type" and (region.chosen if region else None) != pin.for_region:
            moves.append(Move(key, here, here, "left: another region"))
        elif there is not None and (pin.criteria_hash, pin.chosen) == (there.criteria_hash, there.chosen):
            moves.append(Move(key, here, here, "unchanged"))
        else:
            fresh = pin.model_copy(update={"previous": None, "declined": None}).summed()
            done[key] = fresh.moved_from(there) if there else fresh
            moves.append(Move(key, here, pin.chosen, ""))
    return Moved(done, moves)


def _unlike(one: Wish, other: Wish) -> str:
    """The criteria by which they differ; those of a region's type are part of what it is asked for."""
    asked = []
    for wish in (one.as_json(), other.as_json()):
        found = {"": wish["criteria"], "type.": wish.get("sells")}
        asked.append(
            {
                f"{space}{key}": value
                for space, each in found.items()
                if isinstance(each, dict)
                for key, value in each.items()
            }
        )
    return ", ".join(sorted(key for key in {*asked[0], *asked[1]} if asked[0].get(key) != asked[1].get(key)))


def _in_order(pins: Pins, keys: Iterable[str]) -> list[str]:
    """The keys named, or all; regions first, because types depend on them. Raises BadPins for one not there."""
    for key in keys:
        if key not in pins:
            known = ", ".join(sorted(pins)) or "no key, for there are no pins"
            raise BadPins(f"there is no pin {key}{did_you_mean(key, pins)}. Next: name one of {known}.")
    return sorted(keys or pins, key=lambda key: (pins[key].kind != "region", key))


def _wish_now(key: str, pin: Pin, before: Pins, after: Pins) -> Wish:
    """The pin's wish, for the region that its group has moved to."""
    region = _region_key(key)
    if pin.kind == "type" and region in after and before[region].chosen == pin.for_region:
        return pin.wish.in_region(after[region].chosen)
    return pin.wish


def _region_key(key: str) -> str:
    return f"{key.rpartition('/')[0]}/region"


def _type_of(key: str, pins: Pins) -> str | None:
    """The key of the type that was picked for a region's pin."""
    mate = f"{key.rpartition('/')[0]}/type"
    return mate if pins[key].kind == "region" and mate in pins else None


def _price(before: Pin, after: Pin) -> str:
    if before.monthly_usd is None or after.monthly_usd is None:
        return "its price or account was noted"
    return f"{after.monthly_usd:.2f} instead of {before.monthly_usd:.2f} USD/month"
