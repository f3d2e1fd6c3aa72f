"""One gate for many Linodes: it opens when all of them have got where they are to be.

The path of `GateProvider` is a stored format. Never move it. The state holds, for each Linode that the
gate has seen there, its id; one that never got there is not among them, and the next `up` boots it again.
One that ran once and was stopped later is nobody's business here.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from providers.linode.core import engine as engine_contact
from providers.linode.core import runtime as sessions
from providers.linode.core.owner import Owner
from providers.linode.resources import opening
from providers.linode.resources.account import Account
from providers.linode.resources.instance.inputs import is_unknown, whole_numbers

log = logging.getLogger("linode.gate")

Props = dict[str, Any]

INPUTS = ("owner", "linodes", "status", "timeout_s")
PROVIDER_KEY = engine_contact.PROVIDER_KEY


class GateProvider(ResourceProvider):
    """Makes nothing in the account; waits, and boots what did not start."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        sessions.begin(req.config)

    def check(self, _olds: Props, news: Props) -> CheckResult:
        return CheckResult(news if is_unknown(news) else {**news, **_whole(news)}, [])

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """`None` where its Linodes are others (the engine shows which), `True` where one did not get there."""
        if any(_olds.get(key) != _news.get(key) for key in ("owner", "linodes", "status")):
            return DiffResult(changes=None)
        moved = PROVIDER_KEY in _olds and _olds[PROVIDER_KEY] != _news.get(PROVIDER_KEY)
        return DiffResult(changes=moved or _through(_olds) != _linodes(_news))

    def create(self, props: Props) -> CreateResult:
        id_ = f"gate-{Owner.from_props(props).name}"
        return CreateResult(id_, self._open(id_, props, known={}, through={}))

    def read(self, id_: str, props: Props) -> ReadResult:
        """As it is: what has become of the Linodes, their own resources read."""
        return ReadResult(id_, dict(props), {key: props[key] for key in INPUTS if key in props})

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        return UpdateResult(self._open(_id, _news, known=_linodes(_olds), through=_through(_olds)))

    def delete(self, _id: str, _props: Props) -> None:
        """Nothing is there to be deleted."""

    def _open(self, id_: str, props: Props, known: Mapping[str, str], through: Mapping[str, str]) -> Props:
        """The outputs once all Linodes are there.

        `known` were waited for before, `through` got there. Raises PartialFailure with the reasons where the engine can
        be told; else the outputs, which show who is missing, so that the next `up` goes on.
        """
        wanted = _linodes(props)
        there = {name: linode_id for name, linode_id in wanted.items() if through.get(name) == linode_id}
        group = opening.Group(
            {name: int(linode_id) for name, linode_id in wanted.items() if name not in there},
            again=frozenset(name for name, linode_id in wanted.items() if known.get(name) == linode_id),
            status=str(props["status"]),
            timeout_s=float(props["timeout_s"]),
        )
        failures = opening.bring(sessions.of_owner(Owner.from_props(props)).client, group) if group else {}
        outs = {
            **props,
            **_whole(props),
            "through": {name: linode_id for name, linode_id in wanted.items() if name not in failures},
        }
        if failures:
            reason = opening.reason(failures, len(wanted), group)
            if not engine_contact.keep_partial(id_, outs, reason, props.get(PROVIDER_KEY)):
                log.warning("%s", reason)
        return outs


def _whole(props: Props) -> Props:
    return {"linodes": _linodes(props), "timeout_s": whole_numbers(props["timeout_s"])}


def _linodes(props: Mapping[str, Any]) -> dict[str, str]:
    """Linode ids by the name of the resource. Ids are text, as every resource's id is."""
    return {str(name): str(linode_id) for name, linode_id in (props.get("linodes") or {}).items()}


def _through(props: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(linode_id) for name, linode_id in (props.get("through") or {}).items()}


class Gate(Resource, module="linode", name="Gate"):
    """Open when every Linode given is `status`. `through`: the ids that got there, by name."""

    through: pulumi.Output[Mapping[str, str]]

    def __init__(
        self,
        name: str,
        linodes: Mapping[str, pulumi.Input[str]],
        account: Account,
        *,
        status: str = "running",
        timeout_s: float = 900.0,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`timeout_s`: seconds for all of them together."""
        given = {
            "owner": account.owner_of(name),
            "linodes": dict(linodes),
            "status": status,
            "timeout_s": timeout_s,
        }
        super().__init__(GateProvider(), name, {**given, "through": None}, opts)
