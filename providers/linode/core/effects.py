"""What a change does, decided once: told to people beside the resource, and to programs as JSON lines.

The sentence is made here and nowhere else. LINODE_EFFECTS names a file for the lines: what a report reads.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from providers.linode.nearest import listed

log = logging.getLogger("linode.effects")

Level = Literal["none", "billing", "unknown", "power off", "data loss"]
LEVELS: tuple[Level, ...] = ("none", "billing", "unknown", "power off", "data loss")
"""From harmless to worst."""

Op = Literal["create", "update", "replace", "adopt"]

FILE = "LINODE_EFFECTS"


@dataclass(frozen=True)
class Takes:
    """What a change of an input takes.

    `how` names it in the documentation. `what` is the sentence's part, with {causes}, {old} and {new}. `seconds_off`:
    least and most that the machine is off for it. What shares a `group` is done together, at the price of its longest.
    `destroys`: disks, backups, records, addresses or id. `one_way`: what can't be taken back.
    """

    how: str
    what: str = "{causes} changed in place"
    level: Level = "none"
    seconds_off: tuple[int, int] | None = None
    group: str = ""
    destroys: tuple[str, ...] = ()
    one_way: str = ""
    replaces: bool = False
    silent: bool = False

    @property
    def erases(self) -> bool:
        """Whether what is on the disks is lost."""
        return self.replaces or "disks" in self.destroys


LOSSES = frozenset({"disks", "records"})
"""What is data, and lost with what is recreated."""

PUT = Takes("in place")
ACTION = Takes("in place by a call of its own")
KEPT = Takes("for new ones only", "kept as at creation: {causes}")
OURS = Takes("nothing at the API", silent=True)
REPLACE = Takes("recreated", "recreated because of {causes}", replaces=True)


@dataclass(frozen=True)
class Cause:
    """One input that differs, and what that takes. `old` and `new` are "" where they are secret or not known."""

    input: str
    takes: Takes
    old: str = ""
    new: str = ""


@dataclass(frozen=True)
class Effects:
    """All that one resource's change does. `monthly_usd`: before and after, None where it is not there or not known.

    `stays`: what outlives one that is recreated. `opens`: what the internet reaches then, and did not before.
    """

    op: Op
    causes: tuple[Cause, ...] = ()
    destroys: tuple[str, ...] = ()
    level: Level = "none"
    monthly_usd: tuple[float | None, float | None] = (None, None)
    found: str = ""
    stays: str = ""
    opens: tuple[str, ...] = ()

    @property
    def changes_in_place(self) -> bool:
        """Whether what is there stays: adopting is an update of it."""
        return self.op in ("update", "adopt")

    @property
    def seconds_off(self) -> tuple[int, int] | None:
        """Least and most seconds without the machine, None if it is never off."""
        longest: dict[str, tuple[int, int]] = {}
        for cause in self.causes:
            if cause.takes.seconds_off is not None:
                key = cause.takes.group or cause.takes.how
                longest[key] = max(longest.get(key, (0, 0)), cause.takes.seconds_off)
        if not longest or not self.changes_in_place:
            return None
        return sum(least for least, _ in longest.values()), sum(most for _, most in longest.values())

    @property
    def one_way(self) -> list[str]:
        """What can't be taken back; of what is recreated nothing stays."""
        return [cause.takes.one_way for cause in self.causes if cause.takes.one_way and self.changes_in_place]

    @property
    def summary(self) -> str:
        """One line: what happens, what is lost, how long it is off, what the internet reaches then, what can't be taken
        back, what it costs.
        """
        parts = [self.found] if self.found else []
        alike: dict[str, list[Cause]] = {}
        for cause in self.causes:
            if not cause.takes.silent:
                alike.setdefault(cause.takes.what, []).append(cause)
        parts += [_part(causes[0].takes, causes) for causes in alike.values()]
        if self.op == "create":
            parts = ["created"]
        if self.op == "replace":
            causes = [cause.input for cause in self.causes if cause.takes.replaces]
            because = f" because of {listed(causes)}" if causes else ", as was asked for"
            parts = [f"recreated{because}{_lost(self.destroys)}", *filter(None, [self.stays])]
        parts += [f"then reachable from the internet: {listed(self.opens)}"] if self.opens else []
        parts += [f"for good: {each}" for each in self.one_way]
        return "; ".join([*parts, *_cost(*self.monthly_usd)]) or "nothing"

    @property
    def is_worth_telling(self) -> bool:
        """Whether a person should be told before it is done."""
        before, after = self.monthly_usd
        dearer = self.op != "create" and None not in (before, after) and before != after
        return self.is_grave or bool(self.found or self.opens) or dearer

    @property
    def is_grave(self) -> bool:
        """Whether that is a warning: something is off, lost or for good, be it the addresses of what is off already."""
        lost = self.destroys if self.op == "update" else {"addresses"} & {*self.destroys}
        return self.level in ("power off", "data loss") or bool(self.one_way or lost)

    def as_json(self, urn: str, kind: str) -> str:
        """The line for programs."""
        causes = [
            {"input": cause.input, "level": cause.takes.level, "what": _part(cause.takes, [cause])}
            for cause in self.causes
            if not cause.takes.silent
        ]
        return json.dumps(
            {
                "urn": urn,
                "kind": kind,
                "op": self.op,
                "level": self.level,
                "causes": causes,
                "seconds_off": self.seconds_off,
                "destroys": self.destroys,
                "opens": self.opens,
                "one_way": self.one_way,
                "monthly_usd": self.monthly_usd,
                "summary": self.summary,
            }
        )


def worst(levels: Iterable[Level]) -> Level:
    return max(levels, key=LEVELS.index, default="none")


def _part(takes: Takes, causes: Sequence[Cause]) -> str:
    words = {"causes": listed([cause.input for cause in causes]), "old": causes[0].old, "new": causes[0].new}
    off = f", {_off(takes.seconds_off)}" if takes.seconds_off and not takes.replaces else ""
    return takes.what.format(**words) + off + (_lost(takes.destroys) if not takes.replaces else "")


def _lost(destroys: Sequence[str]) -> str:
    """`: all disks are erased, id and addresses change`."""
    erased = [word for word in ("disks", "backups", "records") if word in destroys]
    other = [word for word in ("id", "addresses") if word in destroys]
    parts = [f"all {listed(erased)} are erased"] if erased else []
    parts += [f"{listed(other)} change{'s' if other == ['id'] else ''}"] if other else []
    return f": {', '.join(parts)}" if parts else ""


def _off(seconds: tuple[int, int]) -> str:
    """`off for 3 to 5 min`; less than a minute and a half is about 1 min."""
    least, most = (max(1, round(each / 60)) for each in seconds)
    return f"off for about {most} min" if least == most else f"off for {least} to {most} min"


def _cost(before: float | None, after: float | None) -> list[str]:
    if before is None or after is None or before == after:
        return []
    return [f"{before:.2f} → {after:.2f} USD a month"]


_writing = threading.Lock()


def write(line: str, environment: Mapping[str, str] = os.environ) -> None:
    """Append a line to the file that LINODE_EFFECTS names, if it names one."""
    if not (file := environment.get(FILE)):
        return
    try:
        with _writing, open(file, "a", encoding="utf-8") as lines:
            lines.write(line + "\n")
    except OSError as error:
        log.warning("the effects are not written: %s: %s", file, error.strerror)
