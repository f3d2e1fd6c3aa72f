"""Instance: what a program declares to have a Linode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi.dynamic import Resource

from providers.linode.account import Account
from providers.linode.provider import InstanceProvider

COMPUTED = (
    "status",
    "ipv4",
    "public_ipv4",
    "private_ipv4",
    "ipv6",
    "specs",
    "monthly_usd",
    "host_uuid",
    "created",
)
LONGEST_LABEL = 64


@dataclass(frozen=True)
class InstanceArgs:
    """What one Linode is to be. Ids come from the catalogs. Source: POST /linode/instances."""

    type: pulumi.Input[str]
    """Plan id, such as "g6-standard-1". A change resizes in place: off for some minutes."""

    region: pulumi.Input[str]
    """Region id, such as "de-fra-2". A change replaces the Linode."""

    image: pulumi.Input[str] | None = None
    """Image id, such as "linode/debian13"; None makes an empty Linode, which stays off. A change replaces."""

    label: pulumi.Input[str] | None = None
    """3 to 64 characters, unique in the account; None: <project>-<stack>-<name>. Changed in place."""

    tags: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None
    """Each 3 to 50 characters, in any order and case. Changed in place. One of our own is added."""

    root_pass: pulumi.Input[str] | None = None
    """11 to 128 characters, a secret. Used when the Linode is made; a later change is not applied."""

    authorized_keys: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None
    """SSH public keys of root. Used when the Linode is made; a later change is not applied."""

    backups_enabled: pulumi.Input[bool] | None = None
    """The paid backup service; None leaves it as the account has it. Off deletes all backups. In place."""


class Instance(Resource, module="linode", name="Instance"):
    """A Linode. The resource's id is the Linode's id, as text.

    ipv4: public addresses first. specs: {disk, memory} in MB, {transfer} in GB, {vcpus, gpus}. monthly_usd:
    the plan in its region, with backups if on. created: UTC without a zone. status: at the last look.
    """

    type: pulumi.Output[str]
    region: pulumi.Output[str]
    image: pulumi.Output[str]
    label: pulumi.Output[str]
    tags: pulumi.Output[list[str]]
    status: pulumi.Output[str]
    ipv4: pulumi.Output[list[str]]
    public_ipv4: pulumi.Output[str]
    private_ipv4: pulumi.Output[str]
    ipv6: pulumi.Output[str]
    specs: pulumi.Output[Mapping[str, int]]
    monthly_usd: pulumi.Output[float]
    host_uuid: pulumi.Output[str]
    created: pulumi.Output[str]

    def __init__(
        self, name: str, args: InstanceArgs, account: Account, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """`account` ties the Linode to the stack's account: no command touches it with another one's token."""
        owner = {
            "account": account.uuid,
            "project": pulumi.get_project(),
            "stack": pulumi.get_stack(),
            "name": name,
        }
        secret = None if args.root_pass is None else pulumi.Output.secret(args.root_pass)
        props = {
            **vars(args),
            "label": default_label(name) if args.label is None else args.label,
            "root_pass": secret,
            "owner": owner,
            **dict.fromkeys(COMPUTED),
        }
        super().__init__(InstanceProvider(), name, props, opts)


def default_label(name: str) -> str:
    """<project>-<stack>-<name>, so that stacks of one account don't get into each other's way."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}-{name}"
