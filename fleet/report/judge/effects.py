"""What a change does to a resource: as its provider told it, else as far as the operation alone says it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fleet.report import names
from fleet.report.judge import effects_table
from fleet.report.judge.replacing import Judgement
from fleet.report.model import Effect, Op, Path
from fleet.report.phrases import Phrase, code, listed, phrase, said
from fleet.report.read.files import Destroyed, Effects, Level

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

EVERYTHING: tuple[Destroyed, ...] = ("disks", "backups", "addresses", "id")
Found = tuple[tuple[Effect, ...], tuple[Destroyed, ...]]
"""The effects, and what they destroy."""

_PLAIN = re.compile(r"(?!.*(?:www\.|//))[\w ,.:;()/→%'+-]{1,300}", re.ASCII)
"""What a provider's words may hold to stand as they are; other words are shown as data: a branch may write them."""


def told(line: Effects) -> Found:
    """The provider's own word, one effect for each cause; what can't be taken back at the end."""
    found = [
        Effect(level=cause.level, what=_words(cause.what), property=cause.input) for cause in line.causes
    ]
    found += [Effect(level="none", what=phrase("for good: ", *_words(text))) for text in line.one_way]
    if line.level not in {effect.level for effect in found} and line.level != "none":
        found.append(Effect(level=line.level, what=_words(line.summary or line.level)))
    return tuple(found), line.destroys


def _words(text: str) -> Phrase:
    return phrase(text if _PLAIN.fullmatch(text) else said(text))


def created(line: Effects | None) -> Found:
    adopted = line is not None and line.op == "adopt" and line.summary
    return (Effect(level="none", what=_words(line.summary) if line and adopted else phrase("created")),), ()


def deleted(*, backups: bool) -> Found:
    """A server that goes. backups: it has some now."""
    return _one("data loss", "deleted with its disks" + (" and backups" if backups else "")), EVERYTHING


def updated(paths: Sequence[Path], news: Mapping[str, object], shrinks_to_mb: int | None) -> Found:
    """A server whose provider did not tell. shrinks_to_mb: the disk of the new, smaller type."""
    found: dict[str, Effect] = {}
    destroys: set[Destroyed] = set()
    for path in paths:
        name = names.top_level(path.path)
        row = effects_table.row(name, path, news)
        if name in found:
            continue
        if row is None:
            unknown = phrase("effect of ", code(name), " not known")
            found[name] = Effect(level="unknown", what=unknown, property=name)
            continue
        level, words = row
        if names.canonical(name) == "type" and shrinks_to_mb is not None:
            words += f"; refused unless its disks fit in {shrinks_to_mb:,} MB: shrink them first"
        found[name] = Effect(level=level, what=phrase(words), property=name)
        destroys |= {"backups"} if row == effects_table.BACKUPS_LOST else set()
        destroys |= {"disks"} if row == effects_table.REBUILT else set()
    return tuple(found.values()), tuple(sorted(destroys))


def of_another(op: Op, kind: str) -> Found:
    """What is no server, and whose provider did not tell."""
    if op in ("create", "update", "same") or kind in HARMLESS_TYPES:
        return _one("none", "created" if op == "create" else "none") if op != "same" else (), ()
    return _one("unknown", "what goes with it is not known"), ()


def drifted(op: Op) -> Found:
    """What was found outside the program."""
    words = {"delete": "deleted outside: an update with --refresh makes it anew", "create": "made outside"}
    return _one("unknown", words.get(op, "changed outside: an update with --refresh puts it back")), ()


def _one(level: Level, words: str) -> tuple[Effect, ...]:
    return (Effect(level=level, what=phrase(words)),)


def replaced(judgement: Judgement, delete_first: bool | None) -> Found:
    return (Effect(level="data loss", what=_replaced(judgement, delete_first)),), EVERYTHING


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
