"""Accounts of one database: who a token belongs to, and what an account holds beside its Linodes."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from emulators.linode_api import scopes
from emulators.linode_api.clock import Clock, stamp
from emulators.linode_api.database import Database

Json = dict[str, Any]

TOKEN_LENGTH = 64
SHOWN = 16  # characters of a token that are shown again
FIRST_TOKEN_ID = 58_000_000
GRANTS = (
    "add_databases", "add_domains", "add_firewalls", "add_images", "add_linodes", "add_nodebalancers",
    "add_stackscripts", "add_volumes", "add_vpcs",
)  # fmt: skip
DEFAULT_SETTINGS: Json = {
    "managed": False,
    "network_helper": True,
    "longview_subscription": None,
    "backups_enabled": False,
    "object_storage": "active",
    "interfaces_for_new_linodes": "legacy_config_default_but_linode_allowed",
    "maintenance_policy": "linode/migrate",
}
CAPABILITIES = [
    "Linodes", "NodeBalancers", "Block Storage", "Object Storage", "Kubernetes", "Cloud Firewall", "Vlans",
    "LKE HA Control Planes", "Block Storage Encryption", "Machine Images", "Managed Databases", "VPCs",
    "Placement Group", "Disk Encryption", "SMTP Enabled",
]  # fmt: skip


@dataclass(frozen=True)
class Account:
    """One account as one of its users sees it, with the database and the clock that its state lives by.

    `grants` are what a restricted user may do beside reading; they mean nothing for others.
    """

    database: Database
    clock: Clock
    id: int
    name: str
    euuid: str
    username: str
    created: float
    restricted: bool = False
    grants: frozenset[str] = frozenset()

    @property
    def settings(self) -> Json:
        with self.database.lock:
            row = self.database.sql.execute(
                "SELECT settings FROM accounts WHERE id = ?", (self.id,)
            ).fetchone()
        return dict(json.loads(row["settings"]))

    def change_settings(self, changes: Json) -> None:
        with self.database.transaction() as sql:
            text = json.dumps({**self.settings, **changes})
            sql.execute("UPDATE accounts SET settings = ? WHERE id = ?", (text, self.id))


@dataclass(frozen=True)
class Identity:
    """Who sends a request, and what the token allows."""

    account: Account
    scopes: str
    caller: str


class Accounts:
    """All accounts of a database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock

    def named(self, name: str) -> Account:
        """The account of that name, made if there is none."""
        with self.database.transaction() as sql:
            sql.execute(
                "INSERT OR IGNORE INTO accounts (name, euuid, username, created, settings) VALUES (?, ?, ?, ?, ?)",
                (name, new_euuid(), name, self.clock.now(), json.dumps(DEFAULT_SETTINGS)),
            )
            return self._account(sql.execute("SELECT * FROM accounts WHERE name = ?", (name,)).fetchone())

    def owner_of(self, linode_id: int) -> Account | None:
        """The account that has this Linode."""
        with self.database.lock:
            row = self.database.sql.execute(
                "SELECT accounts.* FROM accounts JOIN linodes ON account_id = accounts.id WHERE linodes.id = ?",
                (linode_id,),
            ).fetchone()
        return row and self._account(row)

    def find(self, name: str) -> Account | None:
        with self.database.lock:
            row = self.database.sql.execute("SELECT * FROM accounts WHERE name = ?", (name,)).fetchone()
        return row and self._account(row)

    def add_token(
        self,
        name: str,
        granted: str = "*",
        *,
        user: str | None = None,
        label: str = "token",
        expiry: float | None = None,
    ) -> str:
        """A new token of that account; only its digest and its start are stored. `expiry` since 1970.

        Raises ValueError for an unknown scope.
        """
        wanted = scopes.normal_form(granted)
        token = secrets.token_hex(TOKEN_LENGTH // 2)
        with self.database.transaction() as sql:
            account = self.named(name)
            sql.execute(
                "INSERT INTO tokens (digest, account_id, scopes, created, id, label, start, expiry, username)"
                " VALUES (?, ?, ?, ?, (SELECT coalesce(max(id), ?) + 1 FROM tokens), ?, ?, ?, ?)",
                (
                    digest(token),
                    account.id,
                    wanted,
                    self.clock.now(),
                    FIRST_TOKEN_ID,
                    label,
                    token[:SHOWN],
                    expiry,
                    user,
                ),
            )
        return token

    def add_user(self, name: str, user: str, *, restricted: bool, grants: Iterable[str] = ()) -> None:
        """A user beside the account's owner, or a change of one. Raises ValueError for an unknown grant."""
        unknown = sorted(set(grants) - set(GRANTS))
        if unknown:
            raise ValueError(f"unknown grant {unknown[0]!r}: write any of {', '.join(GRANTS)}")
        with self.database.transaction() as sql:
            account = self.named(name)
            sql.execute(
                "INSERT INTO users (account_id, username, restricted, grants, created) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (account_id, username) DO UPDATE SET restricted = excluded.restricted,"
                " grants = excluded.grants",
                (account.id, user, restricted, " ".join(sorted(grants)), self.clock.now()),
            )

    def identify(self, authorization: str | None) -> Identity | None:
        """Whose `Authorization: Bearer …` it is: personal and OAuth tokens alike, None when nobody's or expired."""
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            return None
        key = digest(token.strip())
        with self.database.lock:
            row = self.database.sql.execute(
                "SELECT accounts.*, tokens.scopes, tokens.expiry, tokens.username AS acting, restricted, grants"
                " FROM tokens JOIN accounts ON accounts.id = tokens.account_id LEFT JOIN users"
                " ON users.account_id = accounts.id AND users.username = tokens.username WHERE digest = ?",
                (key,),
            ).fetchone()
        if row is None or (row["expiry"] is not None and row["expiry"] <= self.clock.now()):
            return None
        account = self._account(row)
        if row["acting"] not in (None, account.username):
            if row["restricted"] is None:
                return None  # the user was deleted
            rights = frozenset(row["grants"].split())
            account = replace(
                account, username=row["acting"], restricted=bool(row["restricted"]), grants=rights
            )
        return Identity(account, row["scopes"], key)

    def reset(self, account: Account) -> None:
        """Empties an account: Linodes, events, tags, settings and all else; users and tokens stay valid."""
        with self.database.transaction() as sql:
            for table in ("disks", "configs"):
                sql.execute(
                    f"DELETE FROM {table} WHERE linode_id IN (SELECT id FROM linodes WHERE account_id = ?)",  # noqa: S608 - a name from the line above
                    (account.id,),
                )
            for table in ("linodes", "events", "tags", "records"):
                sql.execute(f"DELETE FROM {table} WHERE account_id = ?", (account.id,))  # noqa: S608 - as above
            account.change_settings(DEFAULT_SETTINGS)

    def _account(self, row: sqlite3.Row) -> Account:
        return Account(
            self.database, self.clock, row["id"], row["name"], row["euuid"], row["username"], row["created"]
        )


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_euuid() -> str:
    """Hex digits 8-4-4-16, as the real API writes it: not a UUID (recording TestAccount_Get)."""
    text = secrets.token_hex(16).upper()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:]}"


