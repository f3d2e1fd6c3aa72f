"""Make one resource and never two, whatever happens to the answer.

The API has no idempotency key. But the create request itself says what its result can be recognised by (`Identity`),
so there is no moment at which something is there and can't be told from others. Every failure is sorted (`sort_out`);
where it is open whether something was made, a look tells. Where labels are unique, a request that arrives late can't
make a second one; where they are not, a second look after the answer takes the surplus away.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic

from pydantic import ValidationError

from providers.linode.api.errors import (
    ApiMaintenance,
    ApiRefused,
    ApiUnreachable,
    LabelHeld,
    LinodeError,
    NotFound,
)
from providers.linode.api.refusals import LABEL_TAKEN
from providers.linode.api.transport import UNSURE
from providers.linode.core import runtime
from providers.linode.core.effects import Takes
from providers.linode.core.evidence import Evidence
from providers.linode.core.owner import Owner
from providers.linode.core.runtime import Session
from providers.linode.core.spec import A, R, Spec
from providers.linode.nearest import listed

log = logging.getLogger("linode.create")

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)
"""Before each further send: a minute in all. How soon a deleted Linode's label is free again is not known."""


class Verdict(Enum):
    """What to believe after a failed create request."""

    NOTHING = "it surely did nothing, and may do better next time"
    REFUSED = "it did nothing, and would do nothing again"
    TAKEN = "the label is taken, maybe by what an unanswered request made"
    UNKNOWN = "it may have made one"


def sort_out(error: Exception) -> Verdict:
    """The verdict on an error of a create request.

    408 and every 5xx have been seen both before and after the work; a good answer that can't be read (a
    ValidationError) is one of something made. Maintenance, 401, 403 and 429 are refused before anything is done.
    """
    if isinstance(error, ApiMaintenance):
        return Verdict.REFUSED
    if isinstance(error, ApiUnreachable):
        return Verdict.NOTHING if error.did_nothing else Verdict.UNKNOWN
    if not isinstance(error, ApiRefused):
        return Verdict.UNKNOWN
    if error.status in UNSURE or error.status >= 500:
        return Verdict.UNKNOWN
    if any(LABEL_TAKEN in reason.lower() for _, reason in error.reasons):
        return Verdict.TAKEN
    return Verdict.REFUSED


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
    entry of the stack's state. `in_doubt`: a request of ours may have made it.
    """

    spec: Spec[A, R]
    session: Session
    args: A
    body: Mapping[str, object]
    evidence: Evidence
    before: Sequence[R] = ()
    sleep: Callable[[float], None] = time.sleep
    in_doubt: bool = False

    @property
    def label(self) -> str:
        return str(self.body.get("label"))

    def run(self) -> R:
        """The one of this identity and owner: what is there already, else a new one.

        Raises LabelHeld, ApiRefused, ApiUnreachable, ApiMaintenance.
        """
        if made_earlier := self._made_earlier():
            return made_earlier
        for pause in (*PAUSES_S, None):
            try:
                made = self.spec.create(self.session, self.args, self.body)
            except (LinodeError, ValidationError) as error:
                found = self._after(error, last=pause is None)
            else:
                self._drop_surplus(made)
                return made
            if found is not None:
                return found
            self.sleep(pause or 0.0)
        raise AssertionError("unreachable: the last send returns or raises")

    def _made_earlier(self) -> R | None:
        """What an earlier run left behind, as it is now."""
        for record in self.before:
            if self._is_ours(record) and self.evidence.is_free(record.id) is not False:
                try:
                    return self._taken_over(self.spec.get(self.session, record.id))
                except NotFound:
                    return None
        return None

    def _after(self, error: LinodeError | ValidationError, *, last: bool) -> R | None:
        """The one that is there, None if the request is to be sent again; else raises."""
        verdict = sort_out(error)
        self.in_doubt = self.in_doubt or verdict is Verdict.UNKNOWN
        log.info("create of %s: %s", self.label, error)
        if verdict is Verdict.REFUSED and not self.in_doubt:
            raise about_tags(error) or error
        if verdict is not Verdict.NOTHING or self.in_doubt:
            if (holder := self._look(error)) is not None:
                return self._own(holder, last=last)
            if verdict is Verdict.REFUSED:
                raise error
        if last:
            raise self._gave_up(error)
        return None

    def _look(self, error: Exception) -> R | None:
        """Who has the label now: nothing is sent again before that is known.

        Raises the error of the create, with what to do.
        """
        for pause in (*PAUSES_S, None):
            try:
                return self._matching()
            except (ApiUnreachable, ApiRefused) as unseen:  # noqa: PERF203 - a few tries, each a request
                if pause is None or sort_out(unseen) is Verdict.REFUSED:
                    raise self._gave_up(error) from None
                self.sleep(pause)
        raise AssertionError("unreachable: the last look returns or raises")

    def _matching(self) -> R | None:
        """What has the identity now. Where the account may hold several, what was there before is not it."""
        known = set() if self.spec.identity.unique else {record.id for record in self.before}
        found = (
            record for record in self._all_matching() if record.id not in known and self._is_unnamed(record)
        )
        return next(found, None)

    def _is_unnamed(self, record: R) -> bool:
        """Whether no other resource of this run has it, where the account may hold several alike."""
        return self.spec.identity.unique or not runtime.current().is_named(self.spec.kind, str(record.id))

    def _all_matching(self) -> list[R]:
        """Compared here: filters of the API may match loosely."""
        rows = self.spec.list(self.session, {"label": self.label})
        return [record for record in rows if self.spec.identity.matches(record, self.body)]

    def _own(self, holder: R, *, last: bool) -> R | None:
        """The label's holder if it is ours; None while it is on its way out. Raises LabelHeld."""
        if self.spec.is_leaving(holder) and not last:
            return None
        if self._is_proven(holder):
            return self._taken_over(holder)
        raise LabelHeld(
            f"the label '{self.label}' is taken by {self.spec.name} {holder.id}{place(holder)}, which is not this "
            "resource's; labels are unique in an account. Next: choose another label, or delete or import it."
        )

    def _taken_over(self, record: R) -> R:
        """What carries our identity. One from before this run needs evidence. Raises LabelHeld."""
        if record.id in {known.id for known in self.before} and not self.evidence.is_free(record.id):
            raise LabelHeld(self.evidence.why_not(self.spec.name, record.id, self.label))
        log.warning("%s %s (%s) is this resource's; adopted", self.spec.name, record.id, self.label)
        return record

    def _is_ours(self, record: R) -> bool:
        return (
            self.spec.identity.matches(record, self.body)
            and self._is_proven(record)
            and not self.spec.is_leaving(record)
        )

    def _is_proven(self, record: R) -> bool:
        """Whether it carries the owner's tag, or has the id in the state; without tags its content is proof."""
        if not self.spec.identity.tagged or runtime.current().own_id() == str(record.id):
            return True
        return self.evidence.owner.marks(record.tags)

    def _drop_surplus(self, made: R) -> None:
        """Take away what an earlier send of ours made after all, late, where nothing else prevents a second one.

        Raises nothing: whatever becomes of the surplus, what was made has to get into the state.
        """
        if not self.in_doubt or self.spec.identity.unique:
            return
        known = {made.id, *(record.id for record in self.before)}
        try:
            for record in self._all_matching():
                if record.id not in known and self._is_unnamed(record):
                    self.session.client.delete(self.spec.record_path(record.id))
                    log.warning("%s %s was made twice; %s is removed", self.spec.name, made.id, record.id)
        except (LinodeError, ValidationError) as error:
            log.warning("%s %s (%s) may be there twice: %s", self.spec.name, made.id, self.label, error)

    def _gave_up(self, error: Exception) -> Exception:
        if not self.in_doubt or not isinstance(error, (ApiRefused, ApiUnreachable)):
            return error
        known_by = (
            f"this resource's tag {self.evidence.owner.tag()}"
            if self.spec.identity.tagged
            else "the same content"
        )
        return ApiUnreachable(
            f"whether '{self.label}' was made can't be told: {error} It carries {known_by}, "
            "and the next `up` finds it by that.",
            did_nothing=False,
        )


