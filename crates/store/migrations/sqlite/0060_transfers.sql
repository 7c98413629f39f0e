-- Volumes that are offered to other projects. Of the auth key only a salted hash is kept, both in hexadecimal.
CREATE TABLE transfers (
    id           TEXT PRIMARY KEY NOT NULL,
    volume_id    TEXT NOT NULL REFERENCES volumes (id) ON DELETE CASCADE,
    project_id   TEXT NOT NULL,
    name         TEXT,
    no_snapshots INTEGER NOT NULL,
    salt         TEXT NOT NULL,
    key_hash     TEXT NOT NULL,
    created_at   INTEGER NOT NULL
);
CREATE INDEX transfers_by_project ON transfers (project_id, created_at, id);
CREATE INDEX transfers_by_volume ON transfers (volume_id);
