"""What a change does to a resource: as its provider told it, else as far as the operation alone says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from fleet.report import names
from fleet.report.judge.certainty import Judgement, inputs_of
from fleet.report.judge.cost import by_name
from fleet.report.model import Effect, Op, Path
from fleet.report.phrases import Phrase, code, listed, phrase, said
from fleet.report.read.files import CatalogType, Destroyed, Effects, Level
from fleet.report.read.steps import Json, Step

RECORDS = frozenset({names.OURS + "Account", names.OURS + "RootPassword", "linode:index:Fleet"})
"""Types of resources that are records in the state only: nothing in the account goes with them."""

RESERVED = "ReservedIP"
RETURNED = "given back: nobody gets it again"
GONE: Mapping[str, tuple[Level, str, tuple[Destroyed, ...]]] = {
    "Domain": ("data loss", "deleted with all its records", ("records", "id")),
    "DomainRecord": ("unknown", "deleted: its name answers no more", ("id",)),
    "Firewall": ("unknown", "deleted: what stood behind it is open", ("id",)),
    "IPv6Range": ("unknown", "deleted: nothing answers at its addresses", ("addresses", "id")),
    "Image": ("unknown", "deleted: Linodes made from it stay as they are", ("id",)),
    "NodeBalancer": ("unknown", "deleted: nothing answers at its addresses", ("addresses", "id")),
    "PlacementGroup": ("none", "deleted", ("id",)),
    RESERVED: (
        "unknown",
        f"{RETURNED}, unless something has it, which keeps it as an ordinary one",
        ("addresses", "id"),
    ),
    "ReverseDNS": ("none", "deleted: the API's own name is back", ()),
    "SSHKey": ("none", "deleted: servers keep the keys that they have", ("id",)),
    "StackScript": ("none", "deleted: servers made by it stay as they are", ("id",)),
    "Subnet": ("none", "deleted", ("id",)),
    "VPC": ("none", "deleted", ("id",)),
    "Volume": ("data loss", "deleted with everything on it", ("disks", "id")),
    "VolumeAttachment": ("unknown", "detached: what is on the volume stays", ("id",)),
}
"""What goes with a resource that is no server: a provider is not asked about a delete."""

EVERYTHING: tuple[Destroyed, ...] = ("disks", "backups", "addresses", "id")

IN_PLACE: Mapping[str, tuple[Level, str]] = {
    "label": ("none", "renamed"),
    "tags": ("none", "none"),
    "type": ("power off", "powered off, moved, booted"),
    "root_pass": ("power off", "powered off, password reset, booted"),
}
"""What an update does, by canonical name, where no provider tells it: of what others' recorded previews change."""

_PLAIN = re.compile(r"(?!.*(?:www\.|//))[\w ,.:;()/→%'+-]{1,300}", re.ASCII)
"""What a provider's words may hold to stand as they are; other words are shown as data: a branch may write them."""


class Found(NamedTuple):
    effects: tuple[Effect, ...]
    destroys: tuple[Destroyed, ...] = ()


def of(
    step: Step,
    op: Op,
    paths: Sequence[Path],
    judgement: Judgement,
    types: Mapping[str, CatalogType],
    line: Effects | None,
) -> Found:
    """What an operation of a plan does. line: the provider's own word; a server that goes is lost whatever it says."""
    server = names.resource_type(step.urn) in names.SERVER_TYPES
    olds = by_name(inputs_of(step.old))
    if op == "same":
        return Found(())
    if op == "create" and line and line.op == "adopt":
        told, (which, *_) = _told(line), line.summary.split("; ")
        return Found((Effect(level="none", what=_words(which)), *told.effects), told.destroys)
    if op == "create":
        return Found((Effect(level="none", what=phrase("created")), *(_opens(line) if line else ())))
    has_backups = (
        "backups" in line.destroys if line and line.op == "replace" else olds.get("backups_enabled") is True
    )
    backups = " and backups" if has_backups else ""
    if op == "delete" and server:
        return _one("data loss", f"deleted with its disks{backups}", EVERYTHING)
    if op == "replace" and server:
        return _one("data loss", _replaced(judgement, step.delete_first, backups), EVERYTHING)
    if op != "delete" and line:
        return _told(line)
    if op == "update" and server:
        return _by_property(paths, _smaller_disk(step, types))
    if op == "update" or names.resource_type(step.urn) in RECORDS:
        return _one("none", "none")
    return _gone(step, olds)


def _gone(step: Step, olds: Json) -> Found:
    """What is deleted, or replaced without a word of its provider, and is no server."""
    kind = names.resource_type(step.urn).removeprefix(names.OURS)
    outs = by_name(step.old.outputs if step.old else {})
    back = _given_back(olds.get("linode_id"), outs.get("nodebalancer_id")) if kind == RESERVED else None
    return back or _one(*GONE.get(kind, ("unknown", "what goes with it is not known", ())))