def place(record: object) -> str:
    """` (region)`, to be put behind a record's name; empty where it has none."""
    region = getattr(record, "region", None)
    return f" ({region})" if region else ""


def find_or_make(spec: Spec[A, R], session: Session, args: A, owner: Owner) -> R:
    """What `adopt` names, or the owner's, or a new one.

    Raises LabelHeld, ApiRefused, ApiUnreachable, ApiMaintenance.
    """
    wanted = getattr(args, "adopt", None)
    if wanted is not None:
        try:
            return spec.get(session, wanted)
        except NotFound:
            log.info("%s %s, which is to be adopted, is gone", spec.name, wanted)
    body = spec.body(args, owner)
    evidence = Evidence(owner, spec.kind, tagged=spec.identity.tagged)
    create = Create(spec, session, args, body, evidence, session.rows(spec))
    if spec.identity.unique:
        return create.run()
    with session.alone((spec.kind, *(str(body.get(key)) for key in spec.identity.keys))):
        made = create.run()
        runtime.current().name(spec.kind, str(made.id))
        return made


def refuse_erasure(spec: Spec[A, R], record: R, takes: Mapping[str, Takes]) -> None:
    """Raises LinodeError if what was there before would lose disks, backups or addresses to be as wanted.

    Its id must then not get into the state: the next run would replace what is not ours.
    """
    if erased := [name for name, each in takes.items() if each.replaces or each.destroys]:
        raise LinodeError(
            f"{spec.name} {record.id} is there already with another {listed(erased)}, and nothing was changed. "
            "Next: declare what it has, or delete it."
        )
