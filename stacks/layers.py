"""Settings in layers: what all environments share, then one environment's own; each value with its place.

Order: defaults of the model < stacks/common.yaml < the stack's file. Maps merge, lists and single values replace,
null removes, but where it is a value (`running`). Pure but for reading the files.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path

import yaml

from providers.linode.nearest import did_you_mean
from stacks.errors import BadSettings

PROJECT_SPACE = "fleet:"
LINODE_SPACE = "linode:"
Path_ = tuple[str | int, ...]
NULL_IS_A_VALUE = frozenset({"running"})
"""Settings of a group of servers."""

SECRET = "[secret]"  # noqa: S105 - stands where a secret was
"""Stands for an encrypted value: what is in it is nobody's business here."""


class _AsEngines(yaml.SafeLoader):
    """YAML as the engines read a stack's file: `12:30`, `yes` and `=` are texts, `1e3` is a number, a day a text."""


_TAG = "tag:yaml.org,2002:"
_PLAIN = {
    "bool": "true|True|TRUE|false|False|FALSE",
    "int": "[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)",
    "float": r"[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?",
    "timestamp": (
        r"(?P<day>\d{4}-\d\d?-\d\d?)"
        r"([Tt](?P<time>\d\d?:\d\d?:\d\d?(\.\d+)?)(?P<zone>Z|[-+]\d\d:\d\d)| (?P<utc>\d\d?:\d\d?:\d\d?(\.\d+)?))?"
    ),
}
_AsEngines.yaml_implicit_resolvers = {
    start: [(tag, pattern) for tag, pattern in resolvers if tag.removeprefix(_TAG) not in (*_PLAIN, "value")]
    for start, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _kind, _pattern in _PLAIN.items():
    _AsEngines.add_implicit_resolver(_TAG + _kind, re.compile(f"({_pattern})$"), list("tTfF-+.0123456789"))

_LARGEST_WHOLE = 1e21
"""From here on an engine writes a number with an exponent."""


def _integer(loader: _AsEngines, node: yaml.ScalarNode) -> int | float | str:
    """As a float where it is larger than 64 bits; the text where it is no number after all."""
    text = str(node.value).replace("_", "").replace("0o", "0")
    try:
        found = int(loader.construct_yaml_int(yaml.ScalarNode(node.tag, text)))
    except ValueError:  # 089 is not octal, and 0x_ is none at all
        if not text.lstrip("+-").isdigit():
            return str(node.value)
        found = int(text)
    return found if -(2**63) <= found < 2**64 else _whole(float(found))


def _float(loader: _AsEngines, node: yaml.ScalarNode) -> int | float | str:
    """A number, or the text where it is larger than any."""
    found = float(loader.construct_yaml_float(node))
    return str(node.value) if math.isinf(found) else _whole(found)


def _whole(number: float) -> int | float:
    """Without a fraction where it has none."""
    return int(number) if number.is_integer() and abs(number) < _LARGEST_WHOLE else number


def _moment(_: _AsEngines, node: yaml.ScalarNode) -> str:
    """`2029-01-01`, or `2029-01-01T10:00:00+02:00`; what only looks like one stays as it is."""
    text = str(node.value)
    found = re.fullmatch(_PLAIN["timestamp"], text)
    assert found is not None  # noqa: S101 - for the type checker: it was resolved by this pattern
    try:
        clock, _dot, fraction = (found["time"] or found["utc"] or "0:0:0").partition(".")
        moment = datetime.strptime(f"{found['day']} {clock}", "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return text
    return moment_text(moment, fraction, (found["zone"] or "Z").replace("Z", "+00:00"))


def moment_text(moment: datetime, fraction: str, zone: str) -> str:
    """A moment as settings have it, whoever read it: midnight of UTC is the day."""
    fraction = fraction.rstrip("0")
    if zone == "+00:00" and moment.time() == time() and not fraction:
        return f"{moment:%Y-%m-%d}"
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction and '.' + fraction}{zone}"


for _kind, _construct in {"int": _integer, "float": _float, "timestamp": _moment}.items():
    _AsEngines.add_constructor(_TAG + _kind, _construct)

_GO_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d+))? ([+-]\d\d)(\d\d) \S+")
"""2029-01-01 00:00:00 +0000 UTC: what an engine makes of a date that has no quotes."""


