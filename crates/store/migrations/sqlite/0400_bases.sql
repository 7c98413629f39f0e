-- Bases: the contents of images that backends keep to make volumes from. What stands on one has its name as its
-- `provider_location`.
CREATE TABLE bases (
    id         TEXT PRIMARY KEY,
    backend    TEXT NOT NULL,
    pool       TEXT,
    image_id   TEXT NOT NULL,
    parent_id  TEXT,
    height     INTEGER NOT NULL,
    size_gib   INTEGER NOT NULL,
    status     TEXT NOT NULL,
    failure    TEXT,
    created_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    UNIQUE (backend, image_id)
);
CREATE INDEX bases_by_image ON bases (image_id);
CREATE INDEX bases_by_parent ON bases (parent_id);
CREATE INDEX volumes_by_location ON volumes (provider_location) WHERE provider_location IS NOT NULL;
CREATE INDEX snapshots_by_location ON snapshots (provider_location) WHERE provider_location IS NOT NULL;

-- How often volumes were made from images with and without a base that was there already; how often an image was brought to
-- a backend, and how often one had to go so that another found room.
CREATE TABLE base_uses (
    backend   TEXT PRIMARY KEY,
    hits      INTEGER NOT NULL,
    misses    INTEGER NOT NULL,
    fetches   INTEGER NOT NULL,
    evictions INTEGER NOT NULL
);
