"""Which ids the stack's state has already, so that a create never adopts the one that it replaces.

A create that finds its own label and tag from before this run has met one of three: what an interrupted run left
behind (to be adopted); the state's present entry, in a replacement that the engine began without a word to the
provider (`--replace`, taint: then the old one is deleted next, so adopting it would lose it); or what another backend
has under the same name of a stack. Requests look the same in all cases. What tells: ids that the engine has named to
this process; the state itself where it lies in a folder (`state_files`), with what the account noted when the stack
came into it; else the person, by LINODE_TAKE_OVER=<id>.

What carries no tag may be anybody's: it is adopted after a create of this very resource that was cut off, of which
the state tells, or with the person's word.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from providers.linode.core import runtime, state_files
from providers.linode.core.owner import Owner

if TYPE_CHECKING:
    from providers.linode.core.spec import Spec

CONSENT = "LINODE_TAKE_OVER"


def consents(id_: int | str | None, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the person has named that id as one to be taken over."""
    return str(id_) in environment.get(CONSENT, "").replace(",", " ").split()


@dataclass(frozen=True)
class Evidence:
    """What can be known about one of a kind from before this run."""

    spec: Spec[Any, Any]
    owner: Owner
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @property
    def kind(self) -> str:
        return self.spec.kind

    @property
    def tagged(self) -> bool:
        """Whether the kind carries the owner's tag."""
        return self.spec.identity.tagged

    def is_free(self, id_: int | str) -> bool | None:
        """True if it is this resource's and in no state, False if it is in one, None if that can't be told."""
        if runtime.current().is_named(self.kind, str(id_)):
            return False
        if consents(id_, self.environment):
            return True
        ids = state_files.ids_in_state(self.owner.project, self.owner.stack, self.kind, self.environment)
        if ids is not None and not self.tagged:
            ids |= state_files.ids_in_all_states(self.kind, self.environment)
        if ids is None or str(id_) in ids:
            return None if ids is None else False
        is_proven = not self.is_not_ours(id_) if self.tagged else self.is_cut_off
        return True if is_proven else None

    @property
    def is_cut_off(self) -> bool:
        """Whether an earlier run ended while it was making this resource, or had deleted what it replaces."""
        noted = runtime.current().cut_off(self.owner.project, self.owner.stack)
        return not noted.isdisjoint({(kind, self.owner.name) for kind in (self.kind, "")})

    def note_cut_off(self) -> None:
        """Have the state read for creates that were cut off, before this run's own are in it; a tag needs none."""
        if not self.tagged:
            runtime.current().cut_off(self.owner.project, self.owner.stack)

    def is_not_ours(self, id_: int | str) -> bool:
        """Whether it had the stack's tag before this backend had the stack: another backend may have it."""
        stored = state_files.not_ours_in_state(self.owner.project, self.owner.stack, self.environment)
        return f"{self.kind}/{id_}" in stored | runtime.current().not_ours

    def why_not(self, noun: str, id_: int | str, key: str, label: str) -> str:
        """The line for one that is not adopted: which, why, and what to type. `key`: the input that names it."""
        if self.is_free(id_) is False:
            return (
                f"the {key} '{label}' is held by {noun} {id_}, which is this resource's and is to be "
                f"replaced: it has to go first. Next: drop "
                f"delete_before_replace=False from the resource, or give the new one another {key}."
            )
        if self.is_not_ours(id_):
            return (
                f"{noun} {id_} has the {key} '{label}' and the tag of this resource, and was there before this backend "
                "had the stack: another backend has it, and changes and deletes it, or a `destroy` here left it. "
                "Next: use that backend, or another name for the stack; if none has it, adopt it with "
                f"`{CONSENT}={id_} pulumi up`."
            )
        if self.tagged:
            whose = "the tag of this resource, and was there before this run"
            adopts = "if an interrupted run made it,"
            todo = "if you asked for a replacement, delete it first"
        else:
            whose = "the content of this resource, and nothing shows that this stack made it"
            adopts = f"if it is to belong to this stack, declare adopt={id_}, import it, or"
            todo = (
                f"else choose another {key}, or, if you asked for a replacement, raise `generation` instead"
            )
        return (
            f"{noun} {id_} has the {key} '{label}' and {whose}. Next: {adopts} adopt it with "
            f"`{CONSENT}={id_} pulumi up`; {todo}."
        )
