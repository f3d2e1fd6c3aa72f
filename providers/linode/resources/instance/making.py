"""Make a Linode, or take over the one that is there already, and bring it to what is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Lock

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import LinodeError, NotFound
from providers.linode.api.records import Linode
from providers.linode.core.evidence import Evidence
from providers.linode.core.owner import Owner
from providers.linode.core.runtime import Session
from providers.linode.core.waiting import poller
from providers.linode.core.waiting import until as waiting
from providers.linode.core.waiting.goals import STABLE
from providers.linode.resources.instance import changes, inputs
from providers.linode.resources.instance import power as powering
from providers.linode.resources.instance.changes import Outcome
from providers.linode.resources.instance.creating import Create
from providers.linode.resources.instance.interfaces import on_the_wire
from providers.linode.resources.instance.planned import AS_ASKED, CREATE
from providers.linode.resources.instance.power import Machine
from providers.linode.resources.instance.updating import Update

Props = Mapping[str, object]

_looking = Lock()


def find_or_make(session: Session, wanted: Props, owner: Owner) -> Linode:
    """The Linode that `adopt` names, or the owner's, or a new one.

    Raises LabelHeld, ApiRefused, ApiUnreachable, ApiMaintenance.
    """
    adopted = _adopted(session, wanted)
    if adopted is not None:
        return adopted
    body = inputs.request_body(_with_interfaces(wanted), owner.tag())
    return Create(session.client, body, owner.tag(), Evidence(owner, "Instance"), _before(session)).run()


def planned(session: Session, owner: Owner) -> str:
    """What a create is going to do, as far as a preview can know: it may find the owner's Linode there already."""
    mine = next((linode for linode in session.linodes if owner.tag() in linode.tags), None)
    is_free = Evidence(owner, "Instance").is_free(mine.id) if mine else None
    if is_free is False:
        return AS_ASKED
    return f"take over Linode {mine.id}, which an earlier run made" if mine and is_free else CREATE


def _with_interfaces(wanted: Props) -> Props:
    """The inputs with their interfaces as the API takes them."""
    declared = wanted.get("interfaces")
    return {**wanted, "interfaces": on_the_wire(declared)} if isinstance(declared, list) else wanted


def _adopted(session: Session, wanted: Props) -> Linode | None:
    """The Linode to take over; None where none is asked for, or it is gone since, as after a replacement."""
    if wanted.get("adopt") is None:
        return None
    with suppress(NotFound):
        return session.client.linode(str(wanted["adopt"]))
    return None


def refuse_erasure(session: Session, linode: Linode, wanted: Props) -> None:
    """Raises LinodeError if a Linode that was there before would have to be erased to be as wanted.

    Its id must then not get into the state: the next run would replace what is not ours.
    """
    if session.linode_listed(str(linode.id)) is None:
        return
    found = changes.between(inputs.as_reported(wanted, linode), wanted)
    if erased := found.of(Outcome.REPLACE, Outcome.REBUILD):
        raise LinodeError(
            f"Linode {linode.id} is there already with another {' and '.join(erased)}, and nothing was changed. "
            "Next: declare what it has, or delete it."
        )


def _before(session: Session) -> Sequence[Linode]:
    """The account's Linodes before this process made any: all creates wait until the first has asked."""
    with _looking:
        return session.linodes


def finish(client: LinodeClient, linode: Linode, wanted: Props, owner: Owner) -> Linode:
    """The Linode as it is wanted, running if it is to be waited for.

    What the create request can't say is put afterwards; a Linode that was there already is changed in place,
    never erased. Raises WaitExpired and what the calls raise.
    """
    timeout_s = waiting.timeout_s(wanted, "create")
    if wanted.get("wait_for") == "accepted":
        body = inputs.put_body(wanted, linode, owner.tag())
        if linode.status not in STABLE:
            poller.shared(client).made[linode.id] = linode
        return client.update_linode(linode.id, body) if body else linode
    linode = powering.settled(client, linode, wanted, timeout_s)
    found = changes.between(inputs.as_reported(wanted, linode), wanted)
    if not found and not inputs.put_body(wanted, linode, owner.tag()):
        return linode
    machine = Machine(client, linode.id, timeout_s, waiting.text(wanted.get("boot_config_label")))
    return Update(machine, linode, wanted, found.without_erasing(), owner.tag()).run()
