"""An Instance's inputs by themselves, as one model: what each of them may be.

What does not go together stands in `combinations`: pydantic asks a model's validators only when every single
field is right, and everything wrong is to be told at once. Source of every rule that names none:
POST /linode/instances.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

from pulumi.output import Unknown
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from providers.linode.core.owner import is_owner_tag
from providers.linode.core.problems import Problem, among, key_among, problem_of, told, wrong
from providers.linode.nearest import did_you_mean
from providers.linode.resources.instance.fields import BY_NAME
from providers.linode.resources.instance.inputs import declared, is_unknown, whole_numbers
from providers.linode.resources.instance.interface_models import MAP, WORDS, Address, Flag, Id, Interface
from providers.linode.resources.instance.password_strength import LENGTHS

Props = Mapping[str, object]

MOST_USER_DATA_BYTES = 65_535
MOST_STACKSCRIPT_DATA = 65_535
KEY_TYPES = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")

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
Alert = Literal["cpu", "io", "network_in", "network_out", "transfer_quota"]
Timeout = Literal["create", "update", "delete"]


def _users_tag(tag: str) -> str:
    if not 3 <= len(tag) <= 50 or is_owner_tag(tag):
        raise wrong(f"{tag!r} must have 3 to 50 characters and not begin with 'pulumi:'. Next: correct it.")
    return tag


def _ssh_key(key: str) -> str:
    if not key.startswith(KEY_TYPES) or len(key.split()) < 2:
        raise ValueError
    return key


def _input_name(name: str) -> str:
    if name not in BY_NAME:
        raise wrong(f"names no input {name!r}{did_you_mean(name, BY_NAME)}. Next: correct it.")
    return name


def _short_enough(data: str) -> str:
    if len(data.encode()) > MOST_USER_DATA_BYTES:
        raise ValueError
    return data


def _small_enough(data: dict[str, Any]) -> dict[str, Any]:
    if not is_unknown(data) and len(json.dumps(data)) > MOST_STACKSCRIPT_DATA:
        raise ValueError
    return data


def _amounts(words: object) -> str:
    return f"must be a map of numbers ≥ 0 with the keys {', '.join(get_args(words))}. Next: correct it."


CatalogId = Annotated[str, Field(min_length=1), told("is required. Next: pick one from the catalogs.")]
Text = Annotated[str, Field(min_length=1), told("must be a text, and not empty. Next: correct it.")]
Label = Annotated[
    str,
    Field(pattern=r"\A[A-Za-z0-9](?!.*(--|__|\.\.))[A-Za-z0-9._-]{1,62}[A-Za-z0-9]\Z"),
    told(
        "must have 3 to 64 letters, digits, '-', '_' or '.', begin and end with a letter or digit, and "
        "have no '--', '__' or '..'. Next: correct the label."
    ),
]
Tag = Annotated[str, AfterValidator(_users_tag), told("must be a text. Next: correct it.")]
"""Source of the lengths: POST /tags."""

Tags = Annotated[list[Tag], told("must be a list of texts. Next: correct the tags.")]
Texts = Annotated[list[Text], told("must be a list of texts. Next: correct it.")]
SshKey = Annotated[
    str,
    AfterValidator(_ssh_key),
    told("must be an SSH public key in full: ssh-ed25519 AAAA… Next: correct it."),
]
SshKeys = Annotated[list[SshKey], told("must be a list of texts. Next: correct it.")]
InputNames = Annotated[
    list[
        Annotated[str, AfterValidator(_input_name), told("must be the name of an input. Next: correct it.")]
    ],
    told("must be a list of texts. Next: correct it."),
]
Password = Annotated[
    str,
    Field(min_length=LENGTHS[0], max_length=LENGTHS[-1]),
    told("must have 11 to 128 characters. Next: choose another."),
]

UserData = Annotated[
    str,
    AfterValidator(_short_enough),
    told(f"must be a text of at most {MOST_USER_DATA_BYTES} bytes. Next: shorten it."),
]
ScriptData = Annotated[
    dict[str, Any],
    AfterValidator(_small_enough),
    told(f"must be a map of at most {MOST_STACKSCRIPT_DATA:,} characters as JSON. Next: correct it."),
]
SizeMb = Annotated[int, Field(ge=1), told("must be a whole number of 1 or more. Next: correct it.")]
SwapMb = Annotated[int, Field(ge=0), told("must be a whole number of 0 or more. Next: correct it.")]
Amount = Annotated[int | float, Field(ge=0, allow_inf_nan=False)]
Alerts = Annotated[
    dict[Annotated[Alert, key_among(get_args(Alert))], Annotated[Amount, told(_amounts(Alert))]],
    told(_amounts(Alert)),
]
Timeouts = Annotated[
    dict[Annotated[Timeout, key_among(get_args(Timeout))], Annotated[Amount, told(_amounts(Timeout))]],
    told(_amounts(Timeout)),
]
Interfaces = Annotated[list[Interface], told("must be a list of maps. Next: correct it.")]


class Declaration(BaseModel):
    """What a program declares of one Linode. Our own computed keys stand among the properties: they are left out."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", strict=True, hide_input_in_errors=True, regex_engine="python-re"
    )

    type: CatalogId
    region: CatalogId
    image: Text | None = None
    label: Label | None = None
    tags: Tags | None = None
    root_pass: Password | None = None
    authorized_keys: SshKeys | None = None
    authorized_users: Texts | None = None
    user_data: UserData | None = None
    stackscript_id: Id | None = None
    stackscript_data: ScriptData | None = None
    backup_id: Id | None = None
    swap_size: SwapMb | None = None
    booted: Flag | None = None
    boot_config_label: Text | None = None
    kernel: Text | None = None
    boot_size: SizeMb | None = None
    backups_enabled: Flag | None = None
    backups_day: Annotated[Day, among(get_args(Day))] | None = None
    backups_window: Annotated[Window, among(get_args(Window))] | None = None
    watchdog_enabled: Flag | None = None
    alerts: Alerts | None = None
    private_ip: Flag | None = None
    reserved_ipv4: Address | None = None
    firewall_id: Id | None = None
    placement_group: Id | None = None
    disk_encryption: Annotated[Encryption, among(get_args(Encryption))] | None = None
    interface_generation: Annotated[Generation, among(get_args(Generation))] | None = None
    interfaces: Interfaces | None = None
    network_helper: Flag | None = None
    maintenance_policy: Annotated[MaintenancePolicy, among(get_args(MaintenancePolicy))] | None = None
    migration_type: Annotated[MigrationType, among(get_args(MigrationType))] | None = None
    resize_disk: Flag | None = None
    on_image_change: Annotated[ImageChange, among(get_args(ImageChange))] | None = None
    on_root_pass_change: Annotated[PasswordChange, among(get_args(PasswordChange))] | None = None
    on_access_change: Annotated[FirstBootChange, among(get_args(FirstBootChange))] | None = None
    on_user_data_change: Annotated[FirstBootChange, among(get_args(FirstBootChange))] | None = None
    allow_downtime: Flag | None = None
    allow_data_loss: Flag | None = None
    wait_for: Annotated[WaitFor, among(get_args(WaitFor))] | None = None
    timeouts: Timeouts | None = None
    adopt: Id | None = None
    final_snapshot: Flag | None = None
    replace_on: InputNames | None = None
    owner: Annotated[dict[str, Any], MAP] | None = None


def misdeclared(props: Props) -> Iterator[Problem]:
    """Everything wrong with the inputs one by one; what is not known yet, whole or in part, is passed over."""
    given = {
        key: whole_numbers(value) for key, value in declared(props).items() if not isinstance(value, Unknown)
    }
    try:
        Declaration.model_validate(given)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            problem = problem_of(each, WORDS)
            if not isinstance(props.get(problem.field), Unknown):
                yield problem
