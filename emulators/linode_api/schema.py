"""The tables of the database, and how an older file is brought up to date.

Accounts, tokens, Linodes, disks, configs, events and requests have tables of their own; every other kind of
thing (firewalls, VPCs, images …) is a row of `records`, with ids that `counters` hands out (see records.py).
"""

from __future__ import annotations

VERSION = 2

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
STEPS = (FIRST_VERSION, SECOND_VERSION)
FIRST_IDS = {"linodes": 98_000_000, "events": 1_586_000_000, "disks": 188_000_000, "configs": 101_000_000}


def statements(version: int) -> list[str]:
    """What turns a file of that version (0: an empty one) into one of today's."""
    found = [part for step in STEPS[version:] for part in step.strip().split(";\n")]
    if version == 0:
        found += [
            f"INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', {first})"  # noqa: S608 - names from above
            for table, first in FIRST_IDS.items()
        ]
    return [*(part.rstrip(";") for part in found), f"PRAGMA user_version = {VERSION}"]
