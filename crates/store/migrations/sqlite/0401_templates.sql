-- Templates of desktops, the generations that were saved of them, and the volumes that were made from them.
CREATE TABLE templates (
    id              TEXT PRIMARY KEY,
    project_id      TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    name            TEXT,
    description     TEXT,
    volume_id       TEXT NOT NULL UNIQUE,
    iso_volume_id   TEXT,
    disk_generation INTEGER,
    current_generation INTEGER,
    -- Saves up to this number do not change which generation is current any more.
    decided_up_to   INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
);
CREATE INDEX templates_by_project ON templates (project_id, created_at);

CREATE TABLE generations (
    template_id   TEXT NOT NULL,
    number        INTEGER NOT NULL,
    image_id      TEXT NOT NULL,
    parent        INTEGER,
    status        TEXT NOT NULL,
    failure       TEXT,
    size_gib      INTEGER NOT NULL,
    changed_bytes INTEGER,
    sha256        TEXT,
    backend       TEXT,
    exported      INTEGER NOT NULL,
    note          TEXT,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (template_id, number)
);
CREATE INDEX generations_by_image ON generations (image_id);

CREATE TABLE desktops (
    volume_id   TEXT PRIMARY KEY,
    template_id TEXT NOT NULL,
    generation  INTEGER NOT NULL,
    target      INTEGER
);
CREATE INDEX desktops_by_template ON desktops (template_id);
