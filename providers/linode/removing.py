"""Delete a Linode, with a last image of its disk where that is asked for, and wait until it is gone."""

from __future__ import annotations

import datetime
import logging

from providers.linode import locked, poller, waiting
from providers.linode.client import LinodeClient
from providers.linode.errors import ApiRefused, NotFound
from providers.linode.goals import Goal
from providers.linode.powering import Machine

log = logging.getLogger("linode.delete")


def delete(client: LinodeClient, linode_id: str, timeout_s: float, *, wait: bool = True) -> None:
    """Delete it and wait until its label and volumes are free. A Linode that is gone already is success.

    Without `wait` it ends when the API has taken the request, and leaves the wait to Leaving.

    Raises ApiRefused, ApiUnreachable, WaitExpired, WaitFailed.
    """
    shared = poller.shared(client)
    mark = shared.mark()
    try:
        waiting.act_when_free(
            client,
            int(linode_id),
            lambda: client.delete_linode(linode_id),
            f"Linode {linode_id} is to be deleted",
            timeout_s,
        )
        shared.leaving.add(int(linode_id))
        if wait:
            goal = Goal(int(linode_id), f"Linode {linode_id} is to be gone", "gone", **mark._asdict())
            waiting.until_it(client, goal, timeout_s)
    except NotFound:
        return
    except ApiRefused as error:
        raise locked.explained(client, linode_id, error) from None


def keep_last_state(client: LinodeClient, linode_id: str, label: str, timeout_s: float) -> None:
    """Take the final snapshot, unless the Linode is gone already or a lock will keep it from being deleted."""
    try:
        if not client.linode(linode_id).locks:
            final_snapshot(client, linode_id, label, timeout_s)
    except NotFound:
        return


def final_snapshot(client: LinodeClient, linode_id: str, label: str, timeout_s: float) -> str | None:
    """A private image of the main disk, taken while the Linode is off; its id, None if there is no disk.

    An image, not a backup: the API deletes a Linode's backups together with it.
    """
    machine = Machine(client, int(linode_id), timeout_s)
    disks = [disk for disk in client.disks(linode_id) if disk.filesystem != "swap"]
    if not disks:
        return None
    machine.shut_down()
    main = max(disks, key=lambda disk: disk.size)
    now = datetime.datetime.now(datetime.timezone.utc)
    image = client.create_image(main.id, f"{label[:32]}-final-{now:%Y%m%d}", f"last state of {label}")
    waiting.until(
        lambda: client.image_status(image),
        lambda seen: seen == "available",
        f"image {image} is to be made",
        timeout_s,
    )
    log.warning("Linode %s: its last state is kept as %s", linode_id, image)
    return image
