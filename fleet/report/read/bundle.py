"""A bundle: the folder that the preview of one stack leaves behind.

    events.ndjson | digest.json   what the preview said; both: events, with the digest's dependencies
    effects.ndjson                what the provider said that its changes do
    exit, stderr.txt              how the command ended
    pending.json                  operations of an earlier run that never ended
    catalog.json, guards.json, pins.before.json, pins.after.json, meta.json

Every file is optional; a folder without events and digest, or without an exit code, is a preview that failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import ValidationError

from fleet.report import names
from fleet.report.errors import BadCall, BundleUnreadable
from fleet.report.read.files import Catalog, Effects, Frozen, Guards, Meta, Pins
from fleet.report.read.messages import presentable
from fleet.report.read.previews import parse_json, parse_lines, read_dependencies, read_digest, read_events
from fleet.report.read.steps import Dependencies, Json, Reading, State, Step

ModelT = TypeVar("ModelT", bound=Frozen)
LARGEST_BYTES = 256 * 1024 * 1024
NO_EXIT = "it left no exit code, so nobody knows how it ended. Next: run its job again"
NOTHING = Reading(steps=(), complete=False, succeeded=False)

PREFIX = "bundle-"
"""What the folder of a stack's bundle is called in our workflows, before the stack's name."""


@dataclass(frozen=True)
class Bundle:
    """Everything known of one stack's preview.

    form: which of the two was read; None when neither is there. unreadable: why nothing is known at all.
    effects: by URN, of the resources whose provider tells them. pending: names of resources.
    """

    stack: str
    reading: Reading
    form: Literal["events", "digest"] | None
    exit: int
    effects: Mapping[str, Effects] = field(default_factory=dict)
    stderr: str = ""
    pending: tuple[str, ...] = ()
    catalog: Catalog | None = None
    guards: Guards | None = None
    pins_before: Pins = field(default_factory=Pins)
    pins_after: Pins = field(default_factory=Pins)
    meta: Meta = field(default_factory=Meta)
    unreadable: str = ""


def read_bundles(
    folders: Sequence[Path], expected: Sequence[str], secrets: Sequence[str] = ()
) -> list[Bundle]:
    """One bundle for each stack; one that can't be read is a stack that failed, so that the others are reported.

    Raises BundleUnreadable: a folder is missing. Raises BadCall: it is given twice.
    """
    for folder in folders:
        _require(folder)
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise BadCall("a folder is given twice. Next: pass one folder for each stack.")
    found: dict[str, Bundle] = {}
    for folder in folders:
        bundle = _read_or_broken(folder, expected, secrets)
        if bundle.stack in found:
            bundle = _broken(bundle.stack, "two bundles say that they are of it")
        found[bundle.stack] = bundle
    return list(found.values())


def is_bundle(folder: Path) -> bool:
    """Whether a preview wrote it: every one leaves its exit code."""
    return (folder / "exit").is_file()


def _require(folder: Path) -> None:
    if not folder.is_dir():
        raise BundleUnreadable(f"{folder.name}: no such folder. Next: pass the folders that previews wrote.")


def _read_or_broken(folder: Path, expected: Sequence[str], secrets: Sequence[str]) -> Bundle:
    name = folder.resolve().name.removeprefix(PREFIX)
    try:
        bundle = read_bundle(folder, secrets)
    except BundleUnreadable as error:
        return _broken(name, str(error))
    except RecursionError:
        return _broken(name, "it is nested too deeply")
    if name in expected and bundle.stack != name:
        return _broken(name, f"it says that it is of {bundle.stack}")
    return bundle


def _broken(stack: str, why: str) -> Bundle:
    return Bundle(stack=stack, reading=NOTHING, form=None, exit=1, unreadable=why)


def read_bundle(folder: Path, secrets: Sequence[str] = ()) -> Bundle:
    """The bundle in a folder; secrets are masked in messages. Raises BundleUnreadable, naming the file."""
    _require(folder)
    files = _Files(folder)
    reading, form = _reading(files, secrets)
    meta, code = files.model("meta.json", Meta) or Meta(), _exit(files)
    stderr = presentable(files.text("stderr.txt"), secrets)
    return Bundle(
        stack=meta.stack or reading.stack or folder.resolve().name,
        reading=reading,
        form=form,
        exit=1 if code is None else code,
        effects=_effects(files),
        stderr=f"{stderr}\nerror: {NO_EXIT}".strip() if code is None else stderr,
        pending=_pending(files),
        catalog=files.model("catalog.json", Catalog),
        guards=files.model("guards.json", Guards),
        pins_before=files.model("pins.before.json", Pins) or Pins(),
        pins_after=files.model("pins.after.json", Pins) or Pins(),
        meta=meta,
    )


@dataclass(frozen=True)
class _Files:
    """The files of a folder; one that is not there is empty. All raise BundleUnreadable, naming the file."""

    folder: Path

    def text(self, name: str) -> str:
        path = self.folder / name
        if not path.exists():
            return ""
        try:
            if path.stat().st_size > LARGEST_BYTES:
                raise self.unreadable(name, f" is larger than {LARGEST_BYTES >> 20} MB")
            return path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise self.unreadable(name, f": {error.strerror or 'unreadable'}") from error

    def json(self, name: str) -> object:
        """None for a file that is not there."""
        try:
            return parse_json(self.text(name)) if (self.folder / name).exists() else None
        except ValueError as error:
            raise self.unreadable(name, " is not JSON") from error

    def lines(self, name: str) -> tuple[list[Json], bool]:
        """As `parse_lines` has them."""
        try:
            return parse_lines(self.text(name))
        except BundleUnreadable as error:
            raise self.unreadable(name, f": {error}") from error

    def model(self, name: str, model: type[ModelT]) -> ModelT | None:
        found = self.json(name)
        return None if found is None else self.checked(name, model, found)

    def checked(self, name: str, model: type[ModelT], value: object) -> ModelT:
        try:
            return model.model_validate(value)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise self.unreadable(name, f": {where + ': ' if where else ''}{first['msg']}") from error

    def unreadable(self, name: str, why: str) -> BundleUnreadable:
        return BundleUnreadable(f"{self.folder.name}/{name}{why}")


def _reading(files: _Files, secrets: Sequence[str]) -> tuple[Reading, Literal["events", "digest"] | None]:
    digest = files.json("digest.json")
    if digest is not None and not isinstance(digest, Mapping):
        raise files.unreadable("digest.json", " is not a preview's digest: no JSON object")
    events, whole = files.lines("events.ndjson")
    if events or not whole:
        reading = read_events(events, whole=whole, secrets=secrets)
        return (_with_dependencies(reading, read_dependencies(digest)) if digest else reading), "events"
    return (read_digest(digest, secrets), "digest") if isinstance(digest, Mapping) else (NOTHING, None)


def _with_dependencies(reading: Reading, known: Mapping[str, tuple[Dependencies, Dependencies]]) -> Reading:
    """The events' steps with what only the digest knows: what each resource is made from."""

    def side(state: State | None, told: Dependencies) -> State | None:
        if state is None or told is None:
            return state
        return replace(state, dependencies=told[0], property_dependencies=told[1])

    def enriched(step: Step) -> Step:
        old, new = known.get(step.urn, (None, None))
        return replace(step, old=side(step.old, old), new=side(step.new, new)) if old or new else step

    return replace(reading, steps=tuple(map(enriched, reading.steps)))


def _exit(files: _Files) -> int | None:
    """The command's exit code; None where nobody wrote it, as where the job was cut off."""
    text = files.text("exit").strip()
    try:
        return int(text) if text else None
    except ValueError as error:
        raise files.unreadable("exit", " is not a number") from error


def _effects(files: _Files) -> Mapping[str, Effects]:
    """By URN; the last line of a resource counts."""
    lines, _ = files.lines("effects.ndjson")
    return {told.urn: told for line in lines if (told := files.checked("effects.ndjson", Effects, line))}


def _pending(files: _Files) -> tuple[str, ...]:
    """The names of the resources with an operation that never ended. Source: `pulumi stack export`."""
    found = files.json("pending.json")
    if isinstance(found, Mapping):
        found = found.get("pending_operations") or []
    if found is not None and not isinstance(found, list):
        raise files.unreadable("pending.json", " is not a list of operations")
    resources = [item.get("resource") for item in found or [] if isinstance(item, Mapping)]
    urns = [item.get("urn") for item in resources if isinstance(item, Mapping)]
    return tuple(sorted(names.resource_name(str(urn)) for urn in urns if urn))
