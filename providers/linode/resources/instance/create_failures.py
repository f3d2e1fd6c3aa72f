"""What a failed create request has done: nothing, its work, or nobody knows. Pure."""

from __future__ import annotations

from enum import Enum

from providers.linode.api.errors import ApiMaintenance, ApiRefused, ApiUnreachable
from providers.linode.api.refusals import LABEL_TAKEN
from providers.linode.api.transport import UNSURE


class Verdict(Enum):
    """What to believe after a failure."""

    NOTHING = "it surely did nothing, and may do better next time"
    REFUSED = "it did nothing, and would do nothing again"
    TAKEN = "the label is taken, maybe by what an unanswered request made"
    UNKNOWN = "it may have made a Linode"


def sort_out(error: Exception) -> Verdict:
    """The verdict on an error of POST /linode/instances.

    408 and every 5xx have been seen both before and after the work; a good answer that can't be read (a
    ValidationError) is one of a Linode. Maintenance, 401, 403 and 429 are refused before anything is done.
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
        "the token's user may not set tags, and the tag in the create request is what shows whose a Linode is: "
        "without it a lost answer could cost a second one, so nothing was made. Next: use a token of an "
        "unrestricted user.",
        status=error.status,
        reasons=error.reasons,
    )