def decoded(value: object) -> object:
    """A value of the top, as it stands in a file or as engines hand it over: lists and maps as JSON texts, numbers and
    truths as their words, nothing as an empty text, dates as Go writes a time. So quotes around a number say nothing
    there.
    """
    if value == "":
        return None
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        found = value
    return _without_go(value if isinstance(found, float) and not math.isfinite(found) else found)


def _without_go(value: object) -> object:
    """Go's texts of times as moments, keys too."""
    if isinstance(value, dict):
        return {_go_free(key): _without_go(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_go(part) for part in value]
    return _go_free(value) if isinstance(value, str) else value


def _go_free(text: str) -> str:
    if (found := _GO_TIME.fullmatch(text)) is None:
        return text
    moment = datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S")
    return moment_text(moment, found[2] or "", f"{found[3]}:{found[4]}")


MOST_VALUES = 100_000
"""Of one file, with what its aliases repeat."""

ENVIRONMENTS = "environments"
TOP = ("config", "encryptionsalt", "secretsprovider", "encryptedkey", "environment", ENVIRONMENTS)
"""What may stand at the top of a file: what engines know, and in common.yaml the list of what is deployed."""


@dataclass(frozen=True)
class Place:
    """Where a value stands: a file, shown relative to the project, and a line from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Layer:
    """One file's values under full names ("fleet:servers"), and the place of each key path."""

    values: Mapping[str, object]
    places: Mapping[Path_, Place] = field(default_factory=dict)

    def place_of(self, path: Path_) -> Place | None:
        """The place of a key path, or of the nearest thing around it."""
        return next(
            (self.places[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.places), None
        )

    def changed_at(self, path: Path_) -> Place | None:
        """The place of a key path; where a later file changes a part of a map, the last place of these."""
        whole = self.place_of(path)
        inside = [place for each, place in self.places.items() if each[: len(path)] == path]
        return inside[-1] if whole and inside and inside[-1].file != whole.file else whole


def read_layer(file: Path, shown: str) -> Layer:
    """The `config` of one file; an empty layer if there is no such file.

    Raises BadSettings for broken YAML, for a key that is given twice, which engines refuse too, and for what is no
    map of settings: nothing would be left of them, guards included.
    """
    if not file.exists():
        return Layer({})
    try:
        document, lines = read_text(file.read_text(encoding="utf-8"), shown)
    except UnicodeDecodeError:
        raise BadSettings(f"{shown}: it is not UTF-8 text. Next: save it as such.") from None
    if not isinstance(document, dict):
        what = "it is empty" if document is None else "it is no map"
        raise BadSettings(f"{shown}: {what}. Next: write the settings under `config:`, or remove the file.")
    at = {path[0]: line for path, line in lines if len(path) == 1}
    for key in (str(key) for key in document if key not in TOP):
        place, near = Place(shown, at.get(key, 1)), did_you_mean(key, TOP)
        raise BadSettings(f"{place}: no such key: {key}{near}. Next: settings stand under `config:`.")
    values = document.get("config")
    if values is None:
        return Layer({})
    if not isinstance(values, dict):
        raise BadSettings(f"{shown}: `config` must be a map of settings. Next: correct it.")
    places = {
        (full_name(str(path[1])), *path[2:]): Place(shown, line)
        for path, line in lines
        if path[:1] == ("config",) and len(path) > 1
    }
    return Layer(dict(_value(full_name(_word(key)), value) for key, value in values.items()), places)


def _value(key: str, value: object) -> tuple[str, object]:
    """The key, and its value as it arrives at the program."""
    kept = without_secrets(value)
    return key, decoded(kept) if key.startswith(PROJECT_SPACE) else kept


def read_text(text: str, shown: str) -> tuple[object, list[tuple[Path_, int]]]:
    """A file's document, and every key path of it with its line. Raises BadSettings as `read_layer` does."""
    try:
        loader = _AsEngines(text)
        root = loader.get_single_node()
        _require_small(root, shown)
        lines = list(_lines(root, shown))
        document = None if root is None else loader.construct_document(root)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or "it can't be read"
        raise BadSettings(f"{shown}{line}: not valid YAML: {what}. Next: correct it.") from None
    return document, lines


def _require_small(root: yaml.Node | None, shown: str) -> None:
    """Aliases of aliases make a short file endless; so does one that has itself in it. Raises BadSettings."""
    waiting, seen = [root] if root else [], 0
    while waiting:
        node, seen = waiting.pop(), seen + 1
        if seen > MOST_VALUES:
            raise BadSettings(f"{shown}: its aliases make too much of it. Next: write out what they repeat.")
        if isinstance(node, yaml.MappingNode):
            waiting += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def full_name(key: str) -> str:
    """A key with its namespace: the project's where it was written without one, as for the engines."""
    return key if ":" in key else f"{PROJECT_SPACE}{key}"


def _lines(node: yaml.Node | None, shown: str, path: Path_ = ()) -> Iterator[tuple[Path_, int]]:
    """Every key path of a document, with the line of its key.

    Raises BadSettings for the first key that a map has twice: YAML would take the last one.
    """
    entries: list[tuple[str | int, yaml.Node, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        entries = [(str(key.value), key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        entries = [(number, value, value) for number, value in enumerate(node.value)]
    seen: dict[str | int, int] = {}
    for name, at, value in entries:
        line = at.start_mark.line + 1
        if name in seen:
            raise BadSettings(
                f"{shown}:{line}: {dotted((*path, name))} is given twice, first in line {seen[name]}. "
                "Next: remove one of them."
            )
        seen[name] = line
        yield (*path, name), line
        yield from _lines(value, shown, (*path, name))


def without_secrets(value: object, instead: str = SECRET) -> object:
    """The value with something else for everything encrypted in it."""
    if isinstance(value, dict):
        inner = {_word(key): without_secrets(part, instead) for key, part in value.items()}
        return instead if set(value) == {"secure"} else inner
    return [without_secrets(part, instead) for part in value] if isinstance(value, list) else value


def _word(key: object) -> str:
    """A key as engines hand it over."""
    if key is None:
        return "<nil>"
    return str(key).lower() if isinstance(key, bool) else str(key)


def merge(layers: list[Layer]) -> Layer:
    """One layer over another, the last one wins; each value keeps the place that gave it."""
    values: dict[str, object] = {}
    places: dict[Path_, Place] = {}
    for layer in layers:
        for key, value in layer.values.items():
            _merge_into(values, key, value, (key,), layer, places)
    return Layer(values, places)


def _merge_into(
    target: dict[str, object], key: str, value: object, path: Path_, layer: Layer, places: dict[Path_, Place]
) -> None:
    there = target.get(key)
    if isinstance(value, dict) and isinstance(there, dict):
        merged = dict(there)
        for inner, part in value.items():
            _merge_into(merged, inner, part, (*path, inner), layer, places)
        target[key] = merged
        return
    for old in [old for old in places if old[: len(path)] == path]:
        del places[old]
    if value is None and key not in NULL_IS_A_VALUE:
        target.pop(key, None)
        return
    target[key] = _without_nulls(value)
    places.update({new: place for new, place in layer.places.items() if new[: len(path)] == path})


def _without_nulls(value: object) -> object:
    """Null removes in maps that no layer below has, too."""
    if not isinstance(value, dict):
        return value
    kept = {key: part for key, part in value.items() if part is not None or key in NULL_IS_A_VALUE}
    return {key: _without_nulls(part) for key, part in kept.items()}


def leaves(value: object, path: Path_ = ()) -> Iterator[tuple[Path_, object]]:
    """Every single value, and every list as a whole, with its key path."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from leaves(part, (*path, str(key)))
    else:
        yield path, value


def dotted(path: Path_) -> str:
    """A key path as people write it: fleet:servers.web.count."""
    return ".".join(str(part) for part in path)
