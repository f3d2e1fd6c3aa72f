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
