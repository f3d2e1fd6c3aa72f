"""Personal access tokens over the API: made, listed with their first 16 characters only, renamed, revoked.

A token made here has at most the scopes of the one that makes it. Source: recording TestTokens_List; API page "Create
a personal access token".
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from emulators.linode_api import scopes
from emulators.linode_api.account import Account, Accounts
from emulators.linode_api.clock import stamp
from emulators.linode_api.errors import bad_request, not_found
from emulators.linode_api.filters import Attributes
from emulators.linode_api.users import owner

Json = dict[str, Any]

FILTERABLE = Attributes(frozenset({"label", "created"}))
FORM = "%Y-%m-%dT%H:%M:%S"
NEVER = 4_102_444_800.0  # 2100: what the API shows for a token without an end


def token_row(row: sqlite3.Row) -> Json:
    return {
        "id": row["id"],
        "scopes": row["scopes"],
        "created": stamp(row["created"]),
        "label": row["label"],
        "token": row["start"],
        "expiry": stamp(NEVER if row["expiry"] is None else row["expiry"]),
    }


def stored(account: Account) -> list[sqlite3.Row]:
    """Those of the acting user."""
    with account.database.lock:
        return account.database.sql.execute(
            "SELECT * FROM tokens WHERE account_id = ? AND coalesce(username, ?) = ? ORDER BY id",
            (account.id, owner(account), account.username),
        ).fetchall()


def rows(account: Account) -> list[Json]:
    return [token_row(row) for row in stored(account)]


def find(account: Account, token_id: int) -> Json:
    for row in rows(account):
        if row["id"] == token_id:
            return row
    raise not_found()


def create(account: Account, body: Mapping[str, Any], acting: str) -> Json:
    """`acting` are the scopes of the token in use. The answer is the only place that shows the whole token."""
    label = body.get("label")
    if not isinstance(label, str) or not 1 <= len(label) <= 100:
        raise bad_request("Length must be 1-100 characters", "label")
    wanted = acting if body.get("scopes") in (None, "*") else str(body["scopes"])
    try:
        wanted = scopes.normal_form(wanted)
    except ValueError:
        raise bad_request("scopes is not valid", "scopes") from None
    if not all(scopes.covers(acting, one) for one in scopes.split(wanted) if one != scopes.PUBLIC):
        raise bad_request("Scopes may not exceed those of the acting token", "scopes")
    accounts = Accounts(account.database, account.clock)
    whole = accounts.add_token(
        account.name, wanted, user=account.username, label=label, expiry=moment(body.get("expiry"))
    )
    return {**rows(account)[-1], "token": whole}


def moment(text: object) -> float | None:
    """Seconds since 1970 of a date without zone, which means UTC."""
    if text is None:
        return None
    try:
        return datetime.strptime(str(text), FORM).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise bad_request("expiry is not valid", "expiry") from None


def rename(account: Account, token_id: int, body: Mapping[str, Any]) -> Json:
    find(account, token_id)
    label = body.get("label")
    if not isinstance(label, str) or not 1 <= len(label) <= 100:
        raise bad_request("Length must be 1-100 characters", "label")
    with account.database.transaction() as sql:
        sql.execute(
            "UPDATE tokens SET label = ? WHERE id = ? AND account_id = ?", (label, token_id, account.id)
        )
    return find(account, token_id)


def revoke(account: Account, token_id: int) -> None:
    find(account, token_id)
    with account.database.transaction() as sql:
        sql.execute("DELETE FROM tokens WHERE id = ? AND account_id = ?", (token_id, account.id))
