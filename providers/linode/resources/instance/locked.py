"""Why a Linode can't be deleted, where a lock is the reason."""

from __future__ import annotations

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import ApiRefused, Busy, LinodeError, NotAuthorized, NotFound
from providers.linode.api.records import Linode


def explained(client: LinodeClient, linode_id: str, error: ApiRefused) -> ApiRefused:
    """The clearer error if the Linode has a lock, else the one given. Source: `locks` of GET …/{linodeId}."""
    if isinstance(error, (Busy, NotAuthorized, NotFound)) or error.status >= 429:
        return error
    try:
        linode = client.linode(linode_id)
    except LinodeError:
        return error
    return refusal(linode, error) if linode.locks else error


def refusal(linode: Linode, error: ApiRefused | None = None) -> ApiRefused:
    """The error for a Linode that has locks; `error` is the API's own, where it was asked to delete it."""
    return ApiRefused(
        f"Linode {linode.id} is not deleted: it has the lock {' and '.join(linode.locks)}, which somebody set on "
        "purpose. Next: remove the lock (Cloud Manager, or DELETE /v4beta/locks/{lockId}), then run the command again.",
        status=error.status if error else 400,
        reasons=error.reasons if error else (),
    )
