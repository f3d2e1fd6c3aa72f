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

from providers.linode import changes, creating, inputs, powering, sessions, waiting
from providers.linode.checks import Facts, problems
from providers.linode.errors import LinodeError, NotFound
from providers.linode.outputs import outputs
from providers.linode.owner import Owner

log = logging.getLogger("linode.provider")

Props = dict[str, Any]
"""Properties as the SDK hands them over: JSON values (every number a float) and `Unknown` objects."""

PROVIDER_KEY = "__provider"


class InstanceProvider(ResourceProvider):
    """Without attributes, so that the state names this class instead of holding a copy of its code."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        sessions.quiet_tracebacks()
        sessions.learn(req.config)

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """The new inputs in normal form, with what the preview should show; or what is wrong with them."""
        checked = {**news, **inputs.declared(news)}
        try:
            session = sessions.of_stack(Owner.from_props(news).stack)
            facts = Facts(
                types={item.id: item for item in session.catalogs.types()},
                regions={item.id: item for item in session.catalogs.regions()},
                images={item.id: item for item in session.catalogs.images()},
                linodes={linode.label.casefold(): linode for linode in session.linodes},
            )
        except LinodeError as error:
            return CheckResult(checked, [CheckFailure("", str(error))])
        found = problems(news, _olds, facts)
        plan, region = facts.types.get(str(news.get("type"))), news.get("region")
        if plan is not None and isinstance(region, str) and not found:
            backups = bool(checked.get("backups_enabled"))
            checked["monthly_usd"] = plan.monthly_usd(region, backups=backups)
        return CheckResult(checked, [CheckFailure(problem.field, problem.reason) for problem in found])

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """`None` where inputs differ (the engine then shows which), `True` where only outputs do, else `False`.

        A replacement deletes first: labels are unique in an account, and the label stays.
        """
        found = changes.between(_olds, _news)
        if found.replaces:
            return DiffResult(changes=None, replaces=list(found.replaces), delete_before_replace=True)
        if found:
            return DiffResult(changes=None)
        unfinished = _olds.get("status") != changes.target_status(_news)
        moved = PROVIDER_KEY in _olds and _olds[PROVIDER_KEY] != _news.get(PROVIDER_KEY)
        return DiffResult(changes=unfinished or moved)

    def create(self, props: Props) -> CreateResult:
        owner = Owner.from_props(props)
        session = sessions.of_owner(owner)
        body = inputs.request_body(inputs.declared(props), owner.tag())
        linode = creating.create_once(session.client, body, owner.tag())
        try:
            linode = powering.settled(session.client, linode.id, props, waiting.CREATE_TIMEOUT_S)
        except LinodeError as error:
            # An exception now would lose the id, and with it a Linode that costs money. The status in the
            # state tells the next `up` that there is something to finish.
            log.warning("Linode %d is made but not ready: %s", linode.id, error)
        return CreateResult(str(linode.id), outputs(props, linode))

    def read(self, id_: str, props: Props) -> ReadResult:
        """What the API reports now, as outputs and as inputs; an empty id when the Linode is gone."""
        owner = Owner.from_props(props)
        session = sessions.of_owner(owner)
        try:
            linode = session.client.linode(id_)
        except NotFound:
            return ReadResult("", {})
        seen = inputs.as_reported({**inputs.declared(props)}, linode)
        kept = {key: props[key] for key in ("monthly_usd",) if key in props}
        return ReadResult(id_, outputs({**props, **seen}, linode), {**seen, **kept})

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        owner = Owner.from_props(_news)
        session = sessions.of_owner(owner)
        client, wanted = session.client, inputs.declared(_news)
        linode = client.linode(_id)
        if body := inputs.put_body(wanted, linode, owner.tag()):
            linode = client.update_linode(_id, body)
        if "backups_enabled" in wanted and wanted["backups_enabled"] != linode.backups.enabled:
            client.set_backups(_id, enabled=bool(wanted["backups_enabled"]))
        if wanted["type"] != linode.type:
            powering.resize(client, linode, str(wanted["type"]))
        linode = powering.settled(client, linode.id, _news, waiting.UPDATE_TIMEOUT_S)
        return UpdateResult(outputs(_news, linode))

    def delete(self, _id: str, _props: Props) -> None:
        """Delete it and wait until it is gone, so that its label is free. A Linode that is gone is success."""
        client = sessions.of_owner(Owner.from_props(_props)).client
        try:
            client.delete_linode(_id)
            waiting.until(
                lambda: client.linode(_id),
                lambda _: False,
                f"Linode {_id} is to be gone",
                waiting.DELETE_TIMEOUT_S,
            )
        except NotFound:
            return
