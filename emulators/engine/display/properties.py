"""Pure: property values and their differences as lines of text, aligned as the real command line does."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from emulators.engine.plan.diffs import Difference, Kind, Path, parse_path
from emulators.engine.values import UNKNOWN, Properties, Secret, Value, mapped, same

INTERNAL = "__"
"""What the names of properties begin with that are never shown."""


def scalar(value: Value) -> str | None:
    """The value on one line, None for one that takes several."""
    if isinstance(value, Secret) or (isinstance(value, list) and any(isinstance(v, Secret) for v in value)):
        return "[secret]"
    if value is UNKNOWN:
        return "[unknown]"
    if value is None:
        return "<null>"
    if value == {}:
        return "{}"
    if value == []:
        return "[]"
    if isinstance(value, (dict, list)):
        return None
    return json.dumps(value, ensure_ascii=False)


def value_lines(label: str, value: Value, indent: str, mark: str = " ", inner: str = "") -> list[str]:
    """``label: value``, over several lines for lists and objects; `inner` stands behind the mark."""
    lead, end = f"{indent}{mark} {inner}", f"{indent}  {inner}"
    text = scalar(value)
    if text is not None:
        return [f"{lead}{label}: {text}"]
    deeper = inner + "    "
    if isinstance(value, dict):
        return [f"{lead}{label}: {{", *property_lines(value, indent, mark, deeper), f"{end}}}"]
    lines = []
    for place, item in enumerate(value):
        lines.extend(value_lines(f"[{place}]", item, indent, mark, deeper))
    return [f"{lead}{label}: [", *lines, f"{end}]"]


def property_lines(properties: Properties, indent: str, mark: str = " ", inner: str = "") -> list[str]:
    """All properties, sorted, their colons aligned; those that are hidden count."""
    shown = {key: value for key, value in sorted(properties.items()) if not key.startswith(INTERNAL)}
    width = max(map(len, properties), default=0)
    lines = []
    for key, value in shown.items():
        lines.extend(value_lines(key.ljust(width), value, indent, mark, inner))
    return lines


def diff_lines(old: Properties, new: Properties, indent: str) -> list[str]:
    """New over old, with ``+``, ``-`` and ``~`` before what people see a difference in."""
    keys = sorted(key for key in old.keys() | new.keys() if not key.startswith(INTERNAL))
    width = max(map(len, keys), default=0)
    lines = []
    for key in keys:
        label = key.ljust(width)
        if key not in new:
            lines.extend(value_lines(label, old[key], indent, "-"))
        elif key not in old:
            lines.extend(value_lines(label, new[key], indent, "+"))
        elif shown_alike(old[key], new[key]):
            lines.extend(value_lines(label, new[key], indent))
        else:
            lines.extend(_changed_lines(label, old[key], new[key], indent))
    return lines


def told_lines(old: Properties, new: Properties, told: Iterable[Difference]) -> list[str]:
    """The differences that are told and no more, also where people see none: of two secrets.

    What is told of a whole goes before what is told of its parts; ``*`` is the whole.
    """
    tree: dict[str | int, Any] = {}
    for parts, kind in sorted(map(_place, told), key=lambda each: len(each[0])):
        place: Any = tree
        for part in parts[:-1]:
            place = place.setdefault(part, {}) if isinstance(place, dict) else place
        if isinstance(place, dict):
            place.setdefault(parts[-1], kind)
    shown = {key: each for key, each in tree.items() if not str(key).startswith(INTERNAL)}
    return list(_tree_lines(shown, old, new, ""))


def _place(told: Difference) -> tuple[Path, Kind]:
    parts = parse_path(told.path)
    return (parts[: parts.index("*", 1)], "update") if "*" in parts[1:] else (parts, told.kind)


def _tree_lines(tree: Mapping[Any, Any], old: Value, new: Value, indent: str) -> Iterator[str]:
    """A place has a kind of difference, or a tree of its own."""
    names = {key: f"[{key}]" if isinstance(key, int) else key for key in sorted(tree, key=_rank)}
    width = max((len(key) for key in tree if isinstance(key, str)), default=0)
    for key, name in names.items():
        before, after, label = _part(old, key), _part(new, key), name.ljust(width)
        match tree[key]:
            case "add":
                yield from value_lines(label, after, indent, "+")
            case "delete":
                yield from value_lines(label, before, indent, "-")
            case "update":
                yield from _changed_lines(label, before, after, indent)
            case deeper:
                ends = "[]" if all(isinstance(part, int) for part in deeper) else "{}"
                inner = indent + "    " * (isinstance(key, int))
                yield f"{indent}~ {label}: {ends[0]}"
                yield from _tree_lines(deeper, before, after, inner + "    ")
                yield f"{inner}  {ends[1]}"


def _rank(key: str | int) -> tuple[bool, str | int]:
    """Numbers before names."""
    return isinstance(key, str), key


def _part(value: Value, key: str | int) -> Value:
    """What is there; within a secret, or what is not known yet, that as a whole."""
    if isinstance(value, list):
        return value[key] if isinstance(key, int) and key < len(value) else None
    return value.get(str(key)) if isinstance(value, dict) else value


def _changed_lines(label: str, old: Value, new: Value, indent: str) -> list[str]:
    before, after = scalar(old), scalar(new)
    if before is not None and after is not None:
        return [f"{indent}~ {label}: {before} => {after}"]
    if isinstance(old, dict) and isinstance(new, dict):
        return [f"{indent}~ {label}: {{", *diff_lines(old, new, indent + "    "), f"  {indent}}}"]
    if isinstance(old, list) and isinstance(new, list):
        inner = diff_lines(_numbered(old), _numbered(new), indent + "    ")
        return [f"{indent}~ {label}: [", *inner, f"  {indent}]"]
    return [*value_lines(label, old, indent, "-"), *value_lines(label, new, indent, "+")]


def _numbered(items: list[Value]) -> Properties:
    width = len(str(len(items)))
    return {f"[{place:>{width}}]": item for place, item in enumerate(items)}


def shown_alike(old: Value, new: Value) -> bool:
    """Whether people see no difference: two secrets look the same."""
    return same(_hidden(old), _hidden(new))


def _hidden(value: Value) -> Value:
    return mapped(value, lambda leaf: "[secret]" if isinstance(leaf, Secret) else leaf)


def short_diff(
    old: Properties,
    new: Properties,
    detailed: tuple[Difference, ...] | None,
    also: Iterable[str] = (),
    hidden: Collection[str] = (),
) -> str:
    """``[diff: +a-b~c,d]``: which top-level properties differ and are not hidden; "" when none is seen to."""
    marks = {"add": "+", "delete": "-"}
    if detailed:
        whole = {change.path for change in detailed if parse_path(change.path) == [change.key]}
        marked = {(marks.get(c.kind, "~") if c.path in whole else "~", c.key) for c in detailed}
    else:
        marked = {("-" if key not in new else "+", key) for key in old.keys() ^ new.keys()}
        both = old.keys() & new.keys()
        marked |= {("~", key) for key in both if not shown_alike(old[key], new[key])}
    marked |= {("~", key) for key in also}
    by_mark = [
        (mark, sorted(key for of, key in marked if of == mark and key not in hidden)) for mark in "+-~"
    ]
    parts = [mark + ",".join(keys) for mark, keys in by_mark if keys]
    return f"[diff: {''.join(parts)}]" if parts else ""
