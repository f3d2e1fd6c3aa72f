"""The inputs of an Instance: each once, with its type, what a change of it takes, and what else is known of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pulumi
from pydantic import AfterValidator, Field
from typing_extensions import Never, TypedDict

from providers.linode.core.args import (
    NONE,
    AnyId,
    Args,
    IdOrNone,
    In,
    InId,
    InIdOrNone,
    InList,
    InRef,
    InRefs,
    InRows,
    Names,
    Of,
    arg,
    ours,
)
from providers.linode.core.effects import ACTION, KEPT, PUT, REPLACE
from providers.linode.core.forms import Address, Flag, SshKey, Tag, Text
from providers.linode.core.problems import told, wrong
from providers.linode.core.values import as_id, covers, duration, is_unknown
from providers.linode.core.waiting.until import LONGEST_TIMEOUT_S
from providers.linode.nearest import did_you_mean
from providers.linode.resources import guards
from providers.linode.resources.instance import steps
from providers.linode.resources.instance.changes import BY_POLICY, MIGRATE, OFF, REBOOT, RESIZE
from providers.linode.resources.instance.interfaces import (
    ByKind,
    InterfaceArgs,
    on_the_wire,
    says_all,
    without_slaac_addresses,
)
from providers.linode.resources.instance.password_strength import LENGTHS

if TYPE_CHECKING:
    from providers.linode.resources.firewall import Firewall
    from providers.linode.resources.image import Image
    from providers.linode.resources.placement_group import PlacementGroup
    from providers.linode.resources.reserved_ip import ReservedIP
    from providers.linode.resources.stackscript import StackScript

MOST_USER_DATA_BYTES = 65_535
MOST_STACKSCRIPT_DATA = 65_535

CLOUD_INIT = (
    b"#cloud-config", b"#!", b"#include", b"#cloud-boothook", b"#part-handler", b"## template:", b"content-type:",
    b"mime-version:", b"from ", b"\x1f\x8b",
)  # fmt: skip
"""How user data begins, in lower case; the last is gzip. Source: cloud-init's documentation, user data formats."""

