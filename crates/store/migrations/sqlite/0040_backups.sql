-- Backups of volumes. How many increments a backup has is not kept but counted.
CREATE TABLE backups (
    seq               INTEGER PRIMARY KEY,
    id                TEXT NOT NULL UNIQUE,
    project_id        TEXT NOT NULL,
    user_id           TEXT NOT NULL,
    volume_id         TEXT NOT NULL,
    snapshot_id       TEXT,
    parent_id         TEXT,
    name              TEXT,
    description       TEXT,
    size_gib          INTEGER NOT NULL,
    status            TEXT NOT NULL,
    fail_reason       TEXT,
    availability_zone TEXT NOT NULL,
    host              TEXT NOT NULL,
    container         TEXT,
    service           TEXT,
    service_metadata  TEXT,
    object_count      INTEGER NOT NULL,
    data_timestamp    INTEGER NOT NULL,
    temp_snapshot_id  TEXT,
    restore_volume_id TEXT,
    encryption_key_id TEXT,
    metadata          TEXT NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER
);
CREATE INDEX backups_by_project ON backups (project_id, created_at, id);
CREATE INDEX backups_by_time ON backups (created_at, id);
CREATE INDEX backups_by_volume ON backups (volume_id);
CREATE INDEX backups_by_place ON backups (container, service_metadata);
CREATE INDEX backups_by_parent ON backups (parent_id) WHERE parent_id IS NOT NULL;
