"""Delete a Linode, with a last image of its disk where that is asked for, and wait until it is gone."""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import partial

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import ApiRefused, LinodeError, NotFound
from providers.linode.core.waiting import poller
from providers.linode.core.waiting import until as waiting
from providers.linode.core.waiting.goals import Goal
from providers.linode.resources import departures
from providers.linode.resources.instance import locked
from providers.linode.resources.instance.last_image import LastImage
from providers.linode.resources.instance.power import Machine

log = logging.getLogger("linode.delete")

OFF = frozenset({"offline", "stopped", "shutting_down"})
BOOT_AGAIN_S = 120.0
"""How long another job may hold up the boot of a Linode that was not deleted after all."""


def delete(client: LinodeClient, linode_id: str, timeout_s: float, *, wait: bool = True) -> None:
    """Delete it and wait until its label and volumes are free. A Linode that is gone already is success.

    Without `wait` it may go on once the API has taken the request, if a later delete waits for this one too.

    Raises ApiRefused, ApiUnreachable, WaitExpired, WaitFailed.
    """
    if not wait:
        request = partial(_request, client, linode_id, timeout_s)
        departures.shared(client).delete(int(linode_id), request, timeout_s)
        return
    mark = poller.shared(client).mark()
    if _request(client, linode_id, timeout_s):
        goal = Goal(int(linode_id), f"Linode {linode_id} is to be gone", "gone", **mark._asdict())
        waiting.until_it(client, goal, timeout_s)


def _request(client: LinodeClient, linode_id: str, timeout_s: float) -> bool:
    """Have the API take the deletion; False if there is nothing to delete."""
    what = f"Linode {linode_id} is to be deleted"
    try:
        waiting.act_when_free(
            client, int(linode_id), lambda: client.delete_linode(linode_id), what, timeout_s
        )
    except NotFound:
        return False
    except ApiRefused as error:
        raise locked.explained(client, linode_id, error) from None
    poller.shared(client).leaving.add(int(linode_id))
    return True


def delete_with_last_image(
    client: LinodeClient, linode_id: str, timeout_s: float, *, wait: bool = True
) -> None:
    """Keep an image of its last state, then delete it. Locks refuse before anything is done.

    If it isn't deleted after all, it is booted again if it ran. Raises as `delete`, and what LastImage raises.
    """
    try:
        linode = client.linode(linode_id)
    except NotFound:
        return
    if linode.locks:
        raise locked.refusal(linode)
    image = LastImage(client, linode, timeout_s)
    was_running = linode.status != "deleting" and image.was_running
    try:
        if linode.status != "deleting":
            image.keep()
        delete(client, linode_id, timeout_s, wait=wait)
    except Exception:
        if was_running:
            _boot_again(client, linode.id)
        raise


def _boot_again(client: LinodeClient, linode_id: int) -> None:
    """Boot it if it is still there and off; the error that is on its way tells why it had been turned off."""
    with suppress(LinodeError):
        if client.linode(linode_id).status in OFF:
            machine = Machine(client, linode_id, BOOT_AGAIN_S)
            machine.when_free(lambda: client.boot(linode_id), "boot again")
            log.warning("Linode %d is not deleted, and booted again", linode_id)
