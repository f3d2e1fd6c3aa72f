"""Make one Linode and never two, whatever happens to the answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from providers.linode.client import LinodeClient
from providers.linode.errors import ApiRefused, ApiUnreachable, LinodeError
from providers.linode.records import Linode
from providers.linode.refusals import LABEL_TAKEN
from providers.linode.transport import UNSURE

log = logging.getLogger("linode.create")

MOST_SENDS = 3
PAUSE_BEFORE_LOOK_S = 2.0


def create_once(
    client: LinodeClient,
    body: Mapping[str, object],
    owner_tag: str,
    sleep: Callable[[float], None] = time.sleep,
) -> Linode:
    """The Linode of this label and owner: found if it is there already, else made.

    The API has no idempotency key, but labels are unique in an account and the owner's tag goes out in the
    create request itself. So after an answer that leaves it open whether something was made, a look tells;
    and a request that arrives late can't make a second one, for the label is taken.
    Raises ApiRefused (label taken by somebody else's Linode among others), ApiUnreachable.
    """
    label = str(body["label"])
    for send in range(1, MOST_SENDS + 1):
        if found := find_owned(client, label, owner_tag):
            log.warning("Linode %d is this resource's already (label and tag); taken over", found.id)
            return found
        try:
            return client.create_linode(body)
        except LinodeError as error:
            if not may_have_made(error):
                raise
            if send == MOST_SENDS:
                return _found_or(error, client, label, owner_tag)
            log.warning("create of %s: %s Looking whether it was made.", label, error)
            sleep(PAUSE_BEFORE_LOOK_S * send)
    raise AssertionError("unreachable: the last send returns or raises")


def may_have_made(error: LinodeError) -> bool:
    """Whether a create that ended with this error can have left a Linode.

    "Label taken" counts: the taker may be what an earlier, unanswered request made.
    """
    if isinstance(error, ApiUnreachable):
        return True  # not sent, or not answered: in both cases a look is safe and settles it
    if not isinstance(error, ApiRefused):
        return False
    return error.status in UNSURE or any(LABEL_TAKEN in reason.lower() for _, reason in error.reasons)


def find_owned(client: LinodeClient, label: str, owner_tag: str) -> Linode | None:
    """The Linode with this label and this owner's tag. Both are compared here: filters may match loosely."""
    for linode in client.linodes({"label": label}):
        if linode.label == label and owner_tag in linode.tags and linode.status != "deleting":
            return linode
    return None


def _found_or(error: LinodeError, client: LinodeClient, label: str, owner_tag: str) -> Linode:
    found = find_owned(client, label, owner_tag)
    if found is None:
        raise error
    return found