Day = Literal["Scheduling", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
Window = Literal["Scheduling", "W0", "W2", "W4", "W6", "W8", "W10", "W12", "W14", "W16", "W18", "W20", "W22"]
"""Source, as of Day: PUT /linode/instances/{linodeId}, backups.schedule."""

ImageChange = Literal["replace", "rebuild", "ignore"]
PasswordChange = Literal["keep", "reset"]
FirstBootChange = Literal["keep", "rebuild", "replace"]
WaitFor = Literal["running", "accepted"]
MigrationType = Literal["cold", "warm"]
Encryption = Literal["enabled", "disabled"]
Generation = Literal["legacy_config", "linode"]
MaintenancePolicy = Literal["linode/migrate", "linode/power_off_on"]


def _input_name(name: str) -> str:
    if name not in (known := InstanceArgs.fields()):
        raise wrong(f"names no input {name!r}{did_you_mean(name, known)}. Next: correct it.")
    return name


def _plain_text(data: str) -> str:
    """Other providers want it in Base64; cloud-init ignores what was encoded twice."""
    if len(data.encode()) > MOST_USER_DATA_BYTES:
        raise ValueError
    inner = data.encode()
    while inner := _decoded(inner):
        if inner.lower().lstrip().startswith(CLOUD_INIT):
            raise wrong(
                "is Base64 already, and would be encoded a second time. Next: give the text itself, neither encoded "
                "nor compressed."
            )
    return data


def _decoded(data: bytes) -> bytes:
    """What the text holds as Base64 of either alphabet, padded or not; nothing where it is none."""
    plain = b"".join(data.split()).translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except ValueError:
        return b""


def _is_time(value: object) -> object:
    seconds = _seconds(value)
    if isinstance(seconds, str) or (isinstance(seconds, (int, float)) and seconds > LONGEST_TIMEOUT_S):
        raise ValueError
    return value


def _small_enough(data: dict[str, Any]) -> dict[str, Any]:
    if not is_unknown(data) and len(json.dumps(data)) > MOST_STACKSCRIPT_DATA:
        raise ValueError
    return data


CatalogId = Annotated[str, Field(min_length=1), told("is required. Next: pick one from the catalogs.")]
Label = Annotated[
    str,
    Field(pattern=r"\A[A-Za-z0-9](?!.*(--|__|\.\.))[A-Za-z0-9._-]{1,62}[A-Za-z0-9]\Z"),
    told(
        "must have 3 to 64 letters, digits, '-', '_' or '.', begin and end with a letter or digit, and "
        "have no '--', '__' or '..'. Next: correct the label."
    ),
]
InputName = Annotated[
    str, AfterValidator(_input_name), told("must be the name of an input. Next: correct it.")
]
Password = Annotated[
    str,
    Field(min_length=LENGTHS[0], max_length=LENGTHS[-1]),
    told("must have 11 to 128 characters. Next: choose another."),
]
UserData = Annotated[
    str,
    AfterValidator(_plain_text),
    told(f"must be a text of at most {MOST_USER_DATA_BYTES} bytes. Next: shorten it."),
]
ScriptData = Annotated[
    dict[str, Any],
    AfterValidator(_small_enough),
    told(f"must be a map of at most {MOST_STACKSCRIPT_DATA:,} characters as JSON. Next: correct it."),
]
SizeMb = Annotated[int, Field(ge=1), told("must be a whole number of 1 or more. Next: correct it.")]
SwapMb = Annotated[int, Field(ge=0), told("must be a whole number of 0 or more. Next: correct it.")]
Amount = Annotated[
    int | float, Field(ge=0, allow_inf_nan=False), told("must be a number of 0 or more. Next: correct it.")
]


class AlertsArgs(TypedDict, total=False):
    """Thresholds: cpu, transfer_quota in percent, io in operations a second, network_in, network_out in Mbit/s."""

    cpu: Of[Amount]
    io: Of[Amount]
    network_in: Of[Amount]
    network_out: Of[Amount]
    transfer_quota: Of[Amount]


Duration = Annotated[
    Amount | str,
    AfterValidator(_is_time),
    told(
        f'must be seconds, or a text such as "15m" or "1h30m", at most {LONGEST_TIMEOUT_S / 86_400:.0f} days. '
        "Next: correct it."
    ),
]


class TimeoutsArgs(TypedDict, total=False):
    """Seconds, or a text such as "15m" or "1h30m"."""

    create: Of[Duration]
    update: Of[Duration]
    delete: Of[Duration]


class PlacementArgs(TypedDict):
    """A placement group, as the API writes it. Its number alone means the same."""

    id: AnyId["PlacementGroup"]


def _amounts(shape: type) -> str:
    return f"must be a map of numbers ≥ 0 with the keys {', '.join(shape.__annotations__)}. Next: correct it."


Alerts = Annotated[AlertsArgs, told(_amounts(AlertsArgs))]
Timeouts = Annotated[TimeoutsArgs, told(_amounts(TimeoutsArgs))]
Group = Annotated[
    IdOrNone | PlacementArgs,
    told("must be a placement group's number, or 0 for none. Next: correct it."),
]

if TYPE_CHECKING:

    class InGroup:
        """A group, its number, what its `id` is, or a map with one of these."""

        def __get__(self, instance: object, owner: object) -> int | PlacementArgs | None: ...
        def __set__(
            self,
            instance: object,
            value: pulumi.Input[int]
            | pulumi.Input[str]
            | pulumi.Input[PlacementArgs]
            | PlacementGroup
            | None,
        ) -> None: ...
else:
    InGroup = Annotated[Group | None, Names.of("PlacementGroup", is_id=True)]


def _seconds(time: object) -> object:
    found = duration(time) if isinstance(time, str) else None
    return time if found is None else int(found.total_seconds())


def _encoded(text: str) -> dict[str, str]:
    return {"user_data": base64.b64encode(text.encode()).decode()}


class InstanceArgs(Args):
    """What one Linode is to be. Ids come from the catalogs. Source: POST /linode/instances.

    None leaves an input to the API, or, later, as it is. What a change of each one does is in docs/instance.md.
    """

    type: In[CatalogId] = arg(RESIZE, step=steps.resize, note="the power state of before is restored")
    """Plan id, such as "g6-standard-1". A change resizes in place: off for about 5 minutes."""

    region: In[CatalogId] = arg(
        MIGRATE, step=steps.migrate, note="public addresses change; recreated where the API can't migrate"
    )
    """Region id, such as "de-fra-2". A change migrates where the API can, else recreates."""

    image: InRef[Text | None, "Image"] = arg(
        BY_POLICY,
        step=steps.rebuild,
        default=None,
        else_="none: empty, stays off",
        policy="on_image_change",
        note="rebuild keeps id and addresses, erases all disks",
    )
    """Image id, such as "linode/debian13"; None makes an empty Linode, which stays off."""

    label: In[Label | None] = arg(PUT, default=None, else_="<project>-<stack>-<name>")
    """3 to 64 characters, unique in the account. Changed in place."""

    tags: InList[Tag] = arg(
        PUT, default=None, unordered=True, note="no order, no case; one of our own is added and stays"
    )
    """Each 3 to 50 characters, in any order and case. Changed in place. One of our own is added."""

    root_pass: In[Password | None] = arg(
        BY_POLICY,
        step=steps.reset_password,
        default=None,
        policy="on_root_pass_change",
        secret=True,
        seen="",
        note="hard to guess, which is judged before it is sent",
    )
    """11 to 128 characters, a secret. See `on_root_pass_change`."""

    authorized_keys: InList[SshKey] = arg(
        BY_POLICY, step=steps.rebuild, default=None, policy="on_access_change", seen=""
    )
    """SSH public keys of root, in full. See `on_access_change`."""

    authorized_users: InList[Text] = arg(
        BY_POLICY, step=steps.rebuild, default=None, policy="on_access_change", seen=""
    )
    """Users of the account whose SSH keys root gets. See `on_access_change`."""

    user_data: In[UserData | None] = arg(
        BY_POLICY,
        step=steps.rebuild,
        default=None,
        policy="on_user_data_change",
        secret=True,
        seen="",
        wire="metadata",
        body=_encoded,
        note="encoded by us; cloud-init reads it at the first boot",
    )
    """cloud-init's user data as plain text, never Base64, 65,535 bytes at most, a secret. See `on_user_data_change`."""

    stackscript_id: InId["StackScript"] = arg(KEPT, default=None, seen="")
    """StackScript to run at the first boot. Kept as at creation."""

    stackscript_data: In[ScriptData | None] = arg(KEPT, default=None, secret=True, seen="")
    """The StackScript's fields, a secret. Kept as at creation."""

    backup_id: InId[Never] = arg(KEPT, default=None, seen="")
    """Backup to restore instead of deploying an image. Kept as at creation."""

    swap_size: In[SwapMb | None] = arg(
        OFF,
        step=steps.resize_swap,
        read=steps.seen_swap,
        default=None,
        else_="512 (the API's)",
        seen="",
        note="to or from 0, by a replacement alone",
    )
    """MB. Changed with a power cycle."""

    booted: In[Flag | None] = arg(
        ACTION, step=steps.brought, read=steps.seen_booted, default=None, else_="true with an image", seen=""
    )
    """Whether it is to run. None: started once made, then nobody's business here."""

    boot_config_label: In[Text | None] = arg(
        REBOOT,
        step=steps.brought,
        read=steps.seen_boot_config,
        default=None,
        else_="the first one",
        wire="",
        seen="",
    )
    """The configuration profile to boot."""

    kernel: In[Text | None] = arg(
        REBOOT,
        step=steps.set_kernel,
        read=steps.seen_kernel,
        default=None,
        else_="linode/grub2 (the API's)",
        seen="",
    )
    """Kernel id, such as "linode/grub2". Changed with a reboot."""

    boot_size: In[SizeMb | None] = arg(KEPT, default=None, else_="the plan's disk less swap", seen="")
    """MB of the main disk. Kept as at creation."""

    backups_enabled: In[Flag | None] = arg(
        ACTION,
        step=steps.set_backups,
        default=None,
        else_="as the account has it",
        seen="backups.enabled",
        note="off deletes every backup: refused unless allow_data_loss",
    )
    """The paid backup service. Off needs `allow_data_loss`."""

    backups_day: In[Day | None] = arg(
        PUT, default=None, else_="chosen by the API", wire="", seen="backups.schedule.day"
    )
    """Weekday of the weekly backup, "Sunday" …, or "Scheduling"."""

    backups_window: In[Window | None] = arg(
        PUT, default=None, else_="chosen by the API", wire="", seen="backups.schedule.window"
    )
    """Two hours from that hour UTC: "W0", "W2" … "W22", or "Scheduling"."""

    watchdog_enabled: In[Flag | None] = arg(PUT, default=None, else_="true (the API's)", wire="")
    """Whether the API boots it again when it goes off by itself."""

    alerts: In[Alerts | None] = arg(
        PUT, default=None, else_="the API's", wire="", note="only what is set is sent", covers=covers
    )
    """Thresholds of the API's mails."""

    private_ip: In[Flag | None] = arg(
        REBOOT,
        step=steps.add_private_address,
        read=steps.seen_private,
        default=None,
        else_="false",
        seen="",
        note="can be added, never taken away",
    )
    """An address in 192.168.128.0/17."""

    reserved_ipv4: InRef[Address | None, "ReservedIP"] = arg(
        REPLACE,
        step=steps.add_reserved_address,
        read=steps.seen_reserved,
        default=None,
        seen="",
        wire="ipv4",
        body=lambda address: [address],
        note="one that it lacks is added, with one reboot",
    )
    """A reserved address of the account to use as the public one. Another one recreates."""

    shared_ipv4: InRefs[Address, "ReservedIP"] = arg(
        ACTION,
        step=steps.share_addresses,
        read=steps.seen_shared,
        default=None,
        wire="",
        seen="",
        unordered=True,
        note="all that it shares: IPv6 ranges that somebody shared by hand go",
    )
    """Public addresses of other Linodes of the region that it may use, too, for a failover. Changed in place."""

    firewall_id: InIdOrNone["Firewall"] = arg(
        ACTION,
        step=guards.LINODE.put,
        read=guards.LINODE.seen,
        default=None,
        seen="",
        none=NONE,
        note="0 is none",
    )
    """Firewall for legacy interfaces; interfaces of the Linode generation carry their own."""

    placement_group: InGroup = arg(
        ACTION,
        step=steps.set_placement_group,
        default=None,
        seen="placement_group.id",
        body=lambda id_: {"id": id_},
        none=NONE,
        note="0 is none",
    )
    """Placement group in the same region. Changed in place."""

    disk_encryption: In[Encryption | None] = arg(REPLACE, default=None, else_="enabled (the API's)")
    """"enabled" or "disabled". A change recreates."""

    interface_generation: In[Generation | None] = arg(REPLACE, default=None, else_="as the account has it")
    """"legacy_config" or "linode". A change recreates."""

    interfaces: InRows[Annotated[InterfaceArgs, ByKind]] = arg(
        OFF,
        step=steps.set_interfaces,
        read=steps.seen_interfaces,
        default=None,
        else_="one public interface",
        seen="",
        body=on_the_wire,
        covers=says_all,
        note="another firewall_id in one of the linode generation alone: without it; 0 is none",
    )
    """At most 3, in the API's form of the generation. Changed with a power cycle."""

    network_helper: In[Flag | None] = arg(
        OFF,
        step=steps.set_network_helper,
        read=steps.seen_network_helper,
        default=None,
        else_="as the account has it",
        seen="",
    )
    """Whether the API writes the network's settings into the disk at boot."""

    maintenance_policy: In[MaintenancePolicy | None] = arg(PUT, default=None, else_="as the account has it")
    """"linode/migrate" or "linode/power_off_on". Changed in place."""

    migration_type: In[MigrationType | None] = ours(default=None, else_="cold")
    """"cold" or "warm": how a resize moves it."""

    resize_disk: In[Flag | None] = ours(
        default=None, else_="true", note="a larger plan's disk is used; one-way"
    )
    """Whether a resize lets the disk grow with the plan; a rebuild takes the whole disk of the plan in any case."""

    on_image_change: In[ImageChange | None] = ours(default=None, else_="replace")
    """"replace", "rebuild" (id and addresses stay, disks are erased) or "ignore"."""

    on_root_pass_change: In[PasswordChange | None] = ours(default=None, else_="keep")
    """"keep" (for new Linodes only) or "reset" (with a power cycle)."""

    on_access_change: In[FirstBootChange | None] = ours(default=None, else_="keep")
    """Keys and users: "keep" (for new Linodes only), "rebuild" or "replace"."""

    on_user_data_change: In[FirstBootChange | None] = ours(default=None, else_="keep")
    """"keep" (for new Linodes only), "rebuild" or "replace"."""

    allow_downtime: In[Flag | None] = ours(
        default=None, else_="true", note="false refuses at preview what needs it off"
    )
    """False refuses, at preview, every change that would turn it off for a while."""

    allow_data_loss: In[Flag | None] = ours(
        default=None, else_="false", note="true lets backups be turned off"
    )
    """True lets backups be turned off, which deletes them."""

    wait_for: In[WaitFor | None] = ours(default=None, else_="running")
    """"running", or "accepted": create and delete go on once the API has taken the request."""

    timeouts: In[Timeouts | None] = ours(default=None, else_="`custom_timeouts`, else 900, 3600, 600")
    """Seconds for `create`, `update` and `delete`, or texts such as "15m" and "1h30m"; at most 7 days."""

    final_snapshot: In[Flag | None] = ours(
        default=None,
        else_="false",
        note="an image of the disk before it is deleted, of one Linode at most one",
    )
    """Keep an image of its disk before it is deleted."""

    replace_on: InList[InputName] = ours(default=None, note="inputs whose change recreates the Linode")
    """Inputs whose change recreates the Linode; as replace_on_changes does it, but told by previews."""

    @classmethod
    def normalised(cls, key: str, value: object) -> object:
        """Keys and users without blanks around them; a group's map as its number; times in seconds."""
        value = super().normalised(key, value)
        if key == "interfaces":
            return without_slaac_addresses(value)
        if key in ("authorized_keys", "authorized_users") and isinstance(value, list):
            return [str(item).strip() for item in value]
        if key == "placement_group" and isinstance(value, Mapping):
            return as_id(value.get("id"))
        if key == "timeouts" and isinstance(value, Mapping):
            return {name: _seconds(time) for name, time in value.items()}
        return value

    @property
    def group_id(self) -> int | None:
        """The placement group's number; None for none."""
        found = self.placement_group
        return found or None if isinstance(found, int) else None

    @property
    def first_status(self) -> str:
        """The status that a new one settles in: without anything to boot it stays off."""
        return "running" if self.booted is not False and (self.image or self.backup_id) else "offline"

    @property
    def kept_status(self) -> str | None:
        """The status that is held up later: `booted` decides; None where the power state is not ours."""
        return None if self.booted is None else "running" if self.booted else "offline"
