-- The hosts that are let in to a volume without an attachment (`os-initialize_connection`). `connector` is a JSON object.
CREATE TABLE guests (
    seq       INTEGER PRIMARY KEY,
    volume_id TEXT NOT NULL REFERENCES volumes (id) ON DELETE CASCADE,
    connector TEXT NOT NULL,
    mode      TEXT NOT NULL
);
CREATE INDEX guests_by_volume ON guests (volume_id);
