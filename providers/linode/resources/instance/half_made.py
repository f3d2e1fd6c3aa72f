"""What stays in the state when a Linode was made, or changed, and is not what it is to be.

The engine keeps the id, what the API reports now, and the reason; the next `up` calls update, which looks at
what is there and does the rest. Nothing is made a second time.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import LinodeError
from providers.linode.api.records import Linode
from providers.linode.core import engine as engine_contact
from providers.linode.resources.instance import inputs
from providers.linode.resources.instance.outputs import outputs

log = logging.getLogger("linode.provider")

Props = Mapping[str, object]


def after_create(client: LinodeClient, props: Props, linode: Linode, error: Exception) -> dict[str, object]:
    """The outputs of a Linode that was accepted and didn't get ready.

    Raises PartialFailure where the engine can be told; else the outputs, whose `ready` makes the next `up` go on.
    """
    linode = _as_it_is(client, linode.id) or linode
    outs = outputs({**props, **inputs.as_reported(inputs.declared(props), linode)}, linode, ready=False)
    reason = f"Linode {linode.id} is made and kept in the state, but not ready: {told(error)}{NEXT}"
    if not engine_contact.keep_partial(str(linode.id), outs, reason, props.get(engine_contact.PROVIDER_KEY)):
        log.warning("%s", reason)
    return outs


def after_update(client: LinodeClient, id_: str, olds: Props, news: Props, error: Exception) -> None:
    """Have the engine keep what an update that broke off has reached; what it hasn't keeps its old value.

    Raises PartialFailure where the engine can be told; else the old state stays, and the next `up` does it again.
    """
    linode = _as_it_is(client, int(id_))
    if linode is None:
        return
    outs = outputs({**olds, **inputs.as_reported(inputs.declared(olds), linode)}, linode, ready=False)
    outs["status"] = olds.get("status", linode.status)  # to be restored: it may be off for this update alone
    reason = f"Linode {id_} is changed in part: {told(error)}{NEXT}"
    engine_contact.keep_partial(id_, outs, reason, news.get(engine_contact.PROVIDER_KEY))


NEXT = " The next `up` goes on from here."


def told(error: Exception) -> str:
    """The error's own line; one of another kind with its type, as its text alone may say little."""
    return str(error) if isinstance(error, LinodeError) else f"{type(error).__name__}: {error}"


def _as_it_is(client: LinodeClient, linode_id: int) -> Linode | None:
    try:
        return client.linode(linode_id)
    except LinodeError:
        return None
