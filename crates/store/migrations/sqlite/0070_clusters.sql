-- Services that look after one storage together.
CREATE TABLE clusters (
    name               TEXT NOT NULL,
    binary             TEXT NOT NULL,
    disabled           INTEGER NOT NULL,
    disabled_reason    TEXT,
    frozen             INTEGER NOT NULL,
    replication_status TEXT NOT NULL,
    active_backend_id  TEXT,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER,
    PRIMARY KEY (name, binary)
);
