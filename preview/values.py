"""Values of properties as they may be shown: texts of bounded length, or a token for what has none."""

from __future__ import annotations

import hashlib
import json

from preview import names
from preview.model import Value
from preview.steps import SECRET, has_unknown

LONGEST = 2000
ABSENT = Value(kind="absent")


def shown(path: str, value: object, *, there: bool = True) -> Value:
    """How a property's value is shown; a secret property is a secret even if the preview has it in clear."""
    if not there or value is None:
        return ABSENT
    if has_unknown(value):
        return Value(kind="unknown")
    if names.is_secret(path) or value == SECRET:
        return Value(kind="secret")
    return Value(kind="text", text=as_text(value))


def as_text(value: object) -> str:
    """Texts as they are, whole numbers without a point, the rest as JSON with secret parts masked."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(_masked(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _masked(value: object) -> object:
    if isinstance(value, dict):
        return {key: SECRET if names.is_secret(str(key)) else _masked(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_masked(part) for part in value]
    return value


def shortened(text: str) -> str:
    """A long text's ends, with a hash of the whole between them, so that two texts never look the same."""
    if len(text) <= LONGEST:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    half = (LONGEST - 60) // 2
    return f"{text[:half]}…({len(text)} characters, {digest})…{text[-half:]}"
