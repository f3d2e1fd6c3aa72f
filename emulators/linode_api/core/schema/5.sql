CREATE TABLE entity_grants (account_id INTEGER NOT NULL, username TEXT NOT NULL, kind TEXT NOT NULL,
  entity_id INTEGER NOT NULL, permissions TEXT NOT NULL, PRIMARY KEY (account_id, username, kind, entity_id));
