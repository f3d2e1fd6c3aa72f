"""The file of pins: read with one clear line for whatever is wrong with it, written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from providers.linode.api.connection import LOCAL_STACK
from providers.linode.api.errors import BadPins
from providers.linode.pins.pin import Pin
from providers.linode.project import PROJECT, local_folder

VERSION = 1


def default_path(stack: str, env: Mapping[str, str] | None = None) -> Path:
    """Where a stack's pins are: in `stacks/`, beside its settings; those of stack local in its ignored folder."""
    env = os.environ if env is None else env
    if stack == LOCAL_STACK:
        return local_folder(env) / f"pins.{stack}.json"
    return PROJECT / "stacks" / f"pins.{stack}.json"


@dataclass(frozen=True)
class PinFile:
    """The pins of one stack as they were read; `text` is None where there is no file yet."""

    path: Path
    pins: Mapping[str, Pin] = field(default_factory=dict)
    text: str | None = None

    @classmethod
    def read(cls, path: Path) -> PinFile:
        """The file as it is now. Raises BadPins, in one line, and changes nothing."""
        text = _text_of(path)
        return cls(path) if text is None else cls(path, _parse(text, path), text)

    def renamed(self, groups: Mapping[str, str]) -> PinFile:
        """With the pins of groups under their new names, by the old ones; a pin that stands there already stays."""
        moved = {
            f"{groups[group]}/{kind}" if group in groups else key: pin
            for key, pin in self.pins.items()
            for group, _, kind in [key.partition("/")]
        }
        return replace(self, pins={**moved, **{key: pin for key, pin in self.pins.items() if key in moved}})

    @property
    def name(self) -> str:
        """The path as people write it: from the project's folder."""
        return shown(self.path)

    def write(self, pins: Mapping[str, Pin]) -> PinFile:
        """Put other pins in the file's place, in one step; a file that would be the same is left alone.

        Raises BadPins when the file has changed since it was read, or can't be written.
        """
        text = render(pins)
        if text == self.text:
            return self
        if _text_of(self.path) != self.text:
            raise BadPins(f"{self.name} was changed by another program meanwhile. Next: run this again.")
        try:
            _replace(self.path, text)
        except OSError as error:
            raise BadPins(
                f"{self.name} can't be written ({error.strerror}). Next: see to its folder's permissions."
            ) from error
        return PinFile(self.path, dict(pins), text)


def render(pins: Mapping[str, Pin]) -> str:
    """The same text for the same pins: sorted, one value a line, so that a difference is easy to review."""
    content = {"version": VERSION, "pins": {key: pins[key].as_json() for key in sorted(pins)}}
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def shown(path: Path) -> str:
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else str(path)


def restoring(path: Path) -> str:
    """The command that brings the file back; "" for those that are never committed."""
    return f"git checkout -- {shown(path)}" if path.parent == PROJECT / "stacks" else ""


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadPins(
            f"{shown(path)} can't be read ({error.strerror}). Next: see to its permissions."
        ) from error
    except UnicodeDecodeError:
        raise _damaged(path, "it is not text") from None


def _parse(text: str, path: Path) -> dict[str, Pin]:
    if any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for line in text.splitlines()):
        raise BadPins(
            f"{shown(path)} has the marks of an unfinished merge. Next: take one side of each, or repin after "
            "taking one side whole."
        )
    try:
        content: object = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, str(error)) from None
    if not isinstance(content, dict) or not isinstance(content.get("pins"), dict):
        raise _damaged(path, "it has no pins")
    version = content.get("version")
    if version != VERSION:
        raise BadPins(
            f"{shown(path)} has version {version!r}, and this program knows {VERSION}. Nothing was changed. "
            "Next: use the program that wrote it, or remove the file to pick again."
        )
    return {str(key): _pin(str(key), value, path) for key, value in content["pins"].items()}


def _pin(key: str, value: object, path: Path) -> Pin:
    try:
        return Pin.model_validate(value)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join([key, *(str(part) for part in problem["loc"])])
        raise _damaged(path, f"{where}: {problem['msg']}") from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key} stands there twice")
        found[key] = value
    return found


def _damaged(path: Path, why: str) -> BadPins:
    todo = f"restore it ({restoring(path)}), or remove it" if restoring(path) else "remove it"
    return BadPins(
        f"{shown(path)} can't be understood: {why}. Nothing was changed. Next: {todo} to pick again."
    )


def _replace(path: Path, text: str) -> None:
    """Write beside it, see it on disk, then take its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".unfinished")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(unfinished, 0o644)
        os.replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(unfinished)
        raise
