"""The file that holds accounts, Linodes, events and the request log: SQLite, one connection, one lock.

Accounts, users, tokens, tags, Linodes, events and requests have tables of their own; every other kind of thing (disks,
firewalls, VPCs …) is a row of `records`, with ids that `counters` hands out (see records.py).
WAL with synchronous NORMAL: what was committed survives the death of the process (kill -9).
A file that is not ours, or is damaged, is refused and never written to; one of an earlier version is brought up to
date.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

APPLICATION_ID = 0x4C4E3441  # "LN4A"
VERSION = 3

FIRST_VERSION = """
CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, euuid TEXT NOT NULL,
  username TEXT NOT NULL, created REAL NOT NULL, settings TEXT NOT NULL);
CREATE TABLE tokens (digest TEXT PRIMARY KEY, account_id INTEGER NOT NULL, scopes TEXT NOT NULL,
  created REAL NOT NULL);
CREATE TABLE linodes (id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL, label TEXT NOT NULL,
  created REAL NOT NULL, updated REAL NOT NULL, status TEXT NOT NULL, timeline TEXT NOT NULL,
  busy_until REAL NOT NULL, body TEXT NOT NULL);
CREATE UNIQUE INDEX one_label ON linodes (account_id, label);
CREATE TABLE disks (id INTEGER PRIMARY KEY AUTOINCREMENT, linode_id INTEGER NOT NULL, created REAL NOT NULL,
  ready REAL NOT NULL, body TEXT NOT NULL);
CREATE INDEX disks_of ON disks (linode_id);
CREATE TABLE configs (id INTEGER PRIMARY KEY AUTOINCREMENT, linode_id INTEGER NOT NULL, created REAL NOT NULL,
  body TEXT NOT NULL);
CREATE INDEX configs_of ON configs (linode_id);
CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL, linode_id INTEGER,
  action TEXT NOT NULL, created REAL NOT NULL, starts REAL, ends REAL, speed REAL NOT NULL,
  failed INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL, effect TEXT);
CREATE INDEX events_of ON events (account_id, linode_id);
CREATE INDEX effects_due ON events (account_id, ends) WHERE effect IS NOT NULL;
CREATE TABLE tags (account_id INTEGER NOT NULL, label TEXT NOT NULL COLLATE NOCASE,
  PRIMARY KEY (account_id, label));
CREATE TABLE requests (id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, account TEXT,
  method TEXT NOT NULL, path TEXT NOT NULL, query TEXT NOT NULL, filter TEXT, status INTEGER NOT NULL,
  fault TEXT, created_id INTEGER);
"""
SECOND_VERSION = """
CREATE TABLE records (kind TEXT NOT NULL, id INTEGER NOT NULL, account_id INTEGER NOT NULL, parent_id INTEGER,
  created REAL NOT NULL, updated REAL NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id));
CREATE INDEX records_of ON records (account_id, kind, parent_id);
CREATE TABLE counters (kind TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE catalog_edits (catalog TEXT NOT NULL, id TEXT NOT NULL, listed INTEGER NOT NULL, body TEXT,
  PRIMARY KEY (catalog, id));
CREATE TABLE users (account_id INTEGER NOT NULL, username TEXT NOT NULL, restricted INTEGER NOT NULL,
  grants TEXT NOT NULL, created REAL NOT NULL, PRIMARY KEY (account_id, username));
ALTER TABLE tokens ADD COLUMN id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN label TEXT NOT NULL DEFAULT 'token';
ALTER TABLE tokens ADD COLUMN start TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN expiry REAL;
ALTER TABLE tokens ADD COLUMN username TEXT;
UPDATE tokens SET id = rowid;
"""
THIRD_VERSION = """
INSERT INTO records (kind, id, account_id, parent_id, created, updated, body)
  SELECT 'disk', disks.id, account_id, linode_id, disks.created, disks.created,
    json_set(disks.body, '$.ready', disks.ready) FROM disks JOIN linodes ON linodes.id = linode_id;
INSERT INTO records (kind, id, account_id, parent_id, created, updated, body)
  SELECT 'config', configs.id, account_id, linode_id, configs.created,
    coalesce(json_extract(configs.body, '$.updated'), configs.created), configs.body
  FROM configs JOIN linodes ON linodes.id = linode_id;
INSERT INTO counters (kind, last) SELECT rtrim(name, 's'), seq FROM sqlite_sequence
  WHERE name IN ('disks', 'configs');
DROP TABLE disks;
DROP TABLE configs;
"""
STEPS = (FIRST_VERSION, SECOND_VERSION, THIRD_VERSION)
FIRST_IDS = {"linodes": 98_000_000, "events": 1_586_000_000}


class DatabaseUnusable(Exception):
    """The file cannot be used: damaged, another program's, or not writable. Nothing was changed."""


class Database:
    """One connection for one process; threads take turns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._depth = 0
        try:
            self.sql = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        except sqlite3.Error as failure:
            raise DatabaseUnusable(
                f"database {path} cannot be opened ({failure}). Next: make its folder, or give another --database."
            ) from failure
        try:
            self._prepare()
        except sqlite3.Error as failure:
            self.sql.close()
            raise DatabaseUnusable(
                f"database {path} is damaged or not writable ({failure})."
                " Next: give another --database, or move this file away."
            ) from failure
        except DatabaseUnusable:
            self.sql.close()
            raise

    def _prepare(self) -> None:
        self.sql.row_factory = sqlite3.Row
        tables = self.sql.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        owner = self.sql.execute("PRAGMA application_id").fetchone()[0]
        version = self.sql.execute("PRAGMA user_version").fetchone()[0]
        if tables and (owner != APPLICATION_ID or not 1 <= version <= VERSION):
            raise DatabaseUnusable(
                f"database {self.path} belongs to another program or version. Next: give another --database."
            )
        check = self.sql.execute("PRAGMA quick_check(1)").fetchone()[0]
        if check != "ok":
            raise sqlite3.DatabaseError(check)
        self.sql.execute("PRAGMA journal_mode = WAL")
        self.sql.execute("PRAGMA synchronous = NORMAL")
        with self.transaction():  # another process may have been first: look again
            self._upgrade(self.sql.execute("PRAGMA user_version").fetchone()[0])

    def _upgrade(self, version: int) -> None:
        """From that version (0: an empty file) to today's."""
        for step in STEPS[version:]:
            for statement in step.strip().rstrip(";").split(";\n"):
                self.sql.execute(statement)
        if version == 0:
            first = FIRST_IDS.items()
            self.sql.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", first)
        if version < VERSION:
            self.sql.execute(f"PRAGMA user_version = {VERSION}")
            self.sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")

    def one(self, question: str, *values: object) -> Any:
        """The first row, or None."""
        with self.lock:
            return self.sql.execute(question, values).fetchone()

    def all(self, question: str, *values: object) -> list[sqlite3.Row]:
        with self.lock:
            return self.sql.execute(question, values).fetchall()

    def run(self, statement: str, *values: object) -> sqlite3.Cursor:
        """Changes something: in the transaction that is open, else in one of its own."""
        with self.transaction():
            return self.sql.execute(statement, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, for this thread alone; a transaction inside another one joins it."""
        with self.lock:
            if self._depth:
                yield
                return
            self.sql.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self.sql.execute("ROLLBACK")
                raise
            else:
                self.sql.execute("COMMIT")
            finally:
                self._depth -= 1

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Inside a transaction: undoes just this part when it fails."""
        self.sql.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self.sql.execute("ROLLBACK TO part")
            raise
        finally:
            self.sql.execute("RELEASE part")

    def close(self) -> None:
        with self.lock:
            self.sql.close()
