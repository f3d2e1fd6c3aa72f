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
