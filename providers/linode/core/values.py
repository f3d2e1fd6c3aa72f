"""Values as an engine hands them over: every number a float, and objects for what is not known yet."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi.output import Unknown


def is_unknown(value: object) -> bool:
    """Whether the value, or a part of it, is not known before the update has run."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(is_unknown(part) for part in value.values())
    return isinstance(value, (list, tuple)) and any(is_unknown(part) for part in value)


def whole_numbers(value: object) -> object:
    """The value with 3.0 as 3 all through."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: whole_numbers(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [whole_numbers(part) for part in value]
    return value
