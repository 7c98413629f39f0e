-- Images. Properties are canonical JSON like metadata; tags are a sorted JSON array; locations a JSON array of objects.
CREATE TABLE images (
    seq                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    owner              TEXT,
    name               TEXT,
    status             TEXT NOT NULL,
    visibility         TEXT NOT NULL,
    disk_format        TEXT,
    container_format   TEXT,
    size_bytes         INTEGER,
    virtual_size_bytes INTEGER,
    checksum           TEXT,
    os_hash_algo       TEXT,
    os_hash_value      TEXT,
    min_disk_gib       INTEGER NOT NULL,
    min_ram_mib        INTEGER NOT NULL,
    protected          INTEGER NOT NULL,
    hidden             INTEGER NOT NULL,
    properties         TEXT NOT NULL,
    tags               TEXT NOT NULL,
    locations          TEXT NOT NULL,
    worker             TEXT,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL
);
CREATE INDEX images_by_owner ON images (owner, created_at, id);
CREATE INDEX images_by_time ON images (created_at, id);

CREATE TABLE image_members (
    image_id   TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    member     TEXT NOT NULL,
    status     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (image_id, member)
);
CREATE INDEX image_members_by_member ON image_members (member, status);
