"""What Pulumi calls for every Instance: check, diff, create, read, update, delete.

`providers.linode.provider.InstanceProvider` is a stored format: every stack's state names it. Never move it.
"""

from __future__ import annotations

import logging
from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from providers.linode.api.errors import LinodeError, NotFound
from providers.linode.core import runtime as sessions
from providers.linode.core.engine import PROVIDER_KEY
from providers.linode.core.owner import Owner
from providers.linode.core.provider import Provider
from providers.linode.core.spec import Spec
from providers.linode.core.waiting import until as waiting
from providers.linode.resources import firewall, ssh_key
from providers.linode.resources.instance import (
    changes,
    checking,
    half_made,
    inputs,
    making,
    reading,
    removing,
)
from providers.linode.resources.instance.outputs import addresses, outputs
from providers.linode.resources.instance.planned import NOTHING
from providers.linode.resources.instance.power import Machine
from providers.linode.resources.instance.updating import Update

log = logging.getLogger("linode.provider")

SPECS: dict[str, Spec[Any, Any]] = {spec.kind: spec for spec in (firewall.SPEC, ssh_key.SPEC)}


class LinodeProvider(Provider):
    """The provider of every kind that is a Spec."""

    @property
    def spec(self) -> Spec[Any, Any]:
        return SPECS[self.kind]


Props = dict[str, Any]
"""Properties as the SDK hands them over: JSON values (every number a float) and `Unknown` objects."""


class InstanceProvider(ResourceProvider):
    """Without attributes, so that the state names this class instead of holding a copy of its code."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        sessions.begin(req.config)

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """The new inputs in normal form, with what the preview should show; or what is wrong with them."""
        try:
            session = sessions.of_stack(Owner.from_props(news).stack)
            checked, found = checking.check(session, _olds, news)
        except LinodeError as error:
            return CheckResult(news, [CheckFailure("", str(error))])
        return CheckResult(checked, [CheckFailure(problem.field, problem.reason) for problem in found])

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """`None` where inputs differ (the engine then shows which), `True` where only outputs do, else `False`.

        A replacement deletes first: labels are unique in an account, and the label stays.
        """
        sessions.current().name("Instance", _id)
        found = changes.between(_olds, _news)
        if Owner.from_props(_olds).generation != Owner.from_props(_news).generation:
            return DiffResult(changes=None, replaces=["owner"], delete_before_replace=True)
        if found.replaces:
            return DiffResult(changes=None, replaces=list(found.replaces), delete_before_replace=True)
        if found:
            return DiffResult(changes=None)
        moved = PROVIDER_KEY in _olds and _olds[PROVIDER_KEY] != _news.get(PROVIDER_KEY)
        return DiffResult(changes=changes.unfinished(_olds, _news) or moved)

    def create(self, props: Props) -> CreateResult:
        owner, wanted = Owner.from_props(props), inputs.declared(props)
        session = sessions.of_owner(owner)
        client, linode = session.client, making.find_or_make(session, wanted, owner)
        making.refuse_erasure(session, linode, wanted)
        try:
            linode = making.finish(client, linode, wanted, owner)
        except Exception as error:  # noqa: BLE001 - whatever it is: without its id the Linode would be lost
            return CreateResult(str(linode.id), half_made.after_create(client, props, linode, error))
        return CreateResult(str(linode.id), outputs(props, linode))

    def read(self, id_: str, props: Props) -> ReadResult:
        """What the API reports now, as outputs and as inputs; an empty id when the Linode is gone."""
        sessions.current().name("Instance", id_)
        session = sessions.of_owner(Owner.from_props(props))
        linode = reading.find(session, id_)
        if linode is None:
            if "status" in props:
                return ReadResult("", {})
            raise NotFound(f"there is no Linode {id_} in this account. Next: correct the id.", status=404)
        declared = inputs.declared(props) if "status" in props else dict.fromkeys(reading.ALWAYS_SHOWN, "")
        seen = reading.seen_inputs(session, linode, declared)
        shown = {key: value for key, value in addresses(linode).items() if value is not None}
        if "monthly_usd" in props:
            shown["monthly_usd"] = props["monthly_usd"]
        ready = bool(props.get("ready", True))
        return ReadResult(
            id_, outputs({**props, **seen}, linode, ready=ready), {**seen, **shown, "planned": NOTHING}
        )

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        owner, wanted = Owner.from_props(_news), inputs.declared(_news)
        client = sessions.of_owner(owner).client
        machine = Machine(
            client,
            int(_id),
            waiting.timeout_s(wanted, "update"),
            waiting.text(wanted.get("boot_config_label")),
        )
        found = changes.between(_olds, _news)
        under_way = _olds.get("ready") is False or bool(found.with_downtime)
        before = _olds.get("status") if under_way else None
        try:
            linode = Update(machine, client.linode(_id), wanted, found, owner.tag(), before).run()
        except Exception as error:
            half_made.after_update(client, _id, _olds, _news, error)
            raise
        return UpdateResult(outputs(_news, linode))

    def delete(self, _id: str, _props: Props) -> None:
        """Delete it and wait until it is gone, so that its label is free. A Linode that is gone is success.

        With wait_for="accepted" a later delete may wait for this one too, and the last waits for all.
        """
        sessions.current().name("Instance", _id)
        client = sessions.of_owner(Owner.from_props(_props)).client
        timeout_s = waiting.timeout_s(_props, "delete")
        delete = removing.delete_with_last_image if _props.get("final_snapshot") else removing.delete
        delete(client, _id, timeout_s, wait=_props.get("wait_for") != "accepted")
