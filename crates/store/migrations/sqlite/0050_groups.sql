-- Groups of volumes, their types, and snapshots of whole groups.
CREATE TABLE group_types (
    id          TEXT PRIMARY KEY NOT NULL,
    name        TEXT NOT NULL UNIQUE,
    description TEXT,
    is_public   INTEGER NOT NULL,
    group_specs TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER
);

-- The type of consistency groups, which are groups under another name.
INSERT INTO group_types (id, name, description, is_public, group_specs, created_at)
VALUES ('4a7c4c39-6f0c-4a2e-9d0b-6a7e3f5d1c50', 'default_cgsnapshot_type',
        'Default group type for migrating cgsnapshot', 1, '{"consistent_group_snapshot_enabled":"<is> True"}',
        CAST(strftime('%s', 'now') AS INTEGER) * 1000000);

CREATE TABLE volume_groups (
    seq                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    project_id         TEXT NOT NULL,
    user_id            TEXT NOT NULL,
    name               TEXT,
    description        TEXT,
    status             TEXT NOT NULL,
    availability_zone  TEXT NOT NULL,
    host               TEXT,
    group_type_id      TEXT NOT NULL REFERENCES group_types (id),
    group_snapshot_id  TEXT,
    source_group_id    TEXT,
    replication_status VARCHAR(32) NOT NULL,
    -- The site that works since a group that is replicated by itself was failed over.
    active_backend_id  TEXT,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER
);
CREATE INDEX volume_groups_by_project ON volume_groups (project_id, created_at, id);
CREATE INDEX volume_groups_by_time ON volume_groups (created_at, id);
CREATE INDEX volume_groups_by_type ON volume_groups (group_type_id);

-- The types that the volumes of a group may have, in the order of the request.
CREATE TABLE volume_group_types (
    group_id       TEXT NOT NULL REFERENCES volume_groups (id) ON DELETE CASCADE,
    place          INTEGER NOT NULL,
    volume_type_id TEXT NOT NULL REFERENCES volume_types (id),
    PRIMARY KEY (group_id, volume_type_id)
);
CREATE INDEX volume_group_types_by_type ON volume_group_types (volume_type_id);

CREATE TABLE group_snapshots (
    seq           INTEGER PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE,
    group_id      TEXT NOT NULL REFERENCES volume_groups (id),
    project_id    TEXT NOT NULL,
    user_id       TEXT NOT NULL,
    name          TEXT,
    description   TEXT,
    status        TEXT NOT NULL,
    group_type_id TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER
);
CREATE INDEX group_snapshots_by_project ON group_snapshots (project_id, created_at, id);
CREATE INDEX group_snapshots_by_time ON group_snapshots (created_at, id);
CREATE INDEX group_snapshots_by_group ON group_snapshots (group_id);
