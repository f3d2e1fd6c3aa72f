"""Of every write whether it happened: it did nothing, it was refused, or nobody knows, and then a look tells.

The API has no idempotency key, so a request whose answer was lost is not sent a second time unseen. PUT and DELETE may
be (the transport does it); every POST comes through `Write` and says how one sees what it was to do.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from providers.linode.api.errors import (
    ApiMaintenance,
    ApiRefused,
    ApiUnreachable,
    Busy,
    Interrupted,
    LinodeError,
)

log = logging.getLogger("linode.api")

T = TypeVar("T")

IsDone = Callable[[], bool]
"""Looks whether an action has been carried out."""

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)
"""Before each further send or look: a minute in all. How soon a deleted Linode's label is free again is not known."""

UNSURE = frozenset({408, 500, 502, 503, 504})
"""Statuses that have been seen both before and after the work."""

LABEL_TAKEN = "label must be unique"


class Verdict(Enum):
    """What to believe after a write that failed."""

    NOTHING = "it surely did nothing, and may do better next time"
    REFUSED = "it did nothing, and would do nothing again"
    TAKEN = "the label is taken, maybe by what an unanswered request made"
    UNKNOWN = "it may have been done"


def sort_out(error: Exception) -> Verdict:
    """The verdict on an error of a write.

    408 and every 5xx have been seen both before and after the work. Maintenance, 401, 403 and 429 are refused before
    anything is done.
    """
    if isinstance(error, ApiMaintenance):
        return Verdict.REFUSED
    if isinstance(error, ApiUnreachable):
        return Verdict.NOTHING if error.did_nothing else Verdict.UNKNOWN
    if not isinstance(error, ApiRefused) or error.status in UNSURE or error.status >= 500:
        return Verdict.UNKNOWN
    if any(LABEL_TAKEN in reason.lower() for _, reason in error.reasons):
        return Verdict.TAKEN
    return Verdict.REFUSED


@dataclass
class Write(Generic[T]):
    """One write, done once.

    `send` sends it once. `look` tells what came of one whose answer was lost, None where nothing did; it may raise to
    end the write. `how_to_tell` ends the error where nobody knows. `in_doubt`: a request may have been carried out.
    """

    what: str
    send: Callable[[], T]
    look: Callable[[], T | None]
    how_to_tell: str = ""
    sleep: Callable[[float], None] = time.sleep
    in_doubt: bool = False

    def run(self) -> T:
        """What the write gives, or the look. Raises what `send` and `look` raise."""
        for pause in (*PAUSES_S, None):
            try:
                return self.send()
            except Interrupted:
                raise
            except LinodeError as error:
                found = self._after(error, pause)
            if found is not None:
                return found
        raise AssertionError("unreachable: the last send returns or raises")

    def _after(self, error: LinodeError, pause: float | None) -> T | None:
        """What was done, None if the request is to be sent again; else raises. No `pause`: it was the last."""
        verdict = sort_out(error)
        self.in_doubt = self.in_doubt or verdict is Verdict.UNKNOWN
        log.info("%s: %s", self.what, error)
        if verdict is Verdict.REFUSED and not self.in_doubt:
            if (found := self._doubled(error)) is None:
                raise error
            return found
        self.sleep(pause or 0.0)  # before the look: a request may arrive after its connection broke
        if verdict is not Verdict.NOTHING or self.in_doubt:
            if (found := self._looked(error)) is not None:
                return found
            if verdict is Verdict.REFUSED and not isinstance(error, Busy):
                raise error
        if pause is None:
            raise self._unknown(error)
        return None

    def _doubled(self, error: LinodeError) -> T | None:
        """What the same request did when it came first: a proxy may send one twice, and the second is refused then."""
        if isinstance(error, ApiRefused) and error.status == 400:
            with suppress(LinodeError):  # the refusal tells more
                return self.look()
        return None

    def _looked(self, error: LinodeError) -> T | None:
        """What the look tells: nothing is sent again before that is known. Raises the write's own error."""
        for pause in (*PAUSES_S, None):
            try:
                return self.look()
            except (ApiUnreachable, ApiRefused, ApiMaintenance) as unseen:  # noqa: PERF203 - as often as it takes
                if sort_out(unseen) is Verdict.REFUSED:
                    raise self._unknown(error, unseen) from None
                if pause is None:
                    raise self._unknown(error) from None
                self.sleep(pause)
        raise AssertionError("unreachable: the last look returns or raises")

    def _unknown(self, error: LinodeError, unseen: LinodeError | None = None) -> LinodeError:
        """The error where nobody knows. `unseen`: why the API doesn't let us look, which is what can be mended."""
        if not self.in_doubt or not isinstance(error, (ApiRefused, ApiUnreachable)):
            return error
        why, first = str(error).partition(" Next: ")[0], ""
        if unseen is not None:
            refusal, _, mend = str(unseen).partition(" Next: ")
            why, first = f"{why} The look for it was refused: {refusal}", f"{mend.removesuffix('.')}, and "
        return ApiUnreachable(
            f"whether {self.what} was done can't be told: {why} Next: {first}run `up` again, which looks first."
            f"{self.how_to_tell}",
            did_nothing=False,
        )