def account_row(account: Account) -> Json:
    """Source: GET /account, recording TestAccount_Get."""
    return {
        "company": "",
        "email": f"{account.username}@example.com",
        **dict.fromkeys(("first_name", "last_name", "address_1", "address_2", "city", "state"), ""),
        "zip": "",
        "country": "US",
        "phone": "",
        "balance": 0.0,
        "tax_id": "",
        "billing_source": "linode",
        "credit_card": {"last_four": None, "expiry": None},
        "balance_uninvoiced": 0.0,
        "active_since": stamp(account.created),
        "capabilities": list(CAPABILITIES),
        "active_promotions": [],
        "euuid": account.euuid,
    }


def profile_row(account: Account) -> Json:
    """Source: GET /profile, recording TestProfile_Get."""
    return {
        "uid": 1_000_000 + account.id,
        "username": account.username,
        "email": f"{account.username}@example.com",
        "verified_phone_number": None,
        "timezone": "GMT",
        "email_notifications": True,
        "referrals": {"code": "", "url": "", "total": 0, "completed": 0, "pending": 0, "credit": 0},
        "ip_whitelist_enabled": False,
        "lish_auth_method": "password_keys",
        "authorized_keys": None,
        "two_factor_auth": False,
        "restricted": account.restricted,
        "authentication_type": "password",
        "user_type": "default",
    }
