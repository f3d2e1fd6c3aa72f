"""JSON as previews write it, as values that every form of the report can be written from."""

from __future__ import annotations

import json
import re

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def loads(text: str) -> object:
    """The value; half characters, which JSON can hold and no file can, become the replacement character.

    Raises ValueError, also for what is nested too deeply.
    """
    try:
        value: object = json.loads(text)
        return _whole(value) if _SURROGATE.search(text) else value
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _whole(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {str(_whole(key)): _whole(part) for key, part in value.items()}
    return [_whole(part) for part in value] if isinstance(value, list) else value
