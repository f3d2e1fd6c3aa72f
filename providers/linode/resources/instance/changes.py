"""Which inputs differ, and what each difference takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from providers.linode.resources.instance.fields import FIELDS, Change, Field
from providers.linode.resources.instance.inputs import declared, is_unknown
from providers.linode.resources.instance.interfaces import only_firewalls_differ

Props = Mapping[str, object]


class Outcome(Enum):
    """What one changed input takes, once its policy has been asked."""

    NOTHING = "nothing"
    KEPT = "kept as at creation"
    PUT = "put"
    ACTION = "action"
    REBOOT = "reboot"
    OFF = "power cycle"
    RESIZE = "resize"
    MIGRATE = "migrate"
    REBUILD = "rebuild"
    REPLACE = "replace"


DOWNTIME = frozenset(
    {Outcome.REBOOT, Outcome.OFF, Outcome.RESIZE, Outcome.MIGRATE, Outcome.REBUILD, Outcome.REPLACE}
)
ERASES_DISKS = frozenset({Outcome.REBUILD, Outcome.REPLACE})
NEEDS_OFF = frozenset({"root_pass", "swap_size", "interfaces", "network_helper"})
"""Inputs of a power cycle that change while the Linode is off; a reboot is enough for the others."""

POLICY_DEFAULTS: Mapping[str, str] = {
    "on_image_change": "replace",
    "on_root_pass_change": "keep",
    "on_access_change": "keep",
    "on_user_data_change": "keep",
}
BY_POLICY: Mapping[str, Outcome] = {
    "keep": Outcome.KEPT,
    "ignore": Outcome.KEPT,
    "reset": Outcome.OFF,
    "rebuild": Outcome.REBUILD,
    "replace": Outcome.REPLACE,
}
BY_CHANGE: Mapping[Change, Outcome] = {
    Change.PUT: Outcome.PUT,
    Change.ACTION: Outcome.ACTION,
    Change.RESIZE: Outcome.RESIZE,
    Change.REPLACE: Outcome.REPLACE,
    Change.AT_CREATION: Outcome.KEPT,
    Change.OURS: Outcome.NOTHING,
}


@dataclass(frozen=True)
class Changes:
    """The inputs that differ, and what each takes, in the order of their declaration."""

    outcomes: Mapping[str, Outcome]

    def __bool__(self) -> bool:
        return bool(self.outcomes)

    def of(self, *wanted: Outcome) -> tuple[str, ...]:
        """The inputs with one of these outcomes."""
        return tuple(key for key, outcome in self.outcomes.items() if outcome in wanted)

    def without_erasing(self) -> Changes:
        """The changes that leave every disk as it is."""
        kept = {key: outcome for key, outcome in self.outcomes.items() if outcome not in ERASES_DISKS}
        return Changes(kept)

    @property
    def replaces(self) -> tuple[str, ...]:
        return self.of(Outcome.REPLACE)

    @property
    def with_downtime(self) -> tuple[str, ...]:
        """The inputs whose change turns the Linode off for a while."""
        return self.of(*DOWNTIME)


def between(olds: Props, news: Props) -> Changes:
    """What has to change for the old outputs to become the new inputs.

    An input that is not known yet counts as changed: the engine then shows a change that may not come.
    """
    old, new = declared(olds), declared(news)
    forced = news.get("replace_on")
    replace_on = set(forced) if isinstance(forced, (list, tuple)) else set()
    return Changes(
        {
            field.name: Outcome.REPLACE if field.name in replace_on else outcome_of(field, old, new, news)
            for field in FIELDS
            if _differs(field, old, new)
        }
    )


def _differs(field: Field, old: Props, new: Props) -> bool:
    """Whether the input has another value. One that is no longer declared is left as it is."""
    return field.name in new and old.get(field.name) != new.get(field.name)


def outcome_of(field: Field, old: Props, new: Props, news: Props) -> Outcome:
    """What a change of this input takes. `old` and `new` are in normal form, `news` have the policies."""
    if field.policy:
        chosen = news.get(field.policy) or POLICY_DEFAULTS[field.policy]
        return BY_POLICY.get(str(chosen), Outcome.REPLACE)
    if field.change is Change.MIGRATE:
        return Outcome.MIGRATE if news.get("region_move") == "migrate" else Outcome.REPLACE
    if field.name == "interfaces" and only_firewalls_differ(old.get("interfaces"), new.get("interfaces")):
        return Outcome.ACTION
    if field.change is Change.POWER_CYCLE:
        return Outcome.OFF if field.name in NEEDS_OFF else Outcome.REBOOT
    if field.name == "booted" and new.get("booted") is False:
        return Outcome.OFF
    return BY_CHANGE[field.change]


def first_status(inputs: Props) -> str:
    """The status that a new Linode settles in: without anything to boot it stays off."""
    if inputs.get("booted") is False or is_unknown(inputs.get("booted")):
        return "offline"
    return "running" if inputs.get("image") or inputs.get("backup_id") else "offline"


def kept_status(inputs: Props) -> str | None:
    """The status that is held up later: `booted` decides; None where the power state is not ours."""
    booted = inputs.get("booted")
    if booted is None:
        return None
    return "running" if booted else "offline"


def unfinished(olds: Props, news: Props) -> bool:
    """Whether only an output shows that there is something to do: not ready yet, or in the wrong power state."""
    if olds.get("ready") is False:
        return True
    kept = kept_status(news)
    return kept is not None and olds.get("status") in ("running", "offline") and olds.get("status") != kept
