"""What an answer says of the API's limits. Anything missing or absurd counts as not said. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime
from math import isfinite

from providers.linode.api.patience import LONGEST_S

MOST_REQUESTS = 1_000_000
FARTHEST_RESET_S = 366 * 86_400.0
"""A window that ends later is nonsense: its end is given in another unit. So is what is negative (seen: -1,
-1509450059)."""


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
    left, asked = _reset_in_s(headers, wall), asked_s(headers, wall)
    return Seen(
        limit,
        remaining,
        asked if asked is not None and asked <= LONGEST_S else None,
        _number(headers.get("X-RateLimit-Reset")) if left is not None and left <= LONGEST_S else None,
    )


def asked_s(headers: Mapping[str, str], wall: float) -> float | None:
    """Seconds until the API takes more: by Retry-After, else by X-RateLimit-Reset. None where it doesn't say."""
    left = retry_after_s(headers.get("Retry-After"), api_clock(headers, wall))
    return _reset_in_s(headers, wall) if left is None else left


def api_clock(headers: Mapping[str, str], wall: float) -> float:
    """The time since 1970 by the answer's Date: ours may be wrong."""
    now = _date_s(headers.get("Date"))
    return wall if now is None else now


def _reset_in_s(headers: Mapping[str, str], wall: float) -> float | None:
    reset = _number(headers.get("X-RateLimit-Reset"))
    left = None if reset is None else reset - api_clock(headers, wall)
    return max(0.0, left) if left is not None and -1 <= left <= FARTHEST_RESET_S else None


def retry_after_s(value: str | None, wall: float) -> float | None:
    """Seconds to wait, from seconds or a date; None for nonsense."""
    seconds, date = _number(value), _date_s(value)
    if seconds is None and date is not None:
        seconds = date - wall
    return seconds if seconds is not None and seconds >= 0 else None


def _date_s(value: str | None) -> float | None:
    """A date of HTTP, in any of its three forms; without a zone it is UTC."""
    try:
        date = parsedate_to_datetime(value) if value else None
    except (TypeError, ValueError, OverflowError):
        return None
    return None if date is None else date.replace(tzinfo=date.tzinfo or timezone.utc).timestamp()


def _number(value: str | None) -> float | None:
    try:
        number = None if value is None else float(value)
    except ValueError:
        return None
    return number if number is not None and isfinite(number) else None


def _whole(value: str | None, least: int) -> int | None:
    number = _number(value)
    if number is None or not least <= number <= MOST_REQUESTS:
        return None
    return int(number)
