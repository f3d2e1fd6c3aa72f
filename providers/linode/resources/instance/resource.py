"""Instance: what a program declares to have a Linode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from providers.linode.provider import InstanceProvider
from providers.linode.resources.account import Account
from providers.linode.resources.instance.fields import SECRET

OUTPUTS = (
    "status",
    "ipv4",
    "public_ipv4",
    "private_ipv4",
    "ipv6",
    "specs",
    "monthly_usd",
    "planned",
    "ssh",
    "backups",
    "host_uuid",
    "created",
)

Text = pulumi.Input[str]
Texts = pulumi.Input[Sequence[pulumi.Input[str]]]
Number = pulumi.Input[int]
Flag = pulumi.Input[bool]
Map = pulumi.Input[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class InstanceArgs:
    """What one Linode is to be. Ids come from the catalogs. Source: POST /linode/instances.

    None leaves an input to the API, or, later, as it is. What a change of each one does is in
    docs/instance.md.
    """

    type: Text
    """Plan id, such as "g6-standard-1". A change resizes in place: off for about 5 minutes."""

    region: Text
    """Region id, such as "de-fra-2". A change migrates where the API can, else replaces."""

    image: Text | None = None
    """Image id, such as "linode/debian13"; None makes an empty Linode, which stays off."""

    label: Text | None = None
    """3 to 64 characters, unique in the account; None: <project>-<stack>-<name>. Changed in place."""

    tags: Texts | None = None
    """Each 3 to 50 characters, in any order and case. Changed in place. One of our own is added."""

    root_pass: Text | None = None
    """11 to 128 characters, a secret. See `on_root_pass_change`."""

    authorized_keys: Texts | None = None
    """SSH public keys of root. See `on_access_change`."""

    authorized_users: Texts | None = None
    """Users of the account whose SSH keys root gets. See `on_access_change`."""

    user_data: Text | None = None
    """cloud-init's user data as plain text, 65,535 bytes at most, a secret. See `on_user_data_change`."""

    stackscript_id: Number | None = None
    """StackScript to run at the first boot. Kept as at creation."""

    stackscript_data: Map | None = None
    """The StackScript's fields, a secret. Kept as at creation."""

    backup_id: Number | None = None
    """Backup to restore instead of deploying an image. Kept as at creation."""

    swap_size: Number | None = None
    """MB; None: 512. Changed with a power cycle."""

    booted: Flag | None = None
    """Whether it is to run. None: started once made, then nobody's business here."""

    boot_config_label: Text | None = None
    """The configuration profile to boot; None: the first one."""

    kernel: Text | None = None
    """Kernel id, such as "linode/grub2". Changed with a reboot."""

    boot_size: Number | None = None
    """MB of the main disk; None: all that the plan has, less swap. Kept as at creation."""

    backups_enabled: Flag | None = None
    """The paid backup service; None leaves it as the account has it. Off needs `allow_data_loss`."""

    backups_day: Text | None = None
    """Weekday of the weekly backup, "Sunday" …, or "Scheduling"."""

    backups_window: Text | None = None
    """Two hours from that hour UTC: "W0", "W2" … "W22", or "Scheduling"."""

    watchdog_enabled: Flag | None = None
    """Whether the API boots it again when it goes off by itself."""

    alerts: Map | None = None
    """Thresholds: cpu, transfer_quota in percent, io in operations a second, network_in, network_out in Mbit/s."""

    private_ip: Flag | None = None
    """An address in 192.168.128.0/17. Can be added, never taken away."""

    reserved_ipv4: Text | None = None
    """A reserved address of the account to use as the public one. A change replaces."""

    firewall_id: Number | None = None
    """Firewall for legacy interfaces; interfaces of the Linode generation carry their own."""

    placement_group: Number | None = None
    """Placement group in the same region. Changed in place."""

    disk_encryption: Text | None = None
    """"enabled" or "disabled". A change replaces."""

    interface_generation: Text | None = None
    """"legacy_config" or "linode". A change replaces."""

    interfaces: pulumi.Input[Sequence[Map]] | None = None
    """At most 3, in the API's form of the generation; firewall_id 0 is none. Changed with a power cycle.

    Another firewall alone is changed without one.
    """

    network_helper: Flag | None = None
    """Whether the API writes the network's settings into the disk at boot."""

    maintenance_policy: Text | None = None
    """"linode/migrate" or "linode/power_off_on". Changed in place."""

    migration_type: Text | None = None
    """"cold" (default) or "warm": how a resize or migration moves it."""

    resize_disk: Flag | None = None
    """Whether a resize lets the disk grow with the plan; true by default, and one-way."""

    on_image_change: Text | None = None
    """"replace" (default), "rebuild" (id and addresses stay, disks are erased) or "ignore"."""

    on_root_pass_change: Text | None = None
    """"keep" (default: for new Linodes only) or "reset" (with a power cycle)."""

    on_access_change: Text | None = None
    """Keys and users: "keep" (default: for new Linodes only), "rebuild" or "replace"."""

    on_user_data_change: Text | None = None
    """"keep" (default: for new Linodes only), "rebuild" or "replace"."""

    allow_downtime: Flag | None = None
    """False refuses, at preview, every change that would turn it off for a while."""

    allow_data_loss: Flag | None = None
    """True lets backups be turned off, which deletes them."""

    wait_for: Text | None = None
    """"running" (default), or "accepted": create goes on once the API has taken the request.

    So does delete while others follow; the last one of a command waits until all of them are gone.
    """

    timeouts: Map | None = None
    """Seconds for `create`, `update` and `delete`; else the resource's custom_timeouts, else 900, 3600 and 600."""

    adopt: Number | None = None
    """Take over the Linode with this id instead of making one."""

    final_snapshot: Flag | None = None
    """Keep an image of its disk before it is deleted."""

    replace_on: Texts | None = None
    """Inputs whose change replaces the Linode; as replace_on_changes does it, but told by `planned`."""


