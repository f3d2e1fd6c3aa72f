"""What the looks for many waits ask for, as filters of the API. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from providers.linode.core.waiting.goals import JOBS, Wait

MANY = 250
"""Above this number the creates' own events are left out, so that those of 500 Linodes fill one page of 500."""


def events_filter(waits: Sequence[Wait]) -> dict[str, object]:
    """The X-Filter for the events of these waits, oldest first: what comes between two pages moves none of the rows.

    Source: GET /account/events, filterable attributes.
    """
    ids = {wait.goal.linode_id for wait in waits}
    left_out = {"linode_create"} if len(ids) > MANY else set()
    found: dict[str, object] = {"entity.type": "linode", "+order_by": "id"}
    if len(ids) == 1:
        found["entity.id"] = next(iter(ids))
    since = min(wait.goal.since for wait in waits)
    if since:
        found["created"] = {"+gte": since}
    return {**found, "+or": [{"action": action} for action in JOBS if action not in left_out]}


def list_filter(ids: Sequence[int]) -> dict[str, object]:
    """The X-Filter for the Linodes of these ids, in order: few more are listed, as a fleet's ids are close."""
    return {"id": ids[0] if len(ids) == 1 else {"+gte": ids[0], "+lte": ids[-1]}}
