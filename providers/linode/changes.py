"""Which inputs differ, and what each difference takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from providers.linode.inputs import declared

Policy = Literal["in place", "resize", "replace", "at creation"]

POLICIES: Mapping[str, Policy] = {
    "label": "in place",
    "tags": "in place",
    "owner": "in place",
    "backups_enabled": "in place",
    "type": "resize",
    "region": "replace",
    "image": "replace",
    "root_pass": "at creation",
    "authorized_keys": "at creation",
}
"""What a change of each input does. "at creation": only Linodes made later get it, none is ever replaced for it."""


@dataclass(frozen=True)
class Changes:
    """The inputs that differ, by what they take; each in the order of their declaration."""

    in_place: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.in_place or self.replaces)


def between(olds: Mapping[str, object], news: Mapping[str, object]) -> Changes:
    """What has to change for the old outputs to become the new inputs.

    An input that is not known yet counts as changed: the engine then shows a change that may not come.
    """
    old, new = declared(olds), declared(news)
    differing = [key for key in POLICIES if old.get(key) != new.get(key)]
    return Changes(
        in_place=tuple(key for key in differing if POLICIES[key] in ("in place", "resize")),
        replaces=tuple(key for key in differing if POLICIES[key] == "replace"),
    )


def target_status(inputs: Mapping[str, object]) -> Literal["running", "offline"]:
    """The status that a Linode settles in: without an image there is nothing to boot."""
    return "running" if inputs.get("image") else "offline"
