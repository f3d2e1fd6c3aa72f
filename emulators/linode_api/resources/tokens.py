"""Personal access tokens over the API: made, listed with their first 16 characters only, renamed, revoked.

A token made here has at most the scopes of the one that makes it. Source: recording TestTokens_List; API page "Create
a personal access token".
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timezone

from emulators.linode_api.clock import stamp
from emulators.linode_api.core import Json
from emulators.linode_api.core.accounts import ANY_SCOPE, Account, Accounts, covers, scopes_in_order
from emulators.linode_api.core.bodies import always, check, length
from emulators.linode_api.core.errors import bad_request
from emulators.linode_api.core.lists import row_with
from emulators.linode_api.core.routes import FINDERS, Call, Routes

api = Routes("account")
LABEL = {"label": always(length(1, 100))}
NEVER = "2999-12-12T05:00:00"  # as the API shows a token without an end


def row(token: sqlite3.Row) -> Json:
    return {
        "id": token["id"],
        "scopes": token["scopes"],
        "created": stamp(token["created"]),
        "label": token["label"],
        "token": token["start"],
        "expiry": NEVER if token["expiry"] is None else stamp(token["expiry"]),
    }


def own(account: Account) -> list[Json]:
    """Those of the acting user."""
    found = account.database.all(
        "SELECT * FROM tokens WHERE account_id = ? AND coalesce(username, ?) = ? ORDER BY id",
        *(account.id, account.owner, account.username),
    )
    return [row(token) for token in found]


def find(account: Account, token_id: int, _: object = None) -> Json:
    return row_with(own(account), "id", token_id)


FINDERS["token"] = find


def moment(text: object) -> float | None:
    """Seconds since 1970 of a date without zone, which means UTC."""
    if text is None:
        return None
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise bad_request("expiry is not valid", "expiry") from None


api.shows("/profile/tokens/{token}")


@api.rows("/profile/tokens", "label", "created")
def rows(call: Call) -> list[Json]:
    return own(call.account)


@api.post("/profile/tokens")
def create(call: Call) -> Json:
    """The answer is the only place that shows the whole token."""
    account, body, acting = call.account, call.body, call.account.scopes
    check(body, LABEL)
    try:
        wanted = scopes_in_order(acting if body.get("scopes") in (None, ANY_SCOPE) else body["scopes"])
    except ValueError:
        raise bad_request("scopes is not valid", "scopes") from None
    if not covers(acting, wanted):
        raise bad_request("Scopes may not exceed those of the acting token", "scopes")
    whole = Accounts(account.database, account.clock).add_token(
        account.name, wanted, user=account.username, label=body["label"], expiry=moment(body.get("expiry"))
    )
    return {**own(account)[-1], "token": whole}


@api.put("/profile/tokens/{token}")
def rename(call: Call, token: Json) -> Json:
    check(call.body, LABEL)
    statement = "UPDATE tokens SET label = ? WHERE id = ? AND account_id = ?"
    call.account.database.run(statement, call.body["label"], token["id"], call.account.id)
    return find(call.account, token["id"])


@api.delete("/profile/tokens/{token}")
def revoke(call: Call, token: Json) -> None:
    statement = "DELETE FROM tokens WHERE id = ? AND account_id = ?"
    call.account.database.run(statement, token["id"], call.account.id)
