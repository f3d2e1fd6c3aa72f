"""What stands for secrets in a copy of a state that has none: it tells whether a value is the same, and no more.

`Fingerprint-1:<salt>:<digest>`, a stored format: its letters, digits and marks also pass for a password.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from providers.linode.api.cache import PLACEHOLDER
from providers.linode.core.values import whole_numbers

PREFIX = "Fingerprint-1:"
ROUNDS = 100_000
"""Some 50 ms for each distinct secret, so that one that people choose is not guessed in a hurry."""


@lru_cache(maxsize=1024)
def of(text: str, salt: str) -> str:
    """The same for the same text and salt, and of no use to find the text."""
    digest = hashlib.pbkdf2_hmac("sha256", text.encode("utf-8", "surrogatepass"), salt.encode(), ROUNDS)
    return f"{PREFIX}{salt}:{digest.hex()[:32]}"


def instead(value: object, salt: str, keys: Collection[str] = ()) -> Any:
    """The value with fingerprints in place of its texts and numbers; where there are keys, of what they name alone."""
    if isinstance(value, Mapping):
        return {key: instead(part, salt, () if key in keys else keys) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [instead(part, salt, keys) for part in value]
    if keys or value is None or isinstance(value, bool):
        return value
    return of(str(whole_numbers(value)), salt)


def kept(olds: object, news: object) -> Any:
    """The new values, with what stands in the old ones for each secret that is the same, or that isn't known here."""
    if isinstance(olds, Mapping) and isinstance(news, Mapping):
        return {key: kept(olds.get(key), part) for key, part in news.items()}
    if isinstance(olds, list) and isinstance(news, list) and len(olds) == len(news):
        return list(map(kept, olds, news))
    if isinstance(olds, str) and olds.startswith(PREFIX) and isinstance(news, (str, int, float)):
        salt, _, _ = olds.removeprefix(PREFIX).partition(":")
        return olds if news == PLACEHOLDER or of(str(whole_numbers(news)), salt) == olds else news
    return news
