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

from emulators.linode_api import schema

APPLICATION_ID = 0x4C4E3441  # "LN4A"


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
        if tables and (owner != APPLICATION_ID or not 1 <= version <= schema.VERSION):
            raise DatabaseUnusable(
                f"database {self.path} belongs to another program or version. Next: give another --database."
            )
        check = self.sql.execute("PRAGMA quick_check(1)").fetchone()[0]
        if check != "ok":
            raise sqlite3.DatabaseError(check)
        self.sql.execute("PRAGMA journal_mode = WAL")
        self.sql.execute("PRAGMA synchronous = NORMAL")
        with self.transaction():  # another process may have been first: look again
            version = self.sql.execute("PRAGMA user_version").fetchone()[0]
            if version < schema.VERSION:
                for statement in schema.statements(version):
                    self.sql.execute(statement)
                self.sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")

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
