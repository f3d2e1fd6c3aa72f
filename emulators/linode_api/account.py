"""Accounts of one database: who a token belongs to, and what an account holds beside its Linodes."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any

from emulators.linode_api import scopes
from emulators.linode_api.clock import Clock, stamp
from emulators.linode_api.database import Database

Json = dict[str, Any]

TOKEN_LENGTH = 64
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
    """One account, with the database and the clock that its state lives by."""

    database: Database
    clock: Clock
    id: int
    name: str
    euuid: str
    username: str
    created: float

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

    def find(self, name: str) -> Account | None:
        with self.database.lock:
            row = self.database.sql.execute("SELECT * FROM accounts WHERE name = ?", (name,)).fetchone()
        return row and self._account(row)

    def add_token(self, name: str, granted: str = "*") -> str:
        """A new token of that account; only its digest is stored. Raises ValueError for an unknown scope."""
        wanted = scopes.normal_form(granted)
        token = secrets.token_hex(TOKEN_LENGTH // 2)
        with self.database.transaction() as sql:
            account = self.named(name)
            sql.execute(
                "INSERT INTO tokens (digest, account_id, scopes, created) VALUES (?, ?, ?, ?)",
                (digest(token), account.id, wanted, self.clock.now()),
            )
        return token

    def identify(self, authorization: str | None) -> Identity | None:
        """Whose `Authorization: Bearer …` it is: personal and OAuth tokens alike, None when nobody's."""
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            return None
        key = digest(token.strip())
        with self.database.lock:
            row = self.database.sql.execute(
                "SELECT accounts.*, tokens.scopes FROM tokens JOIN accounts ON accounts.id = account_id"
                " WHERE digest = ?",
                (key,),
            ).fetchone()
        return row and Identity(self._account(row), row["scopes"], key)

    def reset(self, account: Account) -> None:
        """Empties an account: Linodes, events, tags and settings; its tokens stay valid."""
        with self.database.transaction() as sql:
            for table in ("disks", "configs"):
                sql.execute(
                    f"DELETE FROM {table} WHERE linode_id IN (SELECT id FROM linodes WHERE account_id = ?)",  # noqa: S608 - a name from the line above
                    (account.id,),
                )
            for table in ("linodes", "events", "tags"):
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
        "restricted": False,
        "authentication_type": "password",
        "user_type": "default",
    }
