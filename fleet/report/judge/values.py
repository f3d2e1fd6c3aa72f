"""Values of properties as they may be shown: texts of bounded length, or a token for what has none."""

from __future__ import annotations

import hashlib
import json

from fleet.report import names
from fleet.report.model import Value
from fleet.report.read.steps import SECRET, UNKNOWN

LONGEST = 2000
ABSENT = Value(kind="absent")


def shown(path: str, value: object, *, there: bool = True) -> Value:
    """How a property's value is shown; a secret property is a secret even if the preview has it in clear."""
    if not there or value is None:
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
    return json.dumps(value, ensure_ascii=False)


def _entry(key: str, value: object) -> str:
    return f"{json.dumps(key, ensure_ascii=False)}:{_written(SECRET if names.is_secret(key) else value)}"


def shortened(text: str) -> str:
    """A long text's ends, with a hash of the whole between them, so that two texts never look the same."""
    if len(text) <= LONGEST:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    half = (LONGEST - 60) // 2
    return f"{text[:half]}…({len(text)} characters, {digest})…{text[-half:]}"
