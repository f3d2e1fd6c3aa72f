"""What an update of a property does, for bundles without a line in effects.ndjson. Source: the API's reference."""

from __future__ import annotations

from collections.abc import Mapping

from fleet.report import names
from fleet.report.model import Path, Value
from fleet.report.read.files import Level

Row = tuple[Level, str]

_NONE: Row = ("none", "none")
_NOT_APPLIED: Row = ("none", "kept for servers made later, not applied to this one")
_REBOOT: Row = ("power off", "rebooted")
_OFF: Row = ("power off", "powered off, changed, booted")
BACKUPS_LOST: Row = ("data loss", "all its backups are deleted for good")
REBUILT: Row = ("data loss", "rebuilt in place: disks and configurations erased; id and addresses stay")

IN_PLACE: Mapping[str, Row] = {
    "label": ("none", "renamed"),
    **dict.fromkeys(("tags", "group", "alerts", "watchdog_enabled", "maintenance_policy"), _NONE),
    **dict.fromkeys(("firewall_id", "placement_group", "backups_day", "backups_window"), _NONE),
    "owner": ("none", "its owner's tag is rewritten"),
    "type": ("power off", "powered off, moved, booted"),
    "region": ("power off", "powered off, moved to another region, booted; new public addresses"),
    "root_pass": ("power off", "powered off, password reset, booted"),
    **dict.fromkeys(("private_ip", "kernel", "boot_config_label", "network_helper", "configs"), _REBOOT),
    **dict.fromkeys(("interfaces", "swap_size"), _OFF),
    "image": REBUILT,
}
"""Effects of an update, by canonical name. What is not here is not known."""

OURS: Mapping[str, Row] = {
    **dict.fromkeys(("stackscript_id", "stackscript_data", "backup_id", "boot_size"), _NOT_APPLIED),
    **dict.fromkeys(
        ("migration_type", "resize_disk", "allow_downtime", "allow_data_loss", "wait_for"), _NONE
    ),
    **dict.fromkeys(("timeouts", "adopt", "final_snapshot", "replace_on", "on_image_change"), _NONE),
    **dict.fromkeys(("on_root_pass_change", "on_access_change", "on_user_data_change"), _NONE),
}
"""More inputs, by the names that our own provider gives them: the snake-case ones."""

DECIDED_BY: Mapping[str, tuple[str, str]] = {
    "image": ("on_image_change", "rebuild"),
    "root_pass": ("on_root_pass_change", "keep"),
    "authorized_keys": ("on_access_change", "keep"),
    "authorized_users": ("on_access_change", "keep"),
    "user_data": ("on_user_data_change", "keep"),
}
"""Inputs of ours that another input decides about, with what an update of it means when that one is not set."""

POLICIES: Mapping[str, Row] = {
    "keep": _NOT_APPLIED,
    "ignore": _NOT_APPLIED,
    "reset": IN_PLACE["root_pass"],
    "rebuild": REBUILT,
}


def row(name: str, path: Path, news: Mapping[str, object]) -> Row | None:
    """The level and the words for a changed property; None for one that is not known.

    news: the new inputs by canonical name: some decide what a change of another one does.
    """
    key = names.canonical(name)
    if key == "backups_enabled":
        return _backups(path)
    if name == "booted":
        return (
            ("power off", "shut down, and stays off") if news.get("booted") is False else ("none", "booted")
        )
    if name in DECIDED_BY:
        policy, usual = DECIDED_BY[name]
        return POLICIES.get(str(news.get(policy) or usual))
    return OURS.get(name) or IN_PLACE.get(key)


def _backups(path: Path) -> Row:
    if path.after == Value(kind="text", text="true"):
        return "billing", "backups are made from now on"
    if path.after.kind == "unknown":
        return "unknown", "backups on or off: not known"
    if path.before.kind == "text" and path.before.text == "true":
        return BACKUPS_LOST
    return _NONE
