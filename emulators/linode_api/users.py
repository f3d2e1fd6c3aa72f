"""Users of an account, what restricted ones may do, and their SSH keys.

A restricted user needs a grant to make things and may never set tags; here every user may read and change every
Linode. Source: recordings TestUsers_List of the client library linodego, TestSSHKey_GetFound; API pages "List users",
"Create a Linode" (tags, add_linodes). The text of a refusal for tags is a choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulators.linode_api import events, records
from emulators.linode_api.account import GRANTS, Account
from emulators.linode_api.clock import stamp
from emulators.linode_api.errors import ApiError, bad_request, not_found
from emulators.linode_api.filters import Attributes
from emulators.linode_api.records import Record
from emulators.linode_api.validation import is_ssh_key

Json = dict[str, Any]
Body = Mapping[str, Any]

FILTERABLE = Attributes(frozenset({"username"}))
SSH_KEYS = Attributes(frozenset({"label"}))
NO_TAGS = "You must be an unrestricted User in order to add or modify tags on Linodes."


def require_tag_right(account: Account, wanted: object, current: list[str]) -> None:
    """Raises ApiError 403 when a restricted user would change tags."""
    if account.restricted and wanted is not None and wanted != current:
        raise ApiError(403, [("tags", NO_TAGS)])


def owner(account: Account) -> str:
    """The account's first user, who is never restricted; named like the account."""
    return account.name


def names(account: Account) -> set[str]:
    with account.database.lock:
        rows = account.database.sql.execute(
            "SELECT username FROM users WHERE account_id = ?", (account.id,)
        ).fetchall()
    return {owner(account), *(row["username"] for row in rows)}


def user_row(account: Account, username: str, *, restricted: bool) -> Json:
    keys = [key for key in records.all_of(account, "sshkey") if key.body["username"] == username]
    return {
        "username": username,
        "email": f"{username}@example.com",
        "restricted": restricted,
        "ssh_keys": [key.body["label"] for key in keys],
        "tfa_enabled": False,
        "verified_phone_number": None,
        "password_created": None,
        "last_login": None,
        "user_type": "default",
    }


def rows(account: Account) -> list[Json]:
    with account.database.lock:
        found = account.database.sql.execute(
            "SELECT * FROM users WHERE account_id = ? ORDER BY username", (account.id,)
        ).fetchall()
    others = [user_row(account, row["username"], restricted=bool(row["restricted"])) for row in found]
    return [user_row(account, owner(account), restricted=False), *others]


def find(account: Account, username: str) -> Json:
    for row in rows(account):
        if row["username"] == username:
            return row
    raise not_found()


def create(account: Account, body: Body) -> Json:
    """A restricted user has no grant at first."""
    username, restricted = body.get("username"), body.get("restricted") is not False
    if not isinstance(username, str) or not 3 <= len(username) <= 32:
        raise bad_request("Length must be 3-32 characters", "username")
    if username in names(account):
        raise bad_request("Username is already taken", "username")
    with account.database.transaction() as sql:
        sql.execute(
            "INSERT INTO users (account_id, username, restricted, grants, created) VALUES (?, ?, ?, '', ?)",
            (account.id, username, restricted, account.clock.now()),
        )
        events.notify(account, "user_create", None)
    return find(account, username)


def delete(account: Account, username: str) -> None:
    """The user's tokens are worth nothing then."""
    if username == owner(account):
        raise bad_request("The account's owner cannot be deleted")
    find(account, username)
    with account.database.transaction() as sql:
        sql.execute("DELETE FROM users WHERE account_id = ? AND username = ?", (account.id, username))
        sql.execute("DELETE FROM tokens WHERE account_id = ? AND username = ?", (account.id, username))
        events.notify(account, "user_delete", None)


def grants(account: Account, username: str) -> Json:
    """The global grants; per thing there are none here."""
    if not find(account, username)["restricted"]:
        raise bad_request("Grants are not available for unrestricted users")
    with account.database.lock:
        row = account.database.sql.execute(
            "SELECT grants FROM users WHERE account_id = ? AND username = ?", (account.id, username)
        ).fetchone()
    held = row["grants"].split()
    return {
        "global": {
            **{name: name in held for name in GRANTS},
            "account_access": None,
            "cancel_account": False,
            "longview_subscription": False,
            "add_longview": False,
            "child_account_access": None,
        },
        **{
            name: []
            for name in ("linode", "nodebalancer", "domain", "stackscript", "longview", "image", "volume")
        },
        **{name: [] for name in ("firewall", "database", "vpc")},
    }


def set_grants(account: Account, username: str, body: Body) -> Json:
    current = grants(account, username)["global"]
    wanted = {**current, **(body.get("global") or {})}
    held = " ".join(name for name in GRANTS if wanted[name] is True)
    with account.database.transaction() as sql:
        sql.execute(
            "UPDATE users SET grants = ? WHERE account_id = ? AND username = ?", (held, account.id, username)
        )
    return grants(account, username)


def key_row(key: Record) -> Json:
    shown = {name: key.body[name] for name in ("label", "ssh_key")}
    return {"id": key.id, **shown, "created": stamp(key.created)}


def own_keys(account: Account) -> list[Record]:
    return [key for key in records.all_of(account, "sshkey") if key.body["username"] == account.username]


def find_key(account: Account, key_id: int) -> Record:
    for key in own_keys(account):
        if key.id == key_id:
            return key
    raise not_found()


def add_key(account: Account, body: Body) -> Record:
    if not isinstance(body.get("label"), str) or len(body["label"]) > 64:
        raise bad_request("Length must be 0-64 characters", "label")
    if not is_ssh_key(body.get("ssh_key")):
        raise bad_request("SSH Key is invalid", "ssh_key")
    kept = {"label": body["label"], "ssh_key": body["ssh_key"], "username": account.username}
    with account.database.transaction():
        made = records.add(account, "sshkey", kept)
        events.notify(account, "user_ssh_key_add", None)
    return made


def rename_key(account: Account, key: Record, body: Body) -> Record:
    if not isinstance(body.get("label"), str) or len(body["label"]) > 64:
        raise bad_request("Length must be 0-64 characters", "label")
    return records.change(account, key, {"label": body["label"]})


def delete_key(account: Account, key: Record) -> None:
    with account.database.transaction():
        records.remove(account, key)
        events.notify(account, "user_ssh_key_delete", None)
