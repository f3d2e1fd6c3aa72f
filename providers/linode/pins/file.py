"""The file of pins: read with one clear line for whatever is wrong with it, written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
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
    """The pins of one stack as they were read; `text` is None where there is no file yet.

    `begun`: the groups that a run began to make or to rename, and didn't finish, each with its name before, None where
    it is new. `replaced`: the pins that such a run replaced, by other criteria. `former`: what else the servers of a
    group may be called in the state.
    """

    path: Path
    pins: Mapping[str, Pin] = field(default_factory=dict)
    text: str | None = None
    begun: Mapping[str, str | None] = field(default_factory=dict)
    replaced: Mapping[str, Pin] = field(default_factory=dict)
    former: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> PinFile:
        """The file as it is now. Raises BadPins, in one line, and changes nothing."""
        text = _text_of(path)
        return cls(path) if text is None else _parse(text, path)

    def renamed(self, renames: Mapping[str, str], groups: Collection[str]) -> PinFile:
        """With pins for the settings' `groups` under the names that they have now, beside those that there are.

        `renames`: new names by the old ones. One that was begun goes on, or back to the old name, whichever of the two
        is in the settings. A pin that stands there already stays.
        """
        begun = {**self.begun, **{new: old for old, new in renames.items()}}
        former = {group: _former(group, begun, groups) for group in groups}
        copies = {
            f"{group}/{key.partition('/')[2]}": pin
            for group, names in former.items()
            for name in reversed(names)
            for key, pin in self.pins.items()
            if group_of(key) == name
        }
        there = set(map(group_of, self.pins))
        begun = {new: old for new, old in begun.items() if new in self.begun or old in there}
        return replace(self, pins={**copies, **self.pins}, begun=begun, former=former)

    @property
    def name(self) -> str:
        """The path as people write it: from the project's folder."""
        return shown(self.path)

    def write(self, pins: Mapping[str, Pin]) -> PinFile:
        """Put other pins in the file's place, in one step; a file that would be the same is left alone.

        Raises BadPins when the file has changed since it was read, or can't be written.
        """
        text = render(pins, self.begun, self.replaced)
        if text == self.text:
            return replace(self, pins=dict(pins))
        if _text_of(self.path) != self.text:
            raise BadPins(f"{self.name} was changed by another program meanwhile. Next: run this again.")
        try:
            _replace(self.path, text)
        except OSError as error:
            raise BadPins(
                f"{self.name} can't be written ({error.strerror}). Next: see to its folder's permissions."
            ) from error
        return replace(self, pins=dict(pins), text=text)


def group_of(key: str) -> str:
    """The group of a pin's key."""
    return key.partition("/")[0]


def _former(group: str, begun: Mapping[str, str | None], groups: Collection[str]) -> list[str]:
    """The names that lead to a group by renames in either direction, the nearest first, without those of others."""
    found = [group]
    for name in found:
        near = [begun.get(name), *(new for new, old in begun.items() if old == name)]
        found += [each for each in near if each and each not in found and each not in groups]
    return found[1:]


def render(
    pins: Mapping[str, Pin],
    begun: Mapping[str, str | None] | None = None,
    replaced: Mapping[str, Pin] | None = None,
) -> str:
    """The same text for the same pins: sorted, one value a line, so that a difference is easy to review."""
    content: dict[str, object] = {"version": VERSION, "pins": {key: pins[key].as_json() for key in pins}}
    content |= {"begun": dict(begun)} if begun else {}
    content |= {"replaced": {key: replaced[key].as_json() for key in replaced}} if replaced else {}
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


def _parse(text: str, path: Path) -> PinFile:
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
    begun, replaced = content.get("begun", {}), content.get("replaced", {})
    if not isinstance(begun, dict) or not all(isinstance(old, str | None) for old in begun.values()):
        raise _damaged(path, "`begun` is no map of names")
    if not isinstance(replaced, dict):
        raise _damaged(path, "`replaced` is no map of pins")
    pins, before = (
        {str(key): _pin(str(key), value, path) for key, value in each.items()}
        for each in (content["pins"], replaced)
    )
    return PinFile(path, pins, text, begun, before)


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
            raise ValueError(f"{key} is given twice")
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
