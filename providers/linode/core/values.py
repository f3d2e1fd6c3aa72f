"""Values as an engine hands them over: every number a float, and objects for what is not known yet."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

LARGEST = 2**53
"""The largest whole number that survives as an engine's float."""

DEEPEST = 20
"""Levels that a value may have: the API has six, the SDK's messages 32, and Python's limit is a traceback."""
TOO_DEEP = f"has more than {DEEPEST} levels"

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def is_too_deep(value: object) -> bool:
    """Whether lists and maps stand inside each other so often that nothing can walk through them."""
    level: list[object] = [value]
    for _ in range(DEEPEST):
        inner: list[object] = []
        for part in level:
            inner += (
                part.values()
                if isinstance(part, Mapping)
                else part
                if isinstance(part, (list, tuple))
                else ()
            )
        level = inner
    return bool(level)


def lone_surrogate(text: str) -> str:
    """The first half of a character in it, which no text on the wire can hold; empty where there is none."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return text[error.start]
    return ""


def duration(text: str) -> timedelta | None:
    """`90s`, `15m`, `1h30m`, `14d` as people write them, each unit once; None for anything else."""
    parts = re.findall(r"([0-9]{1,7})([smhd])", text)
    if not parts or "".join(f"{count}{unit}" for count, unit in parts) != text:
        return None
    if len({unit for _, unit in parts}) < len(parts):
        return None
    return sum((timedelta(**{UNITS[unit]: int(count)}) for count, unit in parts), timedelta())


def is_unknown(value: object) -> bool:
    """Whether the value, or a part of it, is not known before the update has run."""
    if value is None or type(value) in (str, bool, int, float):
        return False
    from pulumi.output import Unknown  # here: a command that only reads states does without the SDK's 0.1 s

    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(is_unknown(part) for part in value.values())
    return isinstance(value, (list, tuple)) and any(is_unknown(part) for part in value)


def unknown_for(value: object, words: Collection[str]) -> Any:
    """The value with something that nobody judges in place of each of these words, which stand for a secret."""
    if isinstance(value, Mapping):
        return {key: unknown_for(part, words) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [unknown_for(part, words) for part in value]
    if not isinstance(value, str) or value not in words:
        return value
    from pulumi.output import Unknown

    return Unknown()


def covers(old: object, new: object) -> bool:
    """Whether a value says all that another one does, and maybe more."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return all(key in old and covers(old[key], part) for key, part in new.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(covers, old, new))
    return old == new


def as_id(value: object) -> object:
    """Ids as numbers all through: the `id` of a resource is a text."""
    if isinstance(value, list):
        return [as_id(each) for each in value]
    return int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,15}", value) else value


def with_ids(value: object) -> object:
    """The value with every `…_id` in it as a number."""
    if isinstance(value, Mapping):
        return {
            key: as_id(part) if str(key).endswith("_id") else with_ids(part) for key, part in value.items()
        }
    return [with_ids(part) for part in value] if isinstance(value, list) else value


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
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST:
        return int(value)
    if isinstance(value, Mapping):
        return {key: whole_numbers(part) for key, part in value.items() if part is not None}
    if isinstance(value, (list, tuple)):
        return [whole_numbers(part) for part in value]
    return value
