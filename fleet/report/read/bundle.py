"""A bundle: the folder that the preview of one stack leaves behind.

    events.ndjson | digest.json   what the preview said; both: events, with the digest's dependencies
    effects.ndjson                what the provider said that its changes do
    exit, stderr.txt              how the command ended
    pending.json                  operations of an earlier run that never ended
    catalog.json, guards.json, pins.before.json, pins.after.json, meta.json

Every file is optional; a folder without events and digest is a preview that failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import ValidationError

from fleet.report import names
from fleet.report.errors import BundleUnreadable
from fleet.report.read import jsontext
from fleet.report.read.diagnosing import presentable
from fleet.report.read.digest import read_digest
from fleet.report.read.events import parse_lines, read_events
from fleet.report.read.files import Catalog, Effects, Frozen, Guards, Meta, Pins
from fleet.report.read.steps import Reading, State, Step

ModelT = TypeVar("ModelT", bound=Frozen)
LARGEST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Bundle:
    """Everything known of one stack's preview.

    form: which of the two was read; None when neither is there. unreadable: why nothing is known at all.
    effects: by URN, of the resources whose provider tells them.
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


def read_bundle(folder: Path, secrets: Sequence[str] = ()) -> Bundle:
    """The bundle in a folder; secrets are masked in messages. Raises BundleUnreadable, naming the file."""
    if not folder.is_dir():
        raise BundleUnreadable(f"{folder.name}: no such folder. Next: pass the folders that previews wrote.")
    reading, form = _reading(folder, secrets)
    meta = _model(folder, "meta.json", Meta) or Meta()
    return Bundle(
        stack=meta.stack or reading.stack or folder.resolve().name,
        reading=reading,
        form=form,
        exit=_exit(folder, reading, form),
        effects=_effects(folder),
        stderr=presentable(_text(folder, "stderr.txt") or "", secrets),
        pending=_pending(folder),
        catalog=_model(folder, "catalog.json", Catalog),
        guards=_model(folder, "guards.json", Guards),
        pins_before=_model(folder, "pins.before.json", Pins) or Pins(),
        pins_after=_model(folder, "pins.after.json", Pins) or Pins(),
        meta=meta,
    )


def _reading(folder: Path, secrets: Sequence[str]) -> tuple[Reading, Literal["events", "digest"] | None]:
    digest = _json(folder, "digest.json")
    if digest is not None and not isinstance(digest, Mapping):
        raise BundleUnreadable(f"{folder.name}/digest.json is not a preview's digest: no JSON object")
    told = read_digest(digest, secrets) if isinstance(digest, Mapping) else None
    lines = _text(folder, "events.ndjson")
    if lines is not None and lines.strip():
        try:
            events, whole = parse_lines(lines)
        except BundleUnreadable as error:
            raise BundleUnreadable(f"{folder.name}/events.ndjson: {error}") from error
        reading = read_events(events, whole=whole, secrets=secrets)
        return (_with_dependencies(reading, told) if told else reading), "events"
    if told:
        return told, "digest"
    return Reading(steps=(), complete=False, succeeded=False), None


def _with_dependencies(reading: Reading, told: Reading) -> Reading:
    """The events' steps with what only the digest knows: what each resource is made from."""
    known = {step.urn: step for step in told.steps}
    return replace(reading, steps=tuple(_enriched(step, known.get(step.urn)) for step in reading.steps))


def _enriched(step: Step, other: Step | None) -> Step:
    if other is None:
        return step
    return replace(step, old=_side(step.old, other.old), new=_side(step.new, other.new))


def _side(state: State | None, other: State | None) -> State | None:
    if state is None or other is None:
        return state
    return replace(state, dependencies=other.dependencies, property_dependencies=other.property_dependencies)


def _exit(folder: Path, reading: Reading, form: str | None) -> int:
    """The command's exit code; without one, what the preview said of its own success."""
    text = _text(folder, "exit")
    if text is not None and text.strip():
        try:
            return int(text.strip())
        except ValueError as error:
            raise BundleUnreadable(f"{folder.name}/exit is not a number") from error
    broken = form is None or any(item.severity == "error" for item in reading.diagnostics)
    return 1 if broken or reading.succeeded is False else 0


def _effects(folder: Path) -> Mapping[str, Effects]:
    """The last line of a resource counts. One that is cut off at the end is what a killed run left."""
    found: dict[str, Effects] = {}
    lines = (_text(folder, "effects.ndjson") or "").strip().split("\n")
    for number, line in enumerate(lines, 1):
        try:
            told = Effects.model_validate(jsontext.loads(line)) if line.strip() else None
        except ValidationError as error:
            raise BundleUnreadable(f"{folder.name}/effects.ndjson: line {number} tells no effects") from error
        except ValueError as error:
            if number == len(lines):
                break
            raise BundleUnreadable(f"{folder.name}/effects.ndjson: line {number} is not JSON") from error
        if told:
            found[told.urn] = told
    return found


def _pending(folder: Path) -> tuple[str, ...]:
    """The names of the resources with an operation that never ended. Source: `pulumi stack export`."""
    found = _json(folder, "pending.json")
    if isinstance(found, Mapping):
        found = found.get("pending_operations") or []
    if found is None:
        return ()
    if not isinstance(found, list):
        raise BundleUnreadable(f"{folder.name}/pending.json is not a list of operations")
    resources = [item.get("resource") for item in found if isinstance(item, Mapping)]
    urns = [item.get("urn") for item in resources if isinstance(item, Mapping)]
    return tuple(sorted(names.resource_name(str(urn)) for urn in urns if urn))


def _model(folder: Path, name: str, model: type[ModelT]) -> ModelT | None:
    found = _json(folder, name)
    if found is None:
        return None
    try:
        return model.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"{folder.name}/{name}: {where + ': ' if where else ''}{first['msg']}"
        raise BundleUnreadable(message) from error


def _json(folder: Path, name: str) -> object:
    text = _text(folder, name)
    if text is None:
        return None
    try:
        return jsontext.loads(text)
    except ValueError as error:
        raise BundleUnreadable(f"{folder.name}/{name} is not JSON") from error


def _text(folder: Path, name: str) -> str | None:
    path = folder / name
    if not path.exists():
        return None
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise BundleUnreadable(f"{folder.name}/{name} is larger than {LARGEST_BYTES >> 20} MB")
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BundleUnreadable(f"{folder.name}/{name}: {error.strerror or 'unreadable'}") from error
