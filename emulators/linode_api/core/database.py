"""The file that holds accounts, Linodes, events and the request log: SQLite, one connection, one lock.

Accounts, users and their grants, tokens, tags, Linodes, events and requests have tables of their own; every other kind
of thing (disks, firewalls, VPCs …) is a row of `records`, with ids that `counters` hands out (see records.py).
WAL with synchronous NORMAL: what was committed survives the death of the process (kill -9).
A file that is not ours, or is damaged, is refused and never written to; one of an earlier version is brought up to
date.
"""

from __future__ import annotations

import glob
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

APPLICATION_ID = 0x4C4E3441  # "LN4A"
VERSION = 5
SCHEMA = Path(__file__).parent / "schema"  # what each version adds to the one before

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
        for step in range(version + 1, VERSION + 1):
            for statement in (SCHEMA / f"{step}.sql").read_text(encoding="utf-8").split(";\n"):
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

    @property
    def state(self) -> tuple[int, int]:
        """Another one after each change that was stored, by this process or another."""
        with self.lock:
            return self.sql.total_changes, self.sql.execute("PRAGMA data_version").fetchone()[0]

    def run(self, statement: str, *values: object) -> sqlite3.Cursor:
        """Changes something: in the transaction that is open, else in one of its own."""
        with self.transaction():
            return self.sql.execute(statement, values)

    def insert(self, table: str, **columns: object) -> int:
        """The new row's id, where the table numbers its rows."""
        return self.upsert(table, "", **columns).lastrowid or 0

    def upsert(self, table: str, key: str, **columns: object) -> sqlite3.Cursor:
        """Inserts a row, or replaces these columns of the one with the same key."""
        names, marks = ", ".join(columns), ", ".join("?" for _ in columns)
        changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
        instead = f" ON CONFLICT ({key}) DO UPDATE SET {changes}" if key else ""
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks}){instead}"  # noqa: S608 - names of ours
        return self.run(statement, *columns.values())

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

    def snapshot(self, name: str, now: float) -> None:
        """Keeps all there is in a file beside this one, under that name; `now` comes back with it."""
        with self.lock, closing(sqlite3.connect(self._snapshot(name), isolation_level=None)) as copy:
            self.sql.backup(copy)
            copy.executescript("DROP TABLE IF EXISTS snapshot; CREATE TABLE snapshot (taken REAL NOT NULL)")
            copy.execute("INSERT INTO snapshot VALUES (?)", (now,))

    def restore(self, name: str) -> float:
        """All is as it was when the snapshot was taken; gives that moment. Raises KeyError when there is none."""
        if name not in self.snapshots():
            raise KeyError(name)
        with self.lock, closing(sqlite3.connect(self._snapshot(name))) as copy:
            copy.backup(self.sql)
            with self.transaction():
                self._upgrade(self.sql.execute("PRAGMA user_version").fetchone()[0])
            return float(self.one("SELECT taken FROM snapshot")["taken"])

    def snapshots(self) -> list[str]:
        """Their names."""
        start, end = self._snapshot("*").name.split("*")
        found = self.path.parent.glob(f"{glob.escape(start)}*{end}")
        return sorted(file.name.removeprefix(start).removesuffix(end) for file in found)

    def forget(self, name: str) -> None:
        """Raises KeyError when there is no such snapshot."""
        if name not in self.snapshots():
            raise KeyError(name)
        self._snapshot(name).unlink()

    def _snapshot(self, name: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{name}.snapshot")

    def close(self) -> None:
        with self.lock:
            self.sql.close()
