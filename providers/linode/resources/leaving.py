"""The way out of a fleet: all its members depend on it, so it is deleted after them, and waits until they are gone.

Members' own deletions hand their waits on to the latest of them (departures). What an earlier command had the API
delete, and was cut off, has nobody else to wait for it. The path of `LeavingProvider` is a stored format.
"""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import ConfigureRequest, CreateResult, DiffResult, ReadResult, Resource, ResourceProvider

from providers.linode.core import runtime as sessions
from providers.linode.core.engine import PROVIDER_KEY
from providers.linode.core.owner import Owner
from providers.linode.resources import opening
from providers.linode.resources.account import Account

Props = dict[str, Any]

INPUTS = ("owner", "timeout_s")


class LeavingProvider(ResourceProvider):
    """Makes nothing in the account."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        sessions.begin(req.config)

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        return DiffResult(changes=_olds.get(PROVIDER_KEY) != _news.get(PROVIDER_KEY))

    def create(self, props: Props) -> CreateResult:
        return CreateResult(f"leaving-{Owner.from_props(props).name}", dict(props))

    def read(self, id_: str, props: Props) -> ReadResult:
        return ReadResult(id_, dict(props), {key: props[key] for key in INPUTS if key in props})

    def delete(self, _id: str, _props: Props) -> None:
        """Return when no Linode of the stack is being deleted any more. Raises WaitFailed, WaitExpired."""
        owner = Owner.from_props(_props)
        stack_tag = ":".join(owner.tag().split(":")[:2]) + ":"
        opening.see_off(sessions.of_owner(owner).client, stack_tag, float(_props["timeout_s"]))


class Leaving(Resource, module="linode", name="Leaving"):
    """To be named in `depends_on` of every Instance with wait_for="accepted" whose end is to be waited for."""

    def __init__(
        self,
        name: str,
        account: Account,
        *,
        timeout_s: float = 600.0,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`timeout_s`: seconds for all of them together."""
        super().__init__(
            LeavingProvider(), name, {"owner": account.owner_of(name), "timeout_s": timeout_s}, opts
        )