def _given_back(linode_id: object, balancer_id: object) -> Found | None:
    """A reserved address of which the state says what has it; Linode 0 is nothing."""
    if linode_id or balancer_id:
        holder = "Linode" if linode_id else "NodeBalancer"
        why = f"no longer reserved: its {holder} keeps it as an ordinary address while it is there"
        return _one("unknown", why, ("id",))
    if linode_id == 0:
        return _one("unknown", RETURNED, ("addresses", "id"))
    return None


def drifted(op: Op) -> Found:
    """What was found outside the program."""
    words: Mapping[Op, str] = {"same": "", "delete": "gone", "create": "not in the state"}
    text = words.get(op, "drifted")
    return _one("unknown", text) if text else Found(())


def _one(level: Level, what: str | Phrase, destroys: tuple[Destroyed, ...] = ()) -> Found:
    return Found((Effect(level=level, what=phrase(what)),), destroys)


def _told(line: Effects) -> Found:
    """One effect for each cause; what the internet reaches then and what can't be taken back at the end. A level that
    no cause has is not lost.
    """
    found = [
        Effect(level=cause.level, what=_words(cause.what), property=cause.input) for cause in line.causes
    ]
    if line.level not in {"none", *(effect.level for effect in found)}:
        first = found[0] if found else Effect(level="none", what=_words(line.summary or line.level))
        found[:1] = [first.model_copy(update={"level": line.level})]
    found += _opens(line)
    found += [Effect(level="none", what=phrase("for good: ", _words(text))) for text in line.one_way]
    return Found(tuple(found), line.destroys)


def _opens(line: Effects) -> list[Effect]:
    what = phrase("then reachable from the internet: ", listed(line.opens))
    return [Effect(level="none", what=what)] if line.opens else []


def _words(text: str) -> Phrase:
    return phrase(text if _PLAIN.fullmatch(text) else said(text))


def _by_property(paths: Iterable[Path], smaller_disk_mb: int | None) -> Found:
    """A server's update without a word of its provider: known of very few properties."""
    found: dict[str, Effect] = {}
    lost = False
    for path in paths:
        name = names.top_level(path.path)
        key = names.canonical(name)
        row = _backups(path) if key == "backups_enabled" else IN_PLACE.get(key)
        level, what = row or ("unknown", phrase("effect of ", code(name), " not known"))
        if key == "type" and smaller_disk_mb is not None:
            what = f"{what}; refused unless its disks fit in {smaller_disk_mb:,} MB: shrink them first"
        found.setdefault(name, Effect(level=level, what=phrase(what), property=name))
        lost |= level == "data loss"
    return Found(tuple(found.values()), ("backups",) if lost else ())


def _backups(path: Path) -> tuple[Level, str]:
    if path.after.text == "true":
        return "billing", "backups are made from now on"
    if path.after.kind == "unknown":
        return "unknown", "backups on or off: not known"
    lost = path.before.text == "true"
    return ("data loss", "all its backups are deleted for good") if lost else ("none", "none")


def _smaller_disk(step: Step, types: Mapping[str, CatalogType]) -> int | None:
    """In MB, of a new type whose disk is smaller than the old one's."""
    old, new = (types.get(str(by_name(inputs_of(state)).get("type"))) for state in (step.old, step.new))
    return new.disk if old and new and old.disk and new.disk and new.disk < old.disk else None


def _replaced(judgement: Judgement, delete_first: bool | None, backups: str) -> Phrase:
    sources = listed(names.resource_name(urn) for urn in judgement.sources)
    if judgement.certainty == "perhaps":
        what = phrase("the address of ", sources) if sources else phrase("the unknown value")
        ends = {
            "replaced": phrase(sources, " is recreated: likely"),
            "new": phrase(sources, " is new: likely"),
            "in place": phrase(sources, " is changed in place: unlikely"),
        }.get(judgement.source_changes, phrase("How likely is not known."))
        return phrase("if ", what, " changed: new server, disks erased. ", ends)
    lost = f"disks{backups} erased, new id, new addresses"
    if judgement.dragged_by is not None:
        by = code(names.resource_name(judgement.dragged_by)) if judgement.dragged_by else "another one"
        return phrase("recreated with ", by, ", which is deleted first: ", lost)
    order = {
        True: "deleted first, then a new server is made: ",
        False: "new server first, then the old one is deleted: ",
        None: "new server, the old one is deleted: ",
    }
    return phrase(order[delete_first], lost)
