"""What an answer says of the API's limits. Anything missing or absurd counts as not said. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

MOST_REQUESTS = 1_000_000
LONGEST_WINDOW_S = 3600.0
"""No window of the API is as long: what asks for more is nonsense (seen: -1, -1509450059)."""


@dataclass(frozen=True)
class Seen:
    """Requests a window takes, and takes still; when it ends, as seconds from now and since 1970."""

    limit: int | None = None
    remaining: int | None = None
    resets_in_s: float | None = None
    reset: float | None = None


def read_headers(headers: Mapping[str, str], wall: float) -> Seen:
    """`headers` with names in any case as `requests` has them; `wall` is the time since 1970 in seconds.

    Source: X-RateLimit-Limit, -Remaining, -Reset (UTC, seconds since 1970), Retry-After (seconds left).
    """
    if not headers:
        return Seen()
    limit = _whole(headers.get("X-RateLimit-Limit"), 1)
    remaining = _whole(headers.get("X-RateLimit-Remaining"), 0)
    left = retry_after_s(headers.get("Retry-After"), wall)
    reset = _number(headers.get("X-RateLimit-Reset"))
    if reset is not None and not -1 <= reset - wall <= LONGEST_WINDOW_S:
        reset = None
    if left is None and reset is not None:
        left = max(0.0, reset - wall)
    return Seen(limit, remaining, left, reset)


def retry_after_s(value: str | None, wall: float) -> float | None:
    """Seconds to wait, from seconds or a date; None for nonsense."""
    seconds = _number(value)
    if seconds is None and value:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - wall
        except (TypeError, ValueError):
            return None
    return seconds if seconds is not None and 0 <= seconds <= LONGEST_WINDOW_S else None


def _number(value: str | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None


def _whole(value: str | None, least: int) -> int | None:
    number = _number(value)
    if number is None or number != number or not least <= number <= MOST_REQUESTS:
        return None
    return int(number)
