"""Why a Linode can't be deleted, where a lock is the reason."""

from __future__ import annotations

from providers.linode.client import LinodeClient
from providers.linode.errors import ApiRefused, Busy, LinodeError, NotAuthorized, NotFound


def explained(client: LinodeClient, linode_id: str, error: ApiRefused) -> ApiRefused:
    """The clearer error if the Linode has a lock, else the one given. Source: `locks` of GET …/{linodeId}."""
    if isinstance(error, (Busy, NotAuthorized, NotFound)) or error.status >= 429:
        return error
    try:
        locks = client.linode(linode_id).locks
    except LinodeError:
        return error
    if not locks:
        return error
    return ApiRefused(
        f"Linode {linode_id} is not deleted: it has the lock {' and '.join(locks)}, which somebody set on purpose. "
        "Next: remove the lock (Cloud Manager, or DELETE /v4beta/locks/{lockId}), then run the command again.",
        status=error.status,
        reasons=error.reasons,
    )
