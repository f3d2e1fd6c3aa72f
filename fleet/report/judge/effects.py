"""What a change does to a server, one row per property. Source: the API's reference of each endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fleet.report import names
from fleet.report.judge.replacing import Judgement
from fleet.report.model import Effect, Level, Op, Path, Value
from fleet.report.phrases import Phrase, code, listed, phrase

Row = tuple[Level, str]

_NONE: Row = ("none", "none")
_NOT_APPLIED: Row = ("none", "kept for servers made later, not applied to this one")
_REBOOT: Row = ("power off", "rebooted")
_OFF: Row = ("power off", "powered off, changed, booted")
_REBUILT: Row = ("data loss", "rebuilt in place: disks and configurations erased; id and addresses stay")

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
    "image": _REBUILT,
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
    "rebuild": _REBUILT,
}

HARMLESS_TYPES = frozenset(
    {
        "pulumi-python:dynamic/linode:Account",
        "pulumi-python:dynamic/linode:Gate",
        "pulumi-python:dynamic/linode:Leaving",
        "pulumi-python:dynamic/linode:RootPassword",
        "linode:index:Fleet",
    }
)
"""Resources that are records in the state only: nothing in the account goes with them."""


def effects(
    op: Op,
    kind: str,
    paths: Sequence[Path],
    judgement: Judgement,
    *,
    backups: bool = False,
    delete_first: bool | None = None,
    shrinks_to_mb: int | None = None,
    news: Mapping[str, object] | None = None,
) -> tuple[Effect, ...]:
    """What a change of one resource does, in the order of its properties.

    kind: the resource's type. backups: it has backups now. shrinks_to_mb: the disk of the new, smaller type.
    news: the new inputs by canonical name: some decide what a change of another one does.
    """
    if kind not in names.SERVER_TYPES:
        return _of_another(op, kind)
    whole: Mapping[str, Callable[[], Effect]] = {
        "create": lambda: _effect("none", "created"),
        "delete": lambda: _effect(
            "data loss", "deleted with its disks" + (" and backups" if backups else "")
        ),
        "replace": lambda: Effect(level="data loss", what=_replaced(judgement, delete_first)),
    }
    if op in whole:
        return (whole[op](),)
    found: dict[str, Effect] = {}
    for path in paths:
        name = names.top_level(path.path)
        found.setdefault(
            name, _in_place(name, path, shrinks_to_mb, news or {}).model_copy(update={"property": name})
        )
    return tuple(found.values())


def _effect(level: Level, text: str) -> Effect:
    return Effect(level=level, what=phrase(text))


def _of_another(op: Op, kind: str) -> tuple[Effect, ...]:
    if kind in HARMLESS_TYPES or op in ("create", "update", "same"):
        return (_effect("none", {"create": "created", "same": ""}.get(op, "none")),) if op != "same" else ()
    return (_effect("unknown", "what goes with it is not known"),)


def _replaced(judgement: Judgement, delete_first: bool | None) -> Phrase:
    sources = listed(names.resource_name(urn) for urn in judgement.sources)
    if judgement.certainty == "perhaps":
        what: Phrase = phrase("the address of ", sources) if sources else phrase("the unknown value")
        ends = {
            "replaced": (sources, " is rebuilt: likely"),
            "new": (sources, " is new: likely"),
            "in place": (sources, " is changed in place: unlikely"),
        }.get(judgement.source_changes, ("How likely is not known.",))
        return phrase("if ", what, " changed: new server, disks erased. ", *ends)
    lost = "disks erased, new id, new addresses"
    if judgement.dragged_by is not None:
        by = code(names.resource_name(judgement.dragged_by)) if judgement.dragged_by else "another one"
        return phrase("goes down with ", by, ", which is replaced delete-first: ", lost)
    order = {
        True: "deleted first, then a new server is made: ",
        False: "new server first, then the old one is deleted: ",
        None: "new server, the old one is deleted: ",
    }
    return phrase(order[delete_first], lost)


def _in_place(name: str, path: Path, shrinks_to_mb: int | None, news: Mapping[str, object]) -> Effect:
    key = names.canonical(name)
    if key == "backups_enabled":
        return _backups(path)
    row = _row(name, key, news)
    if row is None:
        return Effect(level="unknown", what=phrase("effect of ", code(name), " not known"))
    if key == "type" and shrinks_to_mb is not None:
        return _effect(
            row[0], f"{row[1]}; refused unless its disks fit in {shrinks_to_mb:,} MB: shrink them first"
        )
    return _effect(*row)


def _row(name: str, key: str, news: Mapping[str, object]) -> Row | None:
    if name == "booted":
        stays_off = news.get("booted") is False
        return ("power off", "shut down, and stays off") if stays_off else ("none", "booted")
    if name in DECIDED_BY:
        policy, usual = DECIDED_BY[name]
        return POLICIES.get(str(news.get(policy) or usual))
    return OURS.get(name) or IN_PLACE.get(key)


def _backups(path: Path) -> Effect:
    if path.after == Value(kind="text", text="true"):
        return _effect("billing", "backups are made from now on")
    if path.after.kind == "unknown":
        return _effect("unknown", "backups on or off: not known")
    if path.before.kind == "text" and path.before.text == "true":
        return _effect("data loss", "all its backups are deleted for good")
    return _effect("none", "none")
