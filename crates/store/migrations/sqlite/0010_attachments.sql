-- Who uses which volume, from where, and how. `connector` and `connection_info` are JSON objects; the latter may hold
-- passwords of the storage.
CREATE TABLE attachments (
    seq             INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    volume_id       TEXT NOT NULL REFERENCES volumes (id),
    project_id      TEXT NOT NULL,
    instance_uuid   TEXT,
    attached_host   TEXT,
    mountpoint      TEXT,
    status          TEXT NOT NULL,
    mode            TEXT,
    connector       TEXT,
    connection_info TEXT,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER,
    attached_at     INTEGER
);
CREATE INDEX attachments_by_volume ON attachments (volume_id);
CREATE INDEX attachments_by_project ON attachments (project_id, created_at, id);
CREATE INDEX attachments_by_time ON attachments (created_at, id);
CREATE INDEX attachments_by_instance ON attachments (instance_uuid) WHERE instance_uuid IS NOT NULL;
