"""Every input of an Instance as one row: what it is, and what a change of it takes.

This table decides; diff, check, update and docs/instance.md all read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Change(Enum):
    """What a change of an input does to a running Linode."""

    PUT = "in place"
    ACTION = "in place by a call of its own"
    POWER_CYCLE = "in place with one power cycle"
    RESIZE = "in place while off (resize)"
    MIGRATE = "in place while off (migration), else replaced"
    IMAGE = "by on_image_change"
    BY_POLICY = "by a policy of its own"
    REPLACE = "replaced"
    AT_CREATION = "for new Linodes only"
    OURS = "nothing at the API"


@dataclass(frozen=True)
class Field:
    """One input. `wire` is the key in the create request, "" if it is not sent there.

    `policy` names the input that decides. `secret` values are never named in a failure. `reported` inputs are
    read back by GET, so that drift in them is seen.
    """

    name: str
    kind: str
    change: Change
    default: str
    wire: str = ""
    policy: str = ""
    secret: bool = False
    reported: bool = False
    note: str = ""


FIELDS: tuple[Field, ...] = (
    Field(
        "type",
        "plan id",
        Change.RESIZE,
        "required",
        wire="type",
        reported=True,
        note="the power state of before is restored",
    ),
    Field(
        "region",
        "region id",
        Change.MIGRATE,
        "required",
        wire="region",
        reported=True,
        note="public addresses change; replaced where the API can't migrate",
    ),
    Field(
        "image",
        "image id",
        Change.IMAGE,
        "none: empty, stays off",
        wire="image",
        policy="on_image_change",
        reported=True,
        note="rebuild keeps id and addresses, erases all disks",
    ),
    Field(
        "label",
        "text, 3 to 64 characters",
        Change.PUT,
        "<project>-<stack>-<name>",
        wire="label",
        reported=True,
    ),
    Field(
        "tags",
        "list of texts, 3 to 50 characters",
        Change.PUT,
        "none",
        wire="tags",
        reported=True,
        note="no order, no case; one of our own is added and stays",
    ),
    Field(
        "root_pass",
        "text, 11 to 128 characters",
        Change.BY_POLICY,
        "none",
        wire="root_pass",
        policy="on_root_pass_change",
        secret=True,
        note="hard to guess, which is judged before it is sent",
    ),
    Field(
        "authorized_keys",
        "list of SSH public keys",
        Change.BY_POLICY,
        "none",
        wire="authorized_keys",
        policy="on_access_change",
    ),
    Field(
        "authorized_users",
        "list of user names",
        Change.BY_POLICY,
        "none",
        wire="authorized_users",
        policy="on_access_change",
    ),
    Field(
        "user_data",
        "plain text, 65,535 bytes at most",
        Change.BY_POLICY,
        "none",
        wire="metadata",
        policy="on_user_data_change",
        secret=True,
        note="encoded by us; cloud-init reads it at the first boot",
    ),
    Field("stackscript_id", "number", Change.AT_CREATION, "none", wire="stackscript_id"),
    Field("stackscript_data", "map", Change.AT_CREATION, "none", wire="stackscript_data", secret=True),
    Field("backup_id", "number", Change.AT_CREATION, "none", wire="backup_id"),
    Field("swap_size", "MB", Change.POWER_CYCLE, "512 (the API's)", wire="swap_size"),
    Field("booted", "true or false", Change.ACTION, "true with an image", wire="booted"),
    Field("boot_config_label", "text", Change.POWER_CYCLE, "the first one"),
    Field("kernel", "kernel id", Change.POWER_CYCLE, "linode/grub2 (the API's)", wire="kernel"),
    Field("boot_size", "MB", Change.AT_CREATION, "the plan's disk less swap", wire="boot_size"),
    Field(
        "backups_enabled",
        "true or false",
        Change.ACTION,
        "as the account has it",
        wire="backups_enabled",
        reported=True,
        note="off deletes every backup: refused unless allow_data_loss",
    ),
    Field("backups_day", "weekday or Scheduling", Change.PUT, "chosen by the API"),
    Field("backups_window", "W0, W2 … W22 or Scheduling (UTC)", Change.PUT, "chosen by the API"),
    Field("watchdog_enabled", "true or false", Change.PUT, "true (the API's)", reported=True),
    Field(
        "alerts",
        "map of cpu, io, network_in, network_out, transfer_quota",
        Change.PUT,
        "the API's",
        reported=True,
        note="only what is set is sent",
    ),
    Field(
        "private_ip",
        "true or false",
        Change.POWER_CYCLE,
        "false",
        wire="private_ip",
        note="can be added, never taken away",
    ),
    Field("reserved_ipv4", "address", Change.REPLACE, "none", wire="ipv4"),
    Field("firewall_id", "number", Change.ACTION, "none", wire="firewall_id"),
    Field("placement_group", "group's number", Change.ACTION, "none", wire="placement_group", reported=True),
    Field(
        "disk_encryption",
        "enabled or disabled",
        Change.REPLACE,
        "enabled (the API's)",
        wire="disk_encryption",
        reported=True,
    ),
    Field(
        "interface_generation",
        "legacy_config or linode",
        Change.REPLACE,
        "as the account has it",
        wire="interface_generation",
        reported=True,
    ),
    Field(
        "interfaces",
        "list of maps, of either generation",
        Change.POWER_CYCLE,
        "one public interface",
        wire="interfaces",
        note="another firewall_id in one of the linode generation alone: without it; 0 is none",
    ),
    Field(
        "network_helper", "true or false", Change.POWER_CYCLE, "as the account has it", wire="network_helper"
    ),
    Field(
        "maintenance_policy",
        "linode/migrate or linode/power_off_on",
        Change.PUT,
        "as the account has it",
        wire="maintenance_policy",
        reported=True,
    ),
    Field(
        "migration_type",
        "cold or warm",
        Change.OURS,
        "cold",
        note="how a resize or migration moves the Linode",
    ),
    Field("resize_disk", "true or false", Change.OURS, "true", note="a larger plan's disk is used; one-way"),
    Field("on_image_change", "replace, rebuild or ignore", Change.OURS, "replace"),
    Field("on_root_pass_change", "keep or reset", Change.OURS, "keep"),
    Field("on_access_change", "keep, rebuild or replace", Change.OURS, "keep"),
    Field("on_user_data_change", "keep, rebuild or replace", Change.OURS, "keep"),
    Field(
        "allow_downtime",
        "true or false",
        Change.OURS,
        "true",
        note="false refuses at preview what needs it off",
    ),
    Field("allow_data_loss", "true or false", Change.OURS, "false", note="true lets backups be turned off"),
    Field("wait_for", "running or accepted", Change.OURS, "running"),
    Field(
        "timeouts",
        "map of create, update, delete in seconds",
        Change.OURS,
        "`custom_timeouts`, else 900, 3600, 600",
    ),
    Field("adopt", "Linode id", Change.OURS, "none", note="take over this Linode instead of making one"),
    Field(
        "final_snapshot",
        "true or false",
        Change.OURS,
        "false",
        note="an image of the disk before it is deleted, of one Linode at most one",
    ),
    Field(
        "replace_on", "list of inputs", Change.OURS, "none", note="inputs whose change replaces the Linode"
    ),
    Field("owner", "map", Change.PUT, "set by us"),
)

BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}
SECRET = frozenset(field.name for field in FIELDS if field.secret)
DECLARED = tuple(field.name for field in FIELDS)
