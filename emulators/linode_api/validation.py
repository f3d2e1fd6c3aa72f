"""Checks of what clients send for a Linode, in the API's words.

Texts are recorded or reported ones where known (API notes: pages "Create a Linode", "Update a Linode");
those marked * are a choice, their existence is known, their wording is not.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Container, Mapping
from typing import Any

from emulators.linode_api.catalogs import catalogs
from emulators.linode_api.errors import ApiError, Problem, bad_request

Body = Mapping[str, Any]

LABEL = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?")
MAINTENANCE_POLICIES = ("linode/migrate", "linode/power_off_on")
NAMES_OF_KEYS = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")
LARGEST_USER_DATA = 65_535
DAYS = ("Scheduling", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
WINDOWS = ("Scheduling", *(f"W{hour}" for hour in range(0, 24, 2)))
ALERTS = ("cpu", "io", "network_in", "network_out", "transfer_quota")


def raise_if(problems: list[Problem]) -> None:
    """Several errors in one answer are normal."""
    if problems:
        raise ApiError(400, problems)


def label_problems(label: object) -> list[Problem]:
    """3 to 64 letters, digits, `-`, `_`, `.`; alphanumeric at both ends; no two of the marks in a row."""
    if not isinstance(label, str) or not 3 <= len(label) <= 64:
        return [("label", "Length must be 3-64 characters")]
    if not LABEL.fullmatch(label):
        return [("label", "Must only use ASCII letters, numbers, underscores, dashes and periods")]  # *
    if any(pair in label for pair in ("--", "__", "..")):
        return [("label", "Must not contain two dashes, underscores or periods in a row")]  # *
    return []


def tag_problems(tags: object) -> list[Problem]:
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return [("tags", "Must be a list of strings")]  # *
    if any(not 3 <= len(tag) <= 50 for tag in tags):
        return [("tags", "Length must be 3-50 characters")]
    return []


def unique_tags(tags: list[str]) -> list[str]:
    """Tags without repeats; case does not tell two tags apart."""
    return list({tag.lower(): tag for tag in reversed(tags)}.values())[::-1]


def flag_problems(body: Body, *names: str) -> list[Problem]:
    return [
        (name, "Must be of type Boolean") for name in names if not isinstance(body.get(name), bool | None)
    ]  # *


def text(body: Body, name: str, shortest: int, longest: int) -> list[Problem]:
    """A text that may be left out."""
    value = body.get(name)
    if value is None or (isinstance(value, str) and shortest <= len(value) <= longest):
        return []
    return [(name, f"Length must be {shortest}-{longest} characters")]


def choice(body: Body, name: str, known: Container[Any]) -> list[Problem]:
    """One of the known values, or left out."""
    value = body.get(name)
    fits = value is None or (isinstance(value, str) and value in known)
    return [] if fits else [(name, f"{name} is not valid")]


def is_network(value: object) -> bool:
    """An IPv4 address or range, with or without its prefix."""
    try:
        ipaddress.IPv4Interface(value)
    except ValueError:
        return False
    return isinstance(value, str)


def policy_problems(body: Body) -> list[Problem]:
    """Source: recording TestInstance_MaintenancePolicy."""
    policy = body.get("maintenance_policy")
    known = policy is None or policy in MAINTENANCE_POLICIES
    return [] if known else [("maintenance_policy", "Unsupported maintenance policy slug format.")]


def key_problems(body: Body, users: set[str]) -> list[Problem]:
    """SSH keys in full, and names of users whose keys are wanted."""
    keys = body.get("authorized_keys") or []
    names = body.get("authorized_users") or []
    problems: list[Problem] = []
    if not isinstance(keys, list) or not all(is_ssh_key(key) for key in keys):
        problems.append(("authorized_keys", "SSH Key is invalid"))  # *
    if not isinstance(names, list) or not all(name in users for name in names):
        problems.append(("authorized_users", "Username is not valid"))  # *
    return problems


def is_ssh_key(key: object) -> bool:
    return isinstance(key, str) and key.startswith(NAMES_OF_KEYS) and len(key.split()) >= 2


def user_data_problems(body: Body, region_id: str, image: Mapping[str, Any] | None) -> list[Problem]:
    """`metadata.user_data`: base64, at most 65,535 bytes, where region and image support it."""
    user_data = (body.get("metadata") or {}).get("user_data")
    if user_data is None:
        return []
    problems = encoding_problems(user_data)
    region = catalogs().region_by_id.get(region_id)
    if region and "Metadata" not in region["capabilities"]:
        problems.append(("metadata.user_data", "Metadata is not available in this region"))  # *
    if image and "cloud-init" not in image["capabilities"]:
        problems.append(("metadata.user_data", "The image does not support cloud-init"))  # *
    return problems


def encoding_problems(user_data: object) -> list[Problem]:
    try:
        size = len(base64.b64decode(user_data, validate=True)) if isinstance(user_data, str) else None
    except (binascii.Error, ValueError):
        size = None
    if size is None:
        return [("metadata.user_data", "Must be valid base64")]  # *
    return [("metadata.user_data", "Must be at most 65535 bytes")] if size > LARGEST_USER_DATA else []  # *


def require_sold(type_id: str, region_id: str) -> None:
    """Raises 403: this is how the API says that a plan is sold out, or never sold, in a region."""
    if not catalogs().is_sold(type_id, region_id):
        reason = (
            "The Linode plan you chose is not currently available in the selected region."
            " Please select another region or plan type, or contact Support for assistance."
        )
        raise ApiError(403, [(None, reason)])


def require_credentials(body: Body) -> None:
    """Source: recording TestInstance_TestExpectedErrorIfFieldsAuthorizedUsers…: the error has no field."""
    if not any(body.get(name) for name in ("root_pass", "authorized_keys", "authorized_users")):
        raise bad_request("Must provide valid root_pass, authorized_keys, or authorized_users")


def schedule_problems(schedule: object) -> list[Problem]:
    """`backups.schedule` of PUT: a day and a two-hour window, UTC."""
    if not isinstance(schedule, dict):
        return [("backups.schedule", "Must be an object")]  # *
    problems: list[Problem] = []
    if schedule.get("day") not in (*DAYS, None):
        problems.append(("backups.schedule.day", "day is not valid"))  # *
    if schedule.get("window") not in (*WINDOWS, None):
        problems.append(("backups.schedule.window", "window is not valid"))  # *
    return problems


def alert_problems(alerts: object) -> list[Problem]:
    if not isinstance(alerts, dict):
        return [("alerts", "Must be an object")]  # *
    return [
        (f"alerts.{name}", "Must be 0 or greater")  # *
        for name in ALERTS
        if name in alerts and not (type(alerts[name]) is int and alerts[name] >= 0)
    ]
