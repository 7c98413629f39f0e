-- Volumes that the host of a server grows, and what the compute service has said of it: nothing yet, or whether they have
-- grown (`word` 1) or not (0).
CREATE TABLE host_growths (
    volume_id    TEXT PRIMARY KEY REFERENCES volumes (id) ON DELETE CASCADE,
    new_size_gib INTEGER NOT NULL,
    asked_at     INTEGER NOT NULL,
    wait_until   INTEGER NOT NULL,
    word         INTEGER
);
