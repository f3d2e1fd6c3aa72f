"""Accounts of one database: who a token belongs to, what it allows, and the account's settings."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace

from emulators.linode_api.clock import Clock
from emulators.linode_api.core import Json
from emulators.linode_api.core.database import Database

TOKEN_LENGTH = 64
SHOWN = 16  # characters of a token that are shown again
FIRST_TOKEN_ID = 58_000_000
GRANTS = (
    "add_databases", "add_domains", "add_firewalls", "add_images", "add_linodes", "add_nodebalancers",
    "add_placement", "add_stackscripts", "add_volumes", "add_vpcs",
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
SCOPE_FAMILIES = (
    "account", "databases", "domains", "events", "firewall", "images", "ips", "linodes", "lke", "longview",
    "monitor", "nodebalancers", "object_storage", "stackscripts", "volumes", "vpc",
)  # fmt: skip
ANY_SCOPE = "*"
"""All scopes, of a token; none in particular, of an address."""


@dataclass(frozen=True)
class Account:
    """One account as one of its users sees it, with the database and the clock that its state lives by.

    `grants` are what a restricted user may do beside reading; they mean nothing for others. `scopes` are those of the
    token that a request came with, and `caller` stands for that token.
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
    scopes: str = ""
    caller: str = ""

    @property
    def now(self) -> float:
        return self.clock.now()

    def later(self, api_s: float) -> float:
        """The moment at which something ends that takes `api_s` seconds in the real API."""
        return self.now + self.clock.shrink(api_s)

    @property
    def owner(self) -> str:
        """The account's first user, who is never restricted; named like the account."""
        return self.name

    @property
    def settings(self) -> Json:
        kept = self.database.one("SELECT settings FROM accounts WHERE id = ?", self.id)["settings"]
        return dict(json.loads(kept))

    def change_settings(self, changes: Json) -> None:
        text = json.dumps({**self.settings, **changes})
        self.database.run("UPDATE accounts SET settings = ? WHERE id = ?", text, self.id)

    def remember_tags(self, labels: Iterable[str]) -> None:
        """Tags exist from their first use on."""
        for label in labels:
            self.database.run("INSERT OR IGNORE INTO tags (account_id, label) VALUES (?, ?)", self.id, label)


