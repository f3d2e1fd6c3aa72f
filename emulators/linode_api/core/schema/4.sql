ALTER TABLE linodes ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX linodes_of ON linodes (account_id, id, version);
CREATE INDEX records_in_order ON records (account_id, kind, id);
CREATE INDEX records_by_label ON records (account_id, kind, json_extract(body, '$.label'));
CREATE INDEX configs_with_volumes ON records (account_id) WHERE kind = 'config' AND body GLOB '*"volume_id": [0-9]*';
CREATE INDEX linodes_in_groups ON linodes (json_extract(body, '$.placement_group.id'))
  WHERE json_extract(body, '$.placement_group.id') IS NOT NULL;
CREATE INDEX linodes_bound_for ON linodes (json_extract(body, '$.move.to'))
  WHERE json_extract(body, '$.move.to') IS NOT NULL;
CREATE INDEX events_in_order ON events (account_id);
CREATE INDEX events_about ON events (account_id, json_extract(body, '$.entity.id'));
