"""The newest requests with what was sent and answered, for people who look: in memory, bounded, without secrets.

Values are hidden by their names, before they are kept: passwords, tokens, keys, user data, and what scripts are given.
Headers of requests, Authorization among them, are not kept at all.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

import orjson

HIDDEN = "••••••"
ENDINGS = ("pass", "password", "passphrase", "secret", "token", "key", "keys", "stackscript_data")
NAMES = ("user_data", "userdata")  # not has_user_data
IN_TEXT = tuple(f'{one}"'.encode() for one in ENDINGS) + tuple(f'"{one}"'.encode() for one in NAMES)
"""Where none of these is, nothing is to be hidden, unless something is escaped."""

MOST = 500
MOST_BYTES = 8 * 2**20
LONGEST = 2**16
"""Bytes of one text."""


@dataclass(frozen=True)
class Exchange:
    """`sent` and `answered` are legible texts, None for an answer that the connection was cut before.

    `took_ms` is real time, `headers` the answer's.
    """

    sent: str
    answered: str | None
    headers: Mapping[str, str]
    took_ms: float

    @property
    def size(self) -> int:
        """At most, in bytes: a character may take four."""
        return 4 * (len(self.sent) + len(self.answered or "")) + 1_000


class Exchanges:
    """By the request's id; the oldest go first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Exchange] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, request_id: int, exchange: Exchange) -> None:
        self._kept[request_id] = exchange
        self.size += exchange.size
        while len(self._kept) > MOST or self.size > MOST_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self.size -= oldest.size

    def get(self, request_id: int) -> Exchange | None:
        return self._kept.get(request_id)

    def clear(self) -> None:
        self._kept.clear()
        self.size = 0


def sent_text(raw: bytes) -> str:
    """A request's body; what is no JSON may hold a secret under no name, and is not shown."""
    if not raw.strip():
        return ""
    try:
        return shortened(orjson.dumps(masked(orjson.loads(raw))))
    except (ValueError, TypeError, RecursionError):
        return f"({len(raw):,} bytes that are not JSON)"


def answered_text(raw: bytes) -> str:
    """An answer of ours: JSON, or a page. Most need not be parsed: what is shown of them names nothing secret."""
    start = raw[:LONGEST].lower()
    if b"\\u" in start or any(name in start for name in IN_TEXT):
        return sent_text(raw)
    return shortened(raw)


def query_text(query: str) -> str:
    parts = (part.partition("=") for part in query.split("&") if part)
    return "&".join(
        name + sign + (HIDDEN if is_secret(unquote_plus(name)) else value) for name, sign, value in parts
    )


def masked(value: Any) -> Any:
    """The same JSON; null, true and false are no secrets, and neither is what is empty."""
    if isinstance(value, list):
        return [masked(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: HIDDEN if one and one is not True and is_secret(name) else masked(one)
        for name, one in value.items()
    }


def is_secret(name: str) -> bool:
    return name.lower().endswith(ENDINGS) or name.lower() in NAMES


def shortened(raw: bytes) -> str:
    text, left = raw[:LONGEST].decode(errors="replace"), len(raw) - LONGEST
    return text if left <= 0 else f"{text} … ({left:,} bytes more)"
