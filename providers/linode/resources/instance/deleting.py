"""Delete a Linode, with a final image of its disk where that is asked for, and wait until it is gone."""

from __future__ import annotations

import logging
from contextlib import suppress

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import ApiRefused, Busy, LinodeError, NotAuthorized, NotFound
from providers.linode.api.records import Linode
from providers.linode.core.runtime import Session
from providers.linode.core.waiting import until
from providers.linode.core.waiting.goals import Goal
from providers.linode.resources.instance.final_image import FinalImage
from providers.linode.resources.instance.power import Machine

log = logging.getLogger("linode.delete")

OFF = frozenset({"offline", "stopped", "shutting_down"})
BOOT_AGAIN_S = 120.0
"""How long another job may hold up the boot of a Linode that was not deleted after all."""


def delete(session: Session, linode_id: str, timeout_s: float, *, wait: bool = True) -> None:
    """Delete it and, unless told otherwise, wait until its label and volumes are free. Gone already is success.

    Raises ApiRefused, ApiUnreachable, WaitExpired, WaitFailed.
    """
    mark, what = session.poller.mark(), f"Linode {linode_id} is to be"
    client = session.client
    try:
        until.act_when_free(
            session.poller,
            int(linode_id),
            lambda: client.delete_linode(linode_id),
            f"{what} deleted",
            timeout_s,
        )
    except NotFound:
        return
    except ApiRefused as error:
        raise explained(client, linode_id, error) from None
    if wait:
        goal = Goal(int(linode_id), f"{what} gone", "gone", **mark._asdict())
        until.until_it(session.poller, goal, timeout_s)


def delete_with_final_image(session: Session, linode_id: str, timeout_s: float, *, wait: bool = True) -> None:
    """Keep an image of its last state, then delete it. Locks refuse before anything is done.

    If it isn't deleted after all, it is booted again if it ran. Raises as `delete`, and what FinalImage raises.
    """
    try:
        linode = session.client.linode(linode_id)
    except NotFound:
        return
    if linode.locks:
        raise locked(linode)
    image = FinalImage(session, linode, timeout_s)
    was_running = linode.status != "deleting" and image.was_running
    try:
        if linode.status != "deleting":
            image.keep()
        delete(session, linode_id, timeout_s, wait=wait)
    except Exception:
        if was_running:
            _boot_again(session, linode.id)
        raise


def _boot_again(session: Session, linode_id: int) -> None:
    """Boot it if it is still there and off; the error that is on its way tells why it had been turned off."""
    client = session.client
    with suppress(LinodeError):
        if client.linode(linode_id).status in OFF:
            Machine(session, linode_id, BOOT_AGAIN_S).boot()
            log.warning("Linode %d is not deleted, and booted again", linode_id)


def explained(client: LinodeClient, linode_id: str, error: ApiRefused) -> ApiRefused:
    """The clearer error if the Linode has a lock, else the one given. Source: `locks` of GET …/{linodeId}."""
    if isinstance(error, (Busy, NotAuthorized, NotFound)) or error.status >= 429:
        return error
    try:
        linode = client.linode(linode_id)
    except LinodeError:
        return error
    return locked(linode, error) if linode.locks else error


def locked(linode: Linode, error: ApiRefused | None = None) -> ApiRefused:
    """The error for a Linode that has locks; `error` is the API's own, where it was asked to delete it."""
    return ApiRefused(
        f"Linode {linode.id} is not deleted: it has the lock {' and '.join(linode.locks)}, which somebody set on "
        "purpose. Next: remove the lock (Cloud Manager, or DELETE /v4beta/locks/{lockId}), then run the command again.",
        status=error.status if error else 400,
        reasons=error.reasons if error else (),
    )
