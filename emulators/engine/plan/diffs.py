"""Pure: what differs between two sets of properties, path by path.

A path is written as the engine writes it: ``tags.env``, ``list[0]``, ``["odd key"]``.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from emulators.engine.values import Properties, Secret, Value, same

Kind = Literal["add", "delete", "update"]
Path = list[str | int]
PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*$")


@dataclass(frozen=True)
class Difference:
    path: str
    kind: Kind

    @property
    def key(self) -> str:
        """The top-level property in which it is."""
        return str(parse_path(self.path)[0])


def differences(old: Properties, new: Properties) -> list[Difference]:
    """Every place at which new differs from old, deepest known place, sorted by path."""
    return sorted(_of_objects("", old, new), key=lambda difference: difference.path)


def _of_objects(prefix: str, old: Properties, new: Properties) -> Iterator[Difference]:
    for key in old.keys() | new.keys():
        path = _join(prefix, key)
        if key not in new:
            yield Difference(path, "delete")
        elif key not in old:
            yield Difference(path, "add")
        else:
            yield from _of_values(path, old[key], new[key])


def _of_values(path: str, old: Value, new: Value) -> Iterator[Difference]:
    old = old.value if isinstance(old, Secret) else old
    new = new.value if isinstance(new, Secret) else new
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _of_objects(path, old, new)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            if index >= len(new):
                yield Difference(f"{path}[{index}]", "delete")
            elif index >= len(old):
                yield Difference(f"{path}[{index}]", "add")
            else:
                yield from _of_values(f"{path}[{index}]", old[index], new[index])
    elif not same(old, new):
        yield Difference(path, "update")


def _join(prefix: str, key: str) -> str:
    if not PLAIN_KEY.match(key):
        escaped = key.replace('"', '\\"')
        return f'{prefix}["{escaped}"]'
    return f"{prefix}.{key}" if prefix else key


PART = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|\.?([^.\[\]]+)')


def parse_path(text: str) -> Path:
    """The parts of a path; ``*`` stays as it is. Raises ValueError."""
    parts: Path = []
    position = 0
    while position < len(text):
        match = PART.match(text, position)
        if match is None:
            raise ValueError(f"bad property path '{text}'")
        quoted, index, key = match.groups()
        if quoted is not None:
            parts.append(quoted.replace('\\"', '"'))
        elif index is not None:
            parts.append(index if index == "*" else int(index))
        else:
            parts.append(key)
        position = match.end()
    if not parts:
        raise ValueError("empty property path")
    return parts


def covers(pattern: Path, path: Path) -> bool:
    """Whether the pattern names the path or something that holds it, or is inside it."""
    return all(part in ("*", other) for part, other in zip(pattern, path, strict=False))


def with_ignored(inputs: Properties, old_inputs: Properties, ignored: Iterable[str]) -> Properties:
    """The inputs with what is to be ignored reset to the old inputs; a path that is none is no reason to stop."""
    for text in ignored:
        with contextlib.suppress(ValueError):
            inputs = reset(inputs, old_inputs, parse_path(text))
    return inputs


def reset(target: Value, source: Value, path: Path) -> Value:
    """Target with what is at the path taken from source, removed where source lacks it; secret where one of them is."""
    head, rest = path[0], path[1:]
    if isinstance(target, Secret) or isinstance(source, Secret):
        plain = [each.value if isinstance(each, Secret) else each for each in (target, source)]
        return Secret(reset(plain[0], plain[1], path))
    if isinstance(target, dict) and isinstance(source, dict):
        keys = list(dict.fromkeys([*target, *source])) if head == "*" else [str(head)]
        changed = dict(target)
        for key in keys:
            if rest and key in target:
                changed[key] = reset(target[key], source.get(key, {}), rest)
            elif not rest and key in source:
                changed[key] = source[key]
            elif not rest:
                changed.pop(key, None)
        return changed
    if isinstance(target, list) and isinstance(source, list):
        if head == "*" and not rest:
            return list(source)
        pairs = enumerate(zip(target, source, strict=False))
        changed_items = [
            (reset(item, former, rest) if rest else former) if head in ("*", index) else item
            for index, (item, former) in pairs
        ]
        return changed_items + target[len(source) :]
    return target
