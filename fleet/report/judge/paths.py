"""Which properties of a resource change: by the engine's own comparison, else by ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Literal, cast

from fleet.report import names
from fleet.report.judge import values
from fleet.report.model import Path, Value
from fleet.report.read.steps import UNKNOWN, Json, Step

_MISSING = object()
_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\.?([^.\[\]]+)')
Kind = Literal["add", "delete", "update"]


def changed_paths(step: Step) -> tuple[Path, ...]:
    """The changed inputs in the order of their paths; what a provider computes by itself is left out."""
    old: Json = step.old.inputs if step.old else {}
    new: Json = step.new.inputs if step.new else {}
    if step.op not in ("update", "replace"):
        return ()
    if step.detailed is not None:
        found = [_detailed(path, entry, old, new) for path, entry in step.detailed.items()]
    else:
        found = [_compared(path, kind, old, new) for path, kind in _differences("", old, new)]
        found += _secrets_named(step, {names.top_level(path.path) for path in found})
    mine = (path for path in found if names.top_level(path.path) not in names.COMPUTED)
    return tuple(sorted(mine, key=lambda path: _natural(path.path)))


def _natural(path: str) -> list[tuple[int, str]]:
    """`tags[2]` before `tags[10]`."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path)]


def _detailed(path: str, entry: tuple[str, bool], old: Json, new: Json) -> Path:
    kind, is_input = entry
    known: Kind = cast(Kind, kind) if kind in ("add", "delete", "update") else "update"
    before, after = at(old, path), at(new, path)
    if not is_input and before is _MISSING and after is _MISSING:
        hidden = Value(kind="hidden")
        return Path(path=path, kind=known, before=hidden, after=hidden)
    return _compared(path, known, old, new)


def _compared(path: str, kind: Kind, old: Json, new: Json) -> Path:
    before, after = at(old, path), at(new, path)
    return Path(
        path=path,
        kind=kind,
        before=values.shown(path, before, there=before is not _MISSING),
        after=values.shown(path, after, there=after is not _MISSING),
    )


def _secrets_named(step: Step, seen: set[str]) -> list[Path]:
    """Differing properties that compare the same: both sides are masked."""
    old: Json = step.old.inputs if step.old else {}
    new: Json = step.new.inputs if step.new else {}
    named = {*step.differing, *step.reasons} - seen
    return [_compared(path, "update", old, new) for path in named]


def _differences(prefix: str, old: object, new: object) -> Iterator[tuple[str, Kind]]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            path = _join(prefix, str(key))
            yield from _side(path, old.get(key, _MISSING), new.get(key, _MISSING))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else _MISSING
            after = new[index] if index < len(new) else _MISSING
            yield from _side(f"{prefix}[{index}]", before, after)
    else:
        yield prefix, "update"


def _side(path: str, before: object, after: object) -> Iterator[tuple[str, Kind]]:
    if before is _MISSING:
        yield path, "add"
    elif after is _MISSING:
        yield path, "delete"
    else:
        yield from _differences(path, before, after)


def differs_for_certain(old: object, new: object) -> bool:
    """Whether two values differ in a part that is known before the update."""
    if old == new or new == UNKNOWN:
        return False
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = sorted({*old, *new})
        return any(differs_for_certain(old.get(key, _MISSING), new.get(key, _MISSING)) for key in keys)
    if isinstance(old, list) and isinstance(new, list):
        pairs = zip_longest(old, new, fillvalue=_MISSING)
        return any(differs_for_certain(before, after) for before, after in pairs)
    return True


def _join(prefix: str, key: str) -> str:
    if re.search(r'[.\[\]"\s]', key):
        escaped = key.replace("\\", "\\\\").replace('"', '\\"')
        return f'{prefix}["{escaped}"]'
    return f"{prefix}.{key}" if prefix else key


def at(tree: object, path: str) -> object:
    """The value at a path, or a marker for none. A key that holds the whole path literally wins."""
    if isinstance(tree, Mapping) and path in tree:
        return tree[path]
    for match in _STEP.finditer(path):
        quoted, index, key = match.groups()
        name = quoted.replace('\\"', '"').replace("\\\\", "\\") if quoted is not None else key
        if index is not None:
            if not isinstance(tree, list) or int(index) >= len(tree):
                return _MISSING if tree != "[secret]" else tree
            tree = tree[int(index)]
        elif isinstance(tree, Mapping) and name in tree:
            tree = tree[name]
        else:
            return _MISSING if tree != "[secret]" else tree
    return tree


def is_missing(value: object) -> bool:
    return value is _MISSING
