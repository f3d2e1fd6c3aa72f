"""What is wrong with an Instance's inputs by themselves: forms, ranges and combinations. Pure.

Source of every rule that names none: POST /linode/instances.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from providers.linode.fields import BY_NAME
from providers.linode.inputs import ALERTS
from providers.linode.nearest import did_you_mean
from providers.linode.owner import is_owner_tag

Props = Mapping[str, object]

LABEL_PATTERN = re.compile(r"[A-Za-z0-9](?!.*(--|__|\.\.))[A-Za-z0-9._-]{1,62}[A-Za-z0-9]")
TAG_LENGTHS = range(3, 51)
"""Source: POST /tags."""

ROOT_PASS_LENGTHS = range(11, 129)
"""What the API enforces; its description says 7."""

MOST_USER_DATA_BYTES = 65_535
MOST_INTERFACES = 3
WINDOWS = ("Scheduling", *(f"W{hour}" for hour in range(0, 24, 2)))
DAYS = ("Scheduling", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
"""Source: PUT /linode/instances/{linodeId}, backups.schedule."""

CHOICES: Mapping[str, Collection[str]] = {
    "on_image_change": ("replace", "rebuild", "ignore"),
    "on_root_pass_change": ("keep", "reset"),
    "on_access_change": ("keep", "rebuild", "replace"),
    "on_user_data_change": ("keep", "rebuild", "replace"),
    "wait_for": ("running", "accepted"),
    "migration_type": ("cold", "warm"),
    "disk_encryption": ("enabled", "disabled"),
    "interface_generation": ("legacy_config", "linode"),
    "maintenance_policy": ("linode/migrate", "linode/power_off_on"),
    "backups_day": DAYS,
    "backups_window": WINDOWS,
}
TIMEOUTS = ("create", "update", "delete")
NEED_IMAGE = (
    "root_pass",
    "authorized_keys",
    "authorized_users",
    "user_data",
    "stackscript_id",
    "swap_size",
    "boot_size",
)


class Problem(NamedTuple):
    """One thing wrong with one input: why, and what to do next."""

    field: str
    reason: str


Rule = Callable[[Props, Props], Iterator[Problem]]
"""Gets the inputs that are known, and all inputs as they came (with unknown ones); yields what is wrong."""


def required(_: Props, props: Props) -> Iterator[Problem]:
    for key in ("type", "region"):
        if not props.get(key):
            yield Problem(key, "is required. Next: pick one from the catalogs.")


def label_form(inputs: Props, _: Props) -> Iterator[Problem]:
    label = inputs.get("label")
    if label is not None and not (isinstance(label, str) and LABEL_PATTERN.fullmatch(label)):
        yield Problem(
            "label",
            "must have 3 to 64 letters, digits, '-', '_' or '.', begin and end with a letter or digit, and "
            "have no '--', '__' or '..'. Next: correct the label.",
        )


def tag_forms(inputs: Props, _: Props) -> Iterator[Problem]:
    tags = inputs.get("tags", [])
    if not isinstance(tags, list):
        yield Problem("tags", "must be a list of texts. Next: correct the tags.")
        return
    for tag in tags:
        if len(tag) not in TAG_LENGTHS or is_owner_tag(tag):
            yield Problem(
                "tags",
                f"'{tag}' must have 3 to 50 characters and not begin with 'pulumi:'. Next: correct it.",
            )


def choices(inputs: Props, _: Props) -> Iterator[Problem]:
    for key, allowed in CHOICES.items():
        value = inputs.get(key)
        if value is not None and value not in allowed:
            yield Problem(
                key,
                f"must be one of {', '.join(allowed)}{did_you_mean(str(value), allowed)}. Next: correct it.",
            )


FLAGS = (
    "booted", "backups_enabled", "watchdog_enabled", "private_ip", "network_helper", "resize_disk",
    "allow_downtime", "allow_data_loss", "final_snapshot",
)  # fmt: skip
LISTS = ("authorized_keys", "authorized_users", "replace_on")


def flags(inputs: Props, _: Props) -> Iterator[Problem]:
    """A text such as "false" is no flag: it would count as true."""
    for key in FLAGS:
        if key in inputs and not isinstance(inputs[key], bool):
            yield Problem(key, "must be true or false. Next: give a truth value, not a text.")


def lists(inputs: Props, _: Props) -> Iterator[Problem]:
    for key in LISTS:
        value = inputs.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            yield Problem(key, "must be a list of texts. Next: correct it.")
    wanted = inputs.get("replace_on", [])
    for name in wanted if isinstance(wanted, list) else ():
        if name not in BY_NAME:
            yield Problem(
                "replace_on", f"names no input '{name}'{did_you_mean(str(name), BY_NAME)}. Next: correct it."
            )


def numbers(inputs: Props, _: Props) -> Iterator[Problem]:
    for key in (
        "swap_size",
        "boot_size",
        "stackscript_id",
        "backup_id",
        "firewall_id",
        "placement_group",
        "adopt",
    ):
        value = inputs.get(key)
        least = 0 if key == "swap_size" else 1
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
            yield Problem(key, f"must be a whole number of {least} or more. Next: correct it.")


def maps(inputs: Props, _: Props) -> Iterator[Problem]:
    for key, known in (("alerts", ALERTS), ("timeouts", TIMEOUTS)):
        value = inputs.get(key)
        if value is None:
            continue
        if not isinstance(value, Mapping) or not all(map(_is_amount, value.values())):
            yield Problem(
                key, f"must be a map of numbers ≥ 0 with the keys {', '.join(known)}. Next: correct it."
            )
            continue
        for wrong in sorted(set(value) - set(known)):
            yield Problem(key, f"has no '{wrong}'{did_you_mean(wrong, known)}. Next: use {', '.join(known)}.")


def _is_amount(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf


def password_length(inputs: Props, _: Props) -> Iterator[Problem]:
    password = inputs.get("root_pass")
    if password is not None and len(str(password)) not in ROOT_PASS_LENGTHS:
        yield Problem("root_pass", "root_pass must have 11 to 128 characters. Next: choose another.")


def way_in(inputs: Props, props: Props) -> Iterator[Problem]:
    """For a new Linode only: what is there already has its credentials on its disk."""
    ways_in = ("root_pass", "authorized_keys", "authorized_users")
    if inputs.get("image") and not any(props.get(key) for key in ways_in):
        yield Problem("image", f"needs one of {', '.join(ways_in)}, or nobody could log in. Next: give one.")


def user_data_size(inputs: Props, _: Props) -> Iterator[Problem]:
    if len(str(inputs.get("user_data", "")).encode()) > MOST_USER_DATA_BYTES:
        yield Problem("user_data", f"user_data has more than {MOST_USER_DATA_BYTES} bytes. Next: shorten it.")


def combinations(inputs: Props, props: Props) -> Iterator[Problem]:
    """What the API takes together. `props` tells whether an unknown value will be there."""
    if inputs.get("image") and inputs.get("backup_id"):
        yield Problem("backup_id", "does not go with image. Next: give one of the two.")
    if not props.get("image") and not props.get("backup_id"):
        for key in NEED_IMAGE:
            if key in inputs:
                yield Problem(
                    key, f"{key} needs an image to be deployed. Next: give an image, or leave it out."
                )
        if inputs.get("booted"):
            yield Problem("booted", "is not possible without an image or a backup. Next: give an image.")
    if "stackscript_data" in inputs and not props.get("stackscript_id"):
        yield Problem("stackscript_data", "stackscript_data needs stackscript_id. Next: give it too.")
    if "stackscript_id" in inputs and str(inputs.get("image", "")).startswith("private/"):
        yield Problem("stackscript_id", "does not go with a private image. Next: choose a public one.")
    if inputs.get("interface_generation") == "linode" and "firewall_id" in inputs:
        yield Problem(
            "firewall_id", "is for legacy interfaces. Next: put firewall_id into each of the interfaces."
        )
    if "network_helper" in inputs and inputs.get("interface_generation") == "legacy_config":
        yield Problem(
            "network_helper",
            "is for Linode interfaces. Next: leave it out, or interface_generation='linode'.",
        )


def interface_forms(inputs: Props, _: Props) -> Iterator[Problem]:
    interfaces = inputs.get("interfaces")
    if interfaces is None:
        return
    if not isinstance(interfaces, list) or not all(isinstance(item, Mapping) for item in interfaces):
        yield Problem("interfaces", "must be a list of maps. Next: correct it.")
        return
    if len(interfaces) > MOST_INTERFACES:
        yield Problem(
            "interfaces", f"are {len(interfaces)}, and the API takes {MOST_INTERFACES}. Next: drop some."
        )
    linode = inputs.get("interface_generation") == "linode"
    for item in interfaces:
        if linode and len({"public", "vlan", "vpc"} & set(item)) != 1:
            yield Problem(
                "interfaces", "of a Linode each need one of public, vlan and vpc. Next: correct them."
            )
        elif not linode and item.get("purpose") not in ("public", "vlan", "vpc"):
            yield Problem("interfaces", "each need a purpose: public, vlan or vpc. Next: correct them.")


RULES: tuple[Rule, ...] = (
    required,
    label_form,
    tag_forms,
    choices,
    flags,
    lists,
    numbers,
    maps,
    password_length,
    user_data_size,
    combinations,
    interface_forms,
)
