-- What volumes and snapshots know of backups, groups, keys and replicas.
ALTER TABLE volumes ADD COLUMN backup_id TEXT;
ALTER TABLE volumes ADD COLUMN encryption_key_id TEXT;
ALTER TABLE volumes ADD COLUMN replication_status TEXT;
ALTER TABLE snapshots ADD COLUMN group_snapshot_id TEXT;
ALTER TABLE snapshots ADD COLUMN encryption_key_id TEXT;

-- The members of a group, and of a snapshot of a group.
CREATE INDEX volumes_by_group ON volumes (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX snapshots_by_group_snapshot ON snapshots (group_snapshot_id) WHERE group_snapshot_id IS NOT NULL;
