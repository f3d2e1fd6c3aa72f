"""Which Linodes the stack's state has already, so that a create never takes over the one that it replaces.

A create that finds a Linode with its own label and tag from before this run has met one of two: what an
interrupted run left behind (to be taken over), or the state's present entry, in a replacement that the engine
began without a word to the provider (`--replace`, taint: then the old one is deleted next, so taking it over would
lose it). Requests look the same in both cases. What tells: ids that the engine has named to this process; the
state itself where it lies in a folder (`state_folder`); else the person, by LINODE_TAKE_OVER=<id>.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from providers.linode.core import state_files as state_folder
from providers.linode.core.owner import Owner

CONSENT = "LINODE_TAKE_OVER"

_named: set[str] = set()
_named_lock = Lock()


def named(id_: str) -> None:
    """Note an id that came with diff, read, update or delete: the state has, or had, an entry for it."""
    with _named_lock:
        _named.add(str(id_))


def forget() -> None:
    """As if the process had just begun."""
    with _named_lock:
        _named.clear()


@dataclass(frozen=True)
class Evidence:
    """What can be known about a Linode from before this run."""

    owner: Owner
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def is_free(self, linode_id: int) -> bool | None:
        """True if no entry of the state has it, False if one has, None if that can't be told."""
        with _named_lock:
            if str(linode_id) in _named:
                return False
        if str(linode_id) in self.environment.get(CONSENT, "").replace(",", " ").split():
            return True
        ids = state_folder.ids_in_state(self.owner.project, self.owner.stack, self.environment)
        return None if ids is None else str(linode_id) not in ids

    def why_not(self, linode_id: int, label: str) -> str:
        """The line for a Linode that is not taken over: which, why, and what to type."""
        if self.is_free(linode_id) is False:
            return (
                f"the label '{label}' is held by Linode {linode_id}, which is this resource's and is to be "
                "replaced; labels are unique in an account, so it has to go first. Next: drop "
                "delete_before_replace=False from the resource, or give the new one another label."
            )
        return (
            f"Linode {linode_id} has the label '{label}' and the tag of this resource, and was there before this "
            "run. Next: if an interrupted run made it, take it over with "
            f"`{CONSENT}={linode_id} pulumi up`; if you asked for a replacement, delete it first."
        )
