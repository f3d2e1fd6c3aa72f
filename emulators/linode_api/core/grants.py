"""What a restricted user may do with single things: nothing, read them, or change them as well.

Whoever makes a thing may change it. Source: API pages "List a user's grants", "Update a user's grants"; that a thing
without a grant is 403, and not 404, is a choice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeVar

from emulators.linode_api.core.accounts import Account
from emulators.linode_api.core.errors import unauthorized
from emulators.linode_api.core.stored import Stored

T = TypeVar("T")
READ_ONLY, READ_WRITE = ACCESS = ("read_only", "read_write")
GRANTED: set[str] = set()
"""The kinds of things that there are grants for, as their files say."""


def held(account: Account, kind: str, username: str = "") -> dict[int, str]:
    """The permissions of a user, else of the acting one, by the ids of the things."""
    rows = account.database.all(
        "SELECT entity_id, permissions FROM entity_grants WHERE account_id = ? AND kind = ? AND username = ?",
        *(account.id, kind, username or account.username),
    )
    return {row["entity_id"]: row["permissions"] for row in rows}


def require(account: Account, kind: str, thing_id: int, *, changes: bool) -> None:
    """Raises ApiError 403 when the acting user is restricted and may not."""
    if account.restricted and kind in GRANTED:
        permission = held(account, kind).get(thing_id)
        if permission is None or (changes and permission != READ_WRITE):
            raise unauthorized()


def visible(account: Account, kind: str, found: Stored[T]) -> Stored[T]:
    """Those that the acting user may read."""
    if not account.restricted or kind not in GRANTED:
        return found
    return found.but("id IN (SELECT value FROM json_each(?))", json.dumps([*held(account, kind)]))


def own(account: Account, kind: str, thing_id: int) -> None:
    """The acting user has made this."""
    if account.restricted and kind in GRANTED:
        give(account, account.username, kind, {thing_id: READ_WRITE})


def give(account: Account, username: str, kind: str, wanted: Mapping[int, str | None]) -> None:
    """Permissions by the ids of the things; None takes it away."""
    for thing_id, permissions in wanted.items():
        key = {"account_id": account.id, "username": username, "kind": kind, "entity_id": thing_id}
        account.database.run(
            "DELETE FROM entity_grants WHERE account_id = ? AND username = ? AND kind = ? AND entity_id = ?",
            *key.values(),
        )
        if permissions:
            account.database.insert("entity_grants", **key, permissions=permissions)
