"""The file that holds accounts, Linodes, events and the request log: SQLite, one connection, one lock.

WAL with synchronous NORMAL: what was committed survives the death of the process (kill -9).
A file that is not ours, or is damaged, is refused and never written to.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

APPLICATION_ID = 0x4C4E3441  # "LN4A"
SCHEMA_VERSION = 1
FIRST_LINODE_ID = 98_000_000
FIRST_EVENT_ID = 1_586_000_000
FIRST_DISK_ID = 188_000_000
FIRST_CONFIG_ID = 101_000_000

SCHEMA = """
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
        if tables and (owner, version) != (APPLICATION_ID, SCHEMA_VERSION):
            raise DatabaseUnusable(
                f"database {self.path} belongs to another program or version. Next: give another --database."
            )
        check = self.sql.execute("PRAGMA quick_check(1)").fetchone()[0]
        if check != "ok":
            raise sqlite3.DatabaseError(check)
        self.sql.execute("PRAGMA journal_mode = WAL")
        self.sql.execute("PRAGMA synchronous = NORMAL")
        with self.transaction():
            if not self.sql.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                self._create()

    def _create(self) -> None:
        for statement in SCHEMA.split(";\n"):
            self.sql.execute(statement)
        for table, first in [
            ("linodes", FIRST_LINODE_ID),
            ("events", FIRST_EVENT_ID),
            ("disks", FIRST_DISK_ID),
            ("configs", FIRST_CONFIG_ID),
        ]:
            self.sql.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, first))
        self.sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self.sql.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, for this thread alone; a transaction inside another one joins it."""
        with self.lock:
            if self._depth:
                yield self.sql
                return
            self.sql.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self.sql
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
