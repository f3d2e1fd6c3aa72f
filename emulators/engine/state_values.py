"""Property values as the state file holds them: secrets as ciphertexts of their JSON.

Source: recorded state files.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from emulators.engine.errors import NotSupported
from emulators.engine.values import (
    ASSET_SIGNATURES,
    SECRET_SIGNATURE,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_TEXT,
    Secret,
    Value,
    whole,
)


def to_state(value: Value, encrypt: Callable[[str], str]) -> Value:
    """The value as the state file holds it: a secret's plain text is the JSON of its value."""
    if isinstance(value, Secret):
        plain = json.dumps(to_state(value.value, encrypt), separators=(",", ":"), ensure_ascii=False)
        return {SIGNATURE: SECRET_SIGNATURE, "ciphertext": encrypt(plain)}
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if isinstance(value, list):
        return [to_state(item, encrypt) for item in value]
    if isinstance(value, dict):
        return {key: to_state(item, encrypt) for key, item in value.items()}
    return value


def from_state(value: Value, decrypt: Callable[[str], str]) -> Value:
    """The value that a state file holds. A plaintext form (from an export) is read too."""
    if isinstance(value, float):
        return whole(value)
    if isinstance(value, list):
        return [from_state(item, decrypt) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE) == SECRET_SIGNATURE:
        plain = value["plaintext"] if "plaintext" in value else decrypt(value["ciphertext"])
        return Secret(from_state(json.loads(plain), decrypt))
    if value.get(SIGNATURE) in ASSET_SIGNATURES:
        raise NotSupported(
            "the state holds assets or archives, which the embedded engine does not support; use pulumi"
        )
    return {key: from_state(item, decrypt) for key, item in value.items()}
