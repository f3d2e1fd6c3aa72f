"""Make one Linode and never two, whatever happens to the answer.

The API has no idempotency key. But labels are unique in an account, and the owner's tag goes out in the create
request itself, so there is no moment at which a Linode is there and can't be told from others. Every failure
is sorted (`create_failures`); where it is open whether something was made, a look by label and tag tells; and
a request that arrives late can't make a second one, for the label is taken.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import ApiRefused, ApiUnreachable, LabelHeld, LinodeError, NotFound
from providers.linode.api.records import Linode
from providers.linode.core.evidence import Evidence
from providers.linode.resources.instance.create_failures import Verdict, about_tags, sort_out

log = logging.getLogger("linode.create")

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)
"""Before each further send: a minute in all. How soon a deleted Linode's label is free again is not known."""


@dataclass
class Create:
    """One create request and what is known around it.

    `before` are the account's Linodes before this process sent anything; `evidence` tells which of those
    are another entry of the stack's state. `in_doubt`: a request of ours may have made it.
    """

    client: LinodeClient
    body: Mapping[str, object]
    owner_tag: str
    evidence: Evidence
    before: Sequence[Linode] = ()
    sleep: Callable[[float], None] = time.sleep
    in_doubt: bool = False

    @property
    def label(self) -> str:
        return str(self.body["label"])

    def run(self) -> Linode:
        """The Linode of this label and owner: the one that is there already, else a new one.

        Raises LabelHeld, ApiRefused, ApiUnreachable, ApiMaintenance.
        """
        if made_earlier := self._made_earlier():
            return made_earlier
        for pause in (*PAUSES_S, None):
            try:
                return self.client.create_linode(self.body)
            except (LinodeError, ValidationError) as error:
                found = self._after(error, last=pause is None)
            if found is not None:
                return found
            self.sleep(pause or 0.0)
        raise AssertionError("unreachable: the last send returns or raises")

    def _made_earlier(self) -> Linode | None:
        """What an earlier run left behind, as it is now."""
        for linode in self.before:
            if self._is_ours(linode) and self.evidence.is_free(linode.id) is not False:
                try:
                    return self._taken_over(self.client.linode(linode.id))
                except NotFound:
                    return None
        return None

    def _after(self, error: LinodeError | ValidationError, *, last: bool) -> Linode | None:
        """The Linode if it is there, None if the request is to be sent again; else raises."""
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

    def _look(self, error: Exception) -> Linode | None:
        """Who has the label now: nothing is sent again before that is known.

        Both are compared here, filters may match loosely. Raises the error of the create, with what to do.
        """
        for pause in (*PAUSES_S, None):
            try:
                found = self.client.linodes({"label": self.label})
            except (ApiUnreachable, ApiRefused) as unseen:  # noqa: PERF203 - a few tries, each a request
                if pause is None or sort_out(unseen) is Verdict.REFUSED:
                    raise self._gave_up(error) from None
                self.sleep(pause)
            else:
                return next((linode for linode in found if linode.label == self.label), None)
        raise AssertionError("unreachable: the last look returns or raises")

    def _own(self, holder: Linode, *, last: bool) -> Linode | None:
        """The label's holder if it is ours; None while it is on its way out. Raises LabelHeld."""
        if holder.status == "deleting" and not last:
            return None
        if self._has_tag(holder):
            return self._taken_over(holder)
        raise LabelHeld(
            f"the label '{self.label}' is taken by Linode {holder.id} ({holder.region}), which is not this "
            "resource's; labels are unique in an account. Next: choose another label, or delete or import it."
        )

    def _taken_over(self, linode: Linode) -> Linode:
        """A Linode that carries our label and tag. One from before this run needs evidence. Raises LabelHeld."""
        if linode.id in {known.id for known in self.before} and not self.evidence.is_free(linode.id):
            raise LabelHeld(self.evidence.why_not("Linode", linode.id, self.label))
        log.warning("Linode %d (%s) is this resource's by label and tag; taken over", linode.id, linode.label)
        return linode

    def _is_ours(self, linode: Linode) -> bool:
        return linode.label == self.label and self._has_tag(linode) and linode.status != "deleting"

    def _has_tag(self, linode: Linode) -> bool:
        return self.owner_tag.casefold() in {tag.casefold() for tag in linode.tags}

    def _gave_up(self, error: Exception) -> Exception:
        if not self.in_doubt or not isinstance(error, (ApiRefused, ApiUnreachable)):
            return error
        return ApiUnreachable(
            f"whether '{self.label}' was made can't be told: {error} It carries this resource's tag "
            f"{self.owner_tag}, and the next `up` finds it by that.",
            did_nothing=False,
        )
