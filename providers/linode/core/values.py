"""Values as an engine hands them over: every number a float, and objects for what is not known yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.output import Unknown


def is_unknown(value: object) -> bool:
    """Whether the value, or a part of it, is not known before the update has run."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(is_unknown(part) for part in value.values())
    return isinstance(value, (list, tuple)) and any(is_unknown(part) for part in value)


def as_id(value: object) -> object:
    """Ids as numbers all through: the `id` of a resource is a text."""
    if isinstance(value, list):
        return [as_id(each) for each in value]
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def nested(flat: Mapping[str, object]) -> dict[str, Any]:
    """`{"rules.inbound": 1}` as `{"rules": {"inbound": 1}}`."""
    made: dict[str, Any] = {}
    for key, value in flat.items():
        *outer, last = key.split(".")
        inner = made
        for part in outer:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return made


def whole_numbers(value: object) -> object:
    """The value with 3.0 as 3 all through; a key of a map that is null is the same as none."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: whole_numbers(part) for key, part in value.items() if part is not None}
    if isinstance(value, (list, tuple)):
        return [whole_numbers(part) for part in value]
    return value
