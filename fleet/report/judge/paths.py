"""Which properties of a resource change, by the engine's own comparison, else by ours; and how values are shown."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import zip_longest
from typing import cast

from fleet.report import names
from fleet.report.model import Path, PathKind, Value
from fleet.report.read.steps import SECRET, UNKNOWN, Json, Step

MISSING = object()
"""In place of a value where there is none: `None` is one."""

LONGEST = 2000
ABSENT = Value(kind="absent")
_AS_JSON = json.JSONEncoder(ensure_ascii=False).encode
_STEP = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\.?([^.\[\]]+)')


def changed_paths(step: Step) -> tuple[Path, ...]:
    """The changed inputs in the order of their paths; what a provider computes by itself is left out.

    Of a new resource all inputs, so that a plan with other inputs is another plan.
    """
    old: Json = step.old.inputs if step.old else {}
    new: Json = step.new.inputs if step.new else {}
    if step.op == "create":
        found = [_path(key, "add", MISSING, value) for key, value in new.items() if value is not None]
    elif step.op not in ("update", "replace"):
        return ()
    elif step.detailed is not None:
        found = [_detailed(path, entry, old, new) for path, entry in step.detailed.items()]
    else:
        found = [_path(*difference) for difference in _differences("", old, new)]
        # Differing properties that compare the same: both sides are masked.
        named = {*step.differing, *step.reasons} - {names.top_level(path.path) for path in found}
        found += [_path(path, "update", at(old, path), at(new, path)) for path in named]
    mine = (path for path in found if names.top_level(path.path) not in names.COMPUTED)
    return tuple(sorted(mine, key=lambda path: names.natural(path.path)))


def _detailed(path: str, entry: tuple[str, bool], old: Json, new: Json) -> Path:
    kind, is_input = entry
    known = cast(PathKind, kind) if kind in ("add", "delete", "update") else "update"
    before, after = at(old, path), at(new, path)
    if not is_input and before is MISSING and after is MISSING:
        hidden = Value(kind="hidden")
        return Path(path=path, kind=known, before=hidden, after=hidden)
    return _path(path, known, before, after)


def _path(path: str, kind: PathKind, before: object, after: object) -> Path:
    """A kind that the values contradict is that of the way back: of drift an engine compares with what is declared."""
    if (before is MISSING) != (after is MISSING):
        kind = "add" if before is MISSING else "delete"
    return Path(path=path, kind=kind, before=shown(path, before), after=shown(path, after))


def _differences(path: str, old: object, new: object) -> Iterator[tuple[str, PathKind, object, object]]:
    if old == new:
        return
    if old is MISSING or new is MISSING:
        yield path, "add" if old is MISSING else "delete", old, new
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _differences(_join(path, str(key)), old.get(key, MISSING), new.get(key, MISSING))
    elif isinstance(old, list) and isinstance(new, list):
        for index, (before, after) in enumerate(zip_longest(old, new, fillvalue=MISSING)):
            yield from _differences(f"{path}[{index}]", before, after)
    else:
        yield path, "update", old, new


def differs_for_certain(old: object, new: object) -> bool:
    """Whether two values differ in a part that is known before the update."""
    return any(after != UNKNOWN for _, _, _, after in _differences("", old, new))


def _join(prefix: str, key: str) -> str:
    if re.search(r'[.\[\]"\s]', key):
        escaped = key.replace("\\", "\\\\").replace('"', '\\"')
        return f'{prefix}["{escaped}"]'
    return f"{prefix}.{key}" if prefix else key


def at(tree: object, path: str) -> object:
    """The value at a path, or MISSING. A key that holds the whole path literally wins; all of a secret is one."""
    if isinstance(tree, Mapping) and path in tree:
        return tree[path]
    for quoted, index, key in _STEP.findall(path):
        name = quoted.replace('\\"', '"').replace("\\\\", "\\") or key
        if tree == SECRET:
            break
        if index:
            tree = tree[int(index)] if isinstance(tree, list) and int(index) < len(tree) else MISSING
        else:
            tree = tree.get(name, MISSING) if isinstance(tree, Mapping) else MISSING
    return tree


def shown(path: str, value: object) -> Value:
    """How a property's value is shown; a secret property is a secret even if the preview has it in clear."""
    if value is MISSING or value is None:
        return ABSENT
    if value == UNKNOWN:
        return Value(kind="unknown")
    if names.is_secret(path) or value == SECRET:
        return Value(kind="secret")
    return Value(kind="text", text=as_text(value))


def as_text(value: object) -> str:
    """Texts as they are, whole numbers without a point, the rest as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _written(value)


def _written(value: object) -> str:
    """JSON, but for the parts without a value: a secret's is a token, an unknown one's is no JSON at all.

    So nothing that a program writes looks like it, and what stands beside it still counts.
    """
    if value == UNKNOWN:
        return "(known after apply)"
    if isinstance(value, dict):
        return "{" + ",".join([_entry(str(key), value[key]) for key in sorted(value, key=str)]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([_written(part) for part in value]) + "]"
    return _AS_JSON(value)


def _entry(key: str, value: object) -> str:
    return f"{_quoted(key)}:{_written(SECRET if names.is_secret(key) else value)}"


@lru_cache(maxsize=names.NAMES)
def _quoted(key: str) -> str:
    return _AS_JSON(key)


def shortened(text: str) -> str:
    """A long text's ends, with a hash of the whole between them, so that two texts never look the same."""
    if len(text) <= LONGEST:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    half = (LONGEST - 60) // 2
    return f"{text[:half]}…({len(text)} characters, {digest})…{text[-half:]}"
