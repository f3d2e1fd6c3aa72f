"""Bring a Linode into the status that it is to have, and through a resize."""

from __future__ import annotations

from collections.abc import Mapping

from providers.linode import waiting
from providers.linode.changes import target_status
from providers.linode.client import LinodeClient
from providers.linode.records import Linode

STABLE = frozenset({"running", "offline", "stopped", "billing_suspension"})
"""Statuses that do not change by themselves."""


def settled(client: LinodeClient, linode_id: int, inputs: Mapping[str, object], timeout_s: float) -> Linode:
    """The Linode once it has its status: running with an image, else offline. Booted if it stopped short.

    Raises WaitExpired and what the calls raise.
    """
    target = target_status(inputs)
    what = f"Linode {linode_id} is to be {target}"
    linode = waiting.until(lambda: client.linode(linode_id), _is_stable, what, timeout_s)
    if linode.status == target or target == "offline":
        return linode
    waiting.until_free(lambda: client.boot(linode_id), what, timeout_s)
    return waiting.until(
        lambda: client.linode(linode_id), lambda seen: seen.status == target, what, timeout_s
    )


def resize(client: LinodeClient, linode: Linode, type_id: str) -> None:
    """Move a Linode to another plan and wait until it is there; it is off meanwhile.

    Source: POST /linode/instances/{linodeId}/resize.
    """
    what = f"Linode {linode.id} is to be a {type_id}"
    timeout_s = waiting.UPDATE_TIMEOUT_S
    waiting.until_free(lambda: client.resize(linode.id, type_id), what, timeout_s)
    waiting.until(
        lambda: client.linode(linode.id),
        lambda seen: seen.type == type_id and _is_stable(seen),
        what,
        timeout_s,
    )


def _is_stable(linode: Linode) -> bool:
    return linode.status in STABLE