class Accounts:
    """All accounts of a database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock

    def named(self, name: str) -> Account:
        """The account of that name, made if there is none."""
        new = {"euuid": new_euuid(), "created": self.clock.now(), "settings": json.dumps(DEFAULT_SETTINGS)}
        with self.database.transaction():
            if not self.find(name):
                self.database.insert("accounts", name=name, username=name, **new)
            return self._account(self.database.one("SELECT * FROM accounts WHERE name = ?", name))

    def find(self, name: str) -> Account | None:
        row = self.database.one("SELECT * FROM accounts WHERE name = ?", name)
        return row and self._account(row)

    def is_empty(self, name: str) -> bool:
        """Whether there is no such account, or nothing in it."""
        question = "SELECT 1 FROM events JOIN accounts ON accounts.id = account_id WHERE name = ?"
        return self.database.one(question, name) is None

    def with_linode(self, linode_id: int) -> Account | None:
        """The account that has this Linode."""
        row = self.database.one(
            "SELECT accounts.* FROM accounts JOIN linodes ON account_id = accounts.id WHERE linodes.id = ?",
            linode_id,
        )
        return row and self._account(row)

    def with_image(self, image_id: int) -> Account | None:
        row = self.database.one(
            "SELECT accounts.* FROM accounts JOIN records ON account_id = accounts.id"
            " WHERE kind = 'image' AND records.id = ?",
            image_id,
        )
        return row and self._account(row)

    def add_token(
        self,
        name: str,
        granted: str = ANY_SCOPE,
        *,
        user: str | None = None,
        label: str = "token",
        expiry: float | None = None,
    ) -> str:
        """A new token of that account; only its digest and its start are stored. `expiry` since 1970.

        Raises ValueError for an unknown scope.
        """
        wanted = scopes_in_order(granted)
        token = secrets.token_hex(TOKEN_LENGTH // 2)
        with self.database.transaction():
            newest = self.database.one("SELECT coalesce(max(id), ?) FROM tokens", FIRST_TOKEN_ID)[0]
            self.database.insert(
                "tokens",
                digest=digest(token),
                account_id=self.named(name).id,
                scopes=wanted,
                created=self.clock.now(),
                id=newest + 1,
                label=label,
                start=token[:SHOWN],
                expiry=expiry,
                username=user,
            )
        return token

    def token_for(
        self,
        name: str,
        granted: str,
        user: str | None,
        grants: Iterable[str] | None,
        expiry: float | None = None,
    ) -> str:
        """A new token of a user; account and user are made if there are none of these names.

        With `grants` the user is restricted, and may do that much; a name is made up when none is given.
        """
        if grants is not None:
            user = user or f"{name}-restricted"
        if user and user != name:
            self.add_user(name, user, restricted=grants is not None, grants=grants or ())
        return self.add_token(name, granted, user=user, expiry=expiry)

    def add_user(self, name: str, user: str, *, restricted: bool, grants: Iterable[str] = ()) -> None:
        """A user beside the account's owner, or a change of one. Raises ValueError for an unknown grant."""
        unknown = sorted(set(grants) - set(GRANTS))
        if unknown:
            raise ValueError(f"unknown grant {unknown[0]!r}: write any of {', '.join(GRANTS)}")
        rights = {"restricted": restricted, "grants": " ".join(sorted(grants)), "created": self.clock.now()}
        with self.database.transaction():
            key = {"account_id": self.named(name).id, "username": user}
            self.database.upsert("users", ", ".join(key), **key, **rights)

    def identify(self, authorization: str | None) -> Account | None:
        """Whose `Authorization: Bearer …` it is: personal and OAuth tokens alike, None when nobody's or expired."""
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            return None
        key = digest(token.strip())
        row = self.database.one(
            "SELECT accounts.*, tokens.scopes, tokens.expiry, tokens.username AS acting, restricted, grants"
            " FROM tokens JOIN accounts ON accounts.id = tokens.account_id LEFT JOIN users"
            " ON users.account_id = accounts.id AND users.username = tokens.username WHERE digest = ?",
            key,
        )
        if row is None or (row["expiry"] is not None and row["expiry"] <= self.clock.now()):
            return None
        account = replace(self._account(row), scopes=row["scopes"], caller=key)
        if row["acting"] not in (None, account.username):
            if row["restricted"] is None:
                return None  # the user was deleted
            grants = frozenset(row["grants"].split())
            restricted = bool(row["restricted"])
            account = replace(account, username=row["acting"], restricted=restricted, grants=grants)
        return account

    def reset(self, account: Account) -> None:
        """Empties an account: Linodes, events, tags, settings and all else; users and tokens stay valid."""
        with self.database.transaction():
            for table in ("linodes", "events", "tags", "records", "entity_grants"):
                self.database.run(f"DELETE FROM {table} WHERE account_id = ?", account.id)  # noqa: S608 - a name from the line above
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


def covers(granted: str, needed: str) -> bool:
    """Whether a token's scopes include all that are needed; read_write includes read_only."""
    held = set(split(granted))
    if ANY_SCOPE in held or needed == ANY_SCOPE:
        return True
    return all(
        held & {one, f"{family}:read_write", f"{family}:*"}
        for one in split(needed)
        for family in [one.partition(":")[0]]
    )


def split(scopes: str) -> list[str]:
    return scopes.replace(",", " ").split()


def scopes_in_order(scopes: str) -> str:
    """Sorted, one space between; raises ValueError naming a scope that does not exist."""
    names = sorted(set(split(scopes)))
    for name in names:
        family, _, access = name.partition(":")
        if name != ANY_SCOPE and (family not in SCOPE_FAMILIES or access not in ("read_only", "read_write")):
            raise ValueError(f"unknown scope {name!r}: write * or FAMILY:read_only or FAMILY:read_write")
    if not names:
        raise ValueError("no scopes given: write * or FAMILY:read_only or FAMILY:read_write")
    return ANY_SCOPE if ANY_SCOPE in names else " ".join(names)
