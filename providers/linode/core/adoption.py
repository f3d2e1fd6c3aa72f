"""Make one resource and never two, whatever happens to the answer.

The API has no idempotency key. But the create request itself says what its result can be recognised by (`Identity`),
so there is no moment at which something is there and can't be told from others. Where it is open whether something was
made, a look tells (`api.writes`). Where labels are unique, a request that arrives late can't
make a second one; where they are not, a second look after the answer takes the surplus away.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

from providers.linode.api.errors import ApiRefused, LabelHeld, LinodeError, NotFound
from providers.linode.api.writes import Write
from providers.linode.core import leftovers, runtime
from providers.linode.core.evidence import Evidence
from providers.linode.core.owner import Owner
from providers.linode.core.runtime import Session
from providers.linode.core.spec import A, R, Spec

log = logging.getLogger("linode.create")


def about_tags(error: Exception) -> ApiRefused | None:
    """The clearer error where the token's user may not set tags, else None.

    Source: POST /linode/instances, `tags`: unrestricted users only.
    """
    if not isinstance(error, ApiRefused) or error.status not in (400, 401, 403):
        return None
    if not any(field == "tags" or "tag" in reason.lower().split() for field, reason in error.reasons):
        return None
    return ApiRefused(
        "the token's user may not set tags, and the tag in the create request is what shows whose it is: "
        "without it a lost answer could cost a second one, so nothing was made. Next: use a token of an "
        "unrestricted user.",
        status=error.status,
        reasons=error.reasons,
    )


@dataclass
class Create(Generic[A, R]):
    """One create request and what is known around it.

    `before` is what the account had before this process sent anything; `evidence` tells which of those are another
    entry of the stack's state.
    """

    spec: Spec[A, R]
    session: Session
    args: A
    body: Mapping[str, object]
    evidence: Evidence
    before: Sequence[R] = ()
    sleep: Callable[[float], None] = time.sleep

    @property
    def label(self) -> str:
        """What it is called, or what is most of it."""
        named = self.body.get("label") or self.body.get(self.spec.identity.key)
        return str(named or self.spec.name)

    def run(self) -> R:
        """The one of this identity and owner: what is there already, else a new one.

        Raises LabelHeld, ApiRefused, ApiUnreachable, ApiMaintenance.
        """
        if made_earlier := self._made_earlier():
            return made_earlier
        owner = self.evidence.owner
        then = (
            f" It carries this resource's tag {owner.tag()}, and the next `up` finds it by that; without another `up`, "
            f"{leftovers.reap(owner.stack)}."
            if self.spec.identity.tagged
            else " If it was made, the next `up` finds one of the same content, and says how to adopt it; without "
            "another `up`, look for it by hand, as `destroy` does not know it."
        )
        write = Write(f"the create of '{self.label}'", self._send, self._look, then, self.sleep)
        try:
            made = write.run()
        except ApiRefused as error:
            raise about_tags(error) or error from None
        if write.in_doubt:
            self._drop_surplus(made)
        return made

    def _send(self) -> R:
        return self.spec.create(self.session, self.args, self.body)

    def _look(self) -> R | None:
        holder = self._matching()
        return None if holder is None else self._own(holder)

    def _made_earlier(self) -> R | None:
        """What an earlier run left behind, as it is now."""
        for record in self.before:
            if (
                self._is_ours(record)
                and self.evidence.is_free(record.id) is not False
                and self._can_claim(record)
            ):
                try:
                    return self._taken_over(self.spec.get(self.session, record.id))
                except NotFound:
                    return None
        return None

    def _matching(self) -> R | None:
        """What has the identity now. Where the account may hold several, what was there before is not it."""
        known = set() if self.spec.identity.unique else {record.id for record in self.before}
        alike = self.spec.alike(self.session, self.body)
        return next((one for one in alike if one.id not in known and self._is_unnamed(one)), None)

    def _is_unnamed(self, record: R) -> bool:
        """Whether no other resource of this run has it, where the account may hold several alike."""
        return self.spec.identity.unique or not runtime.current().is_named(self.spec.kind, str(record.id))

    def _can_claim(self, record: R) -> bool:
        """Claim it, unless another resource's check has found it, where content is all that tells."""
        return self.spec.identity.tagged or not runtime.current().claim(self.spec.kind, record.id)

    def _own(self, holder: R) -> R | None:
        """The label's holder if it is ours; None while it is on its way out. Raises LabelHeld."""
        if self.spec.is_leaving(holder):
            return None
        if self._is_proven(holder):
            return self._taken_over(holder)
        if self.evidence.owner.owns(holder.tags):
            raise LabelHeld(
                f"{self.spec.name} {holder.id}, which an earlier run made, has another generation and the "
                f"{self.spec.identity.key} '{self.label}'; {self.spec.realm}. Next: declare what it has, or delete it."
            )
        raise LabelHeld(
            f"the {self.spec.identity.key} '{self.label}' is taken by {self.spec.name} {holder.id}{place(holder)}, "
            f"which is not this resource's; {self.spec.realm}. Next: choose another {self.spec.identity.key}, or "
            "delete or import it."
        )

    def _taken_over(self, record: R) -> R:
        """What carries our identity. One from before this run needs evidence. Raises LabelHeld."""
        if self._was_there(record) and not self.evidence.is_free(record.id):
            raise LabelHeld(
                self.evidence.why_not(self.spec.name, record.id, self.spec.identity.key, self.label)
            )
        log.warning("%s %s (%s) is this resource's; adopted", self.spec.name, record.id, self.label)
        return record

    def _was_there(self, record: R) -> bool:
        """Whether it is from before this run. Where the id is what it names, as an attachment has its volume's, what
        this run has deleted comes back under its id.
        """
        names_itself = str(record.id) == str(self.body.get(self.spec.identity.key))
        if names_itself and self.session.has_deleted(self.spec, record.id):
            return not self.spec.identity.matches(record, self.body)
        return record.id in {known.id for known in self.before}

    def _is_ours(self, record: R) -> bool:
        return (
            self.spec.identity.matches(record, self.body)
            and self._is_proven(record)
            and not self.spec.is_leaving(record)
        )

    def _is_proven(self, record: R) -> bool:
        """Whether it carries the owner's tag, or has the id in the state; without tags its content is proof."""
        if runtime.current().own_id() == str(record.id):
            return True
        identity = self.spec.identity
        if not identity.tagged:
            return identity.matches(record, self.body)
        return self.evidence.owner.marks(record.tags)

    def _drop_surplus(self, made: R) -> None:
        """Take away what an earlier send of ours made after all, late, where nothing else prevents a second one.

        Raises nothing: whatever becomes of the surplus, what was made has to get into the state.
        """
        if self.spec.identity.unique:
            return
        known = {made.id, *(record.id for record in self.before)}
        try:
            for record in self.spec.alike(self.session, self.body):
                if record.id not in known and self._is_unnamed(record):
                    self.session.client.delete(self.spec.record_path(record.id))
                    log.warning("%s %s was made twice; %s is removed", self.spec.name, made.id, record.id)
        except LinodeError as error:
            log.warning("%s %s (%s) may be there twice: %s", self.spec.name, made.id, self.label, error)


def place(record: object) -> str:
    """` (region)`, to be put behind a record's name; empty where it has none."""
    region = getattr(record, "region", None)
    return f" ({region})" if region else ""


def find_or_make(spec: Spec[A, R], session: Session, args: A, owner: Owner) -> R:
    """The owner's, or a new one.

    Raises LabelHeld, ApiRefused, ApiUnreachable, ApiMaintenance.
    """
    body = spec.body(args, owner)
    create = Create(spec, session, args, body, Evidence(spec, owner), session.rows(spec))
    if spec.identity.unique:
        return create.run()
    with session.alone((spec.kind, spec.path, *(str(body.get(key)) for key in spec.identity.keys))):
        made = create.run()
        runtime.current().name(spec.kind, str(made.id))
        return made