class Instance(Resource, module="linode", name="Instance"):
    """A Linode. The resource's id is the Linode's id, as text.

    ipv4: public addresses first. specs: {disk, memory} in MB, {transfer} in GB, {vcpus, gpus}. monthly_usd:
    the plan in its region, with backups if on. planned: what the last update did. ssh: the command to log in.
    created: UTC without a zone. status: at the last look.
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
    planned: pulumi.Output[str]
    ssh: pulumi.Output[str]
    backups: pulumi.Output[Mapping[str, Any]]
    host_uuid: pulumi.Output[str]
    created: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: InstanceArgs,
        account: Account,
        opts: pulumi.ResourceOptions | None = None,
        *,
        generation: int = 1,
    ) -> None:
        """`account` ties the Linode to the stack's account: no command touches it with another one's token.

        Another `generation` has the Linode made anew. The old one goes first, whatever causes a replacement:
        the label stays, and it is unique in the account.
        """
        owner = {**account.owner_of(name), **({"generation": generation} if generation != 1 else {})}
        opts = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(delete_before_replace=True), opts)
        given = {key: value for key, value in vars(args).items() if value is not None}
        hidden = {key: pulumi.Output.secret(given[key]) for key in SECRET if key in given}
        props = {**dict.fromkeys(OUTPUTS), "label": default_label(name), **given, **hidden, "owner": owner}
        super().__init__(InstanceProvider(), name, props, opts)

    @classmethod
    def get(
        cls,
        name: str,
        linode_id: pulumi.Input[str],
        account: Account,
        opts: pulumi.ResourceOptions | None = None,
    ) -> Instance:
        """A Linode that is there already, to be read and not managed. The command fails if there is none."""
        found = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=linode_id))
        return cls(name, InstanceArgs(type="", region=""), account, found)


def default_label(name: str) -> str:
    """<project>-<stack>-<name>, so that stacks of one account don't get into each other's way."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}-{name}"
