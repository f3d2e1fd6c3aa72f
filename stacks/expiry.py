"""When a stack of a pull request ends: counted from its last update, never later than a bound from its creation.

Written down twice: as a tag of the stack beside its state, and as one of all in it that can have tags, so that an
account tells by itself what has expired. The form of the tag is stored in accounts: never change it, only add to it.
Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from providers.linode.core import values
from stacks.errors import BadSettings

TAG_PREFIX = "expires:"
_TAG_FORM = "%Y-%m-%dt%H%M"
_TAG = re.compile(r"expires:\d{4}-\d{2}-\d{2}t\d{4}")
_STACK_FORM = "%Y-%m-%dT%H:%M:%SZ"
MOST = timedelta(days=365)


def duration(text: str) -> timedelta:
    """`72h`, `90m`, `14d`, `30s`, also `1h30m`. Raises BadSettings; none is longer than a year."""
    found = values.duration(text)
    if found is None:
        raise BadSettings(f"'{text}' is no duration. Next: write it as 72h, 90m, 14d or 1h30m.")
    if found > MOST:
        raise BadSettings(f"'{text}' is longer than a year. Next: give a shorter duration.")
    return found


def expiry(created: datetime, updated: datetime, ttl: timedelta, most: timedelta) -> datetime:
    """The end of a stack: `ttl` after its last update, at most `most` after its creation; to the full minute."""
    end = min(updated + ttl, created + most)
    whole = end.replace(second=0, microsecond=0)
    return whole if whole == end else whole + timedelta(minutes=1)


def resource_tag(end: datetime) -> str:
    """`expires:2026-11-27t0600`, UTC: 23 characters of the 50 that a tag may have, lower case as tags ignore it."""
    return f"{TAG_PREFIX}{end.astimezone(timezone.utc).strftime(_TAG_FORM)}"


def of_tags(tags: Iterable[str]) -> datetime | None:
    """The end that a resource's tags name; None where none does, or they name more than one."""
    ends = {tag.casefold() for tag in tags if tag.casefold().startswith(TAG_PREFIX)}
    if len(ends) != 1:
        return None
    [tag] = ends
    if not _TAG.fullmatch(tag):
        return None
    return _moment(tag.removeprefix(TAG_PREFIX), _TAG_FORM)


def stack_tag(moment: datetime) -> str:
    """A moment as a stack's tags have it: 2026-11-27T06:00:00Z."""
    return moment.astimezone(timezone.utc).strftime(_STACK_FORM)


def of_stack_tag(text: str | None) -> datetime | None:
    """The moment of a stack's tag; None where there is none or it is not of our form."""
    return _moment(text, _STACK_FORM) if text else None


def _moment(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
