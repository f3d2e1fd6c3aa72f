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
