"""Answer a stack program's wishes: from its pins, or by picks that become pins when the stack is deployed."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from providers.linode.api.advice import typed
from providers.linode.api.connection import LOCAL_STACK
from providers.linode.api.errors import ApiMaintenance, ApiUnreachable, BadPins, NoMatch, Offline
from providers.linode.catalogs import Catalogs, LinodeTypes, unknown_names
from providers.linode.pins.advice import Note, advise, strays
from providers.linode.pins.file import PinFile, group_of, restoring
from providers.linode.pins.pin import Pin, Wish, make_pin


@dataclass(frozen=True)
class Chosen:
    """What a wish was resolved to. `why` is one line, `explanation` several, `monthly_usd` that of today."""

    id: str
    why: str
    explanation: str
    monthly_usd: float | None = None


def is_locked(stack: str, env: Mapping[str, str] | None = None) -> bool:
    """Whether every pin must be there already: LINODE_LOCKED, or CI, where nobody would commit a new one.

    CI does not lock stack local: its pins are in a folder that is never committed. LINODE_LOCKED=0 unlocks in CI
    what is made from a template there and has none.
    """
    env = os.environ if env is None else env
    off = ("", "0", "false")
    if told := env.get("LINODE_LOCKED", "").lower():
        return told not in off
    return stack != LOCAL_STACK and env.get("CI", "").lower() not in off


class Pinned:
    """The picks of one run. `stack` is for the commands that the lines name; `account` tells the account's id.

    `notes` are what a person should hear of the pins; `save` writes those that are new, before anything is made, and
    `finish` drops the rest once everything is.
    """

    def __init__(
        self,
        file: PinFile,
        catalogs: Catalogs,
        now: datetime,
        *,
        stack: str,
        locked: bool = False,
        account: Callable[[], str] = lambda: "",
    ) -> None:
        self.notes: list[Note] = []
        self._file = file
        self._catalogs = catalogs
        self._now = now
        self._stack = stack
        self._locked = locked
        self._account = account
        self._new: dict[str, Pin] = {}
        self._unasked = False

    def pick(self, key: str, wish: Wish) -> Chosen:
        """What is pinned under the key, or what is picked because nothing is, or for another wish.

        Raises BadPins, NoMatch, and what the client raises where there is no pin.
        """
        pin, before = self._file.pins.get(key), self._file.replaced.get(key)
        if (
            pin is not None
            and before is not None
            and before.criteria_hash == wish.digest != pin.criteria_hash
        ):
            pin = self._new[key] = before
        if pin is not None:
            self._require_unedited(key, pin)
        if pin is None or pin.criteria_hash != wish.digest:
            return self._pick_now(key, wish, pin)
        self._require_account(key, pin)
        self._advise(key, pin)
        return _chosen(pin, self._price_now(pin))

    def note_strays(self, groups: Collection[str], instead: Mapping[str, str] | None = None) -> None:
        """Note the pins that no group of the settings reads, such as one whose key was renamed by hand, and the groups
        that come `instead` of others.
        """
        self.notes += strays(self._file, groups, self._new, instead)

    @property
    def former(self) -> Mapping[str, Sequence[str]]:
        """What else the servers of a group may be called in the state."""
        return self._file.former

    @property
    def is_renaming(self) -> bool:
        """Whether servers get another name, or were to get one when a run broke off."""
        return any(self._file.begun.values())

    def save(self) -> PinFile:
        """Write the new pins beside all that there are. To be called when all picks are made.

        What there is stays until all is made: a run that breaks off can be taken back. Raises BadPins.
        """
        if self._locked:
            return self._file
        pins = self._file.pins
        known = set(map(group_of, pins))
        begun = {group: None for group in map(group_of, self._new) if group not in known}
        replaced = {key: pins[key] for key in self._new if key in pins}
        file = replace(
            self._file,
            begun={**self._file.begun, **begun},
            replaced={**replaced, **self._file.replaced},
        )
        self._file = file.write({**pins, **self._new})
        return self._file

    def finish(self, groups: Collection[str]) -> PinFile:
        """Drop the pins of groups that are no more; the next run does it where the file can't be written now."""
        kept = {key: pin for key, pin in self._file.pins.items() if group_of(key) in groups}
        with suppress(BadPins):
            if not self._locked:
                self._file = replace(self._file, begun={}, replaced={}).write(kept)
        return self._file

    def _pick_now(self, key: str, wish: Wish, before: Pin | None) -> Chosen:
        if self._locked:
            raise BadPins(self._missing(key, before))
        account = self._account() if wish.is_of_account else None
        pick = wish.pick(self._catalogs, self._now.date())
        pin = make_pin(wish, pick, self._now, account)
        self._new[key] = pin
        self._warn_of(key, pick.unknown)
        if before is not None:
            was = f" (was {before.chosen})" if before.chosen != pin.chosen else ""
            self.notes.append(Note("info", key, f"other criteria than those of its pin: {pin.chosen}{was}"))
        return _chosen(pin, pin.monthly_usd)

    def _missing(self, key: str, before: Pin | None) -> str:
        what = "is not pinned" if before is None else "is pinned for other criteria"
        return (
            f"{key} {what} in {self._file.name}, and this run is locked (CI or --locked). "
            f"Next: run `{typed('pin', self._stack)}`, review and commit {self._file.name}."
        )

    def _require_unedited(self, key: str, pin: Pin) -> None:
        if pin.is_edited:
            ways = [way for way in (restoring(self._file.path), f"{self._repin} {key}") if way]
            raise BadPins(
                f"{key} in {self._file.name} was changed by hand: its sum does not match. Nothing was changed. "
                f"Next: {', or '.join(ways)}"
            )

    def _require_account(self, key: str, pin: Pin) -> None:
        """An own image of another account is none here. Offline nobody can tell."""
        if not pin.account:
            return
        try:
            here = self._account()
        except Offline:
            return
        if here != pin.account:
            raise BadPins(
                f"{key} is pinned to {pin.chosen} of account {pin.account}, and the token in use belongs to "
                f"account {here}. Nothing was changed. Next: use a token of that account, or {self._repin} {key}"
            )

    @property
    def _repin(self) -> str:
        return f"fleet repin --stack {self._stack}"

    def _advise(self, key: str, pin: Pin) -> None:
        """Compare the pin with the catalogs, if they can be reached: a plan that is pinned does not need them."""
        if self._unasked:
            return
        try:
            self._warn_of(key, unknown_names(self._catalogs, pin.wish.criteria))
            note = advise(key, pin, self._catalogs, self._now.date(), self._repin)
        except (ApiUnreachable, ApiMaintenance, Offline) as error:
            self._unasked = True
            why = str(error).partition(" Next: ")[0].rstrip(".")
            note = Note("warning", "pins", f"used without a look at the catalogs: {why}")
        except NoMatch as none:
            note = Note("warning", key, f"{pin.chosen} is pinned, and nothing would be picked now: {none}")
        if note is not None:
            self.notes.append(note)

    def _warn_of(self, key: str, unknown: Iterable[str]) -> None:
        """A misspelt preference changes a pick; it may also name what has retired, so it is no error."""
        self.notes += [Note("warning", key, f"{line}. Next: correct or remove it.") for line in unknown]

    def _price_now(self, pin: Pin) -> float | None:
        """The month's price of a pinned plan as the catalog has it today, else as it was pinned."""
        if pin.kind != "type" or self._unasked:
            return pin.monthly_usd
        for plan in self._catalogs.types(LinodeTypes.id == pin.chosen):
            return plan.monthly_usd(pin.for_region or "", bool(pin.criteria.get("backups")))
        return pin.monthly_usd


def _chosen(pin: Pin, monthly_usd: float | None) -> Chosen:
    explanation = "\n".join([pin.why, *(f"  {line}" for line in pin.explanation)])
    return Chosen(pin.chosen, pin.why, explanation, monthly_usd)
