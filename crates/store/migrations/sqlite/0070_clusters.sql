-- Services that look after one storage together, and what the service as such knows of replication. `number` is the
-- small identifier under which administrators name a service.
ALTER TABLE services ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE services ADD COLUMN cluster_name TEXT;
ALTER TABLE services ADD COLUMN replication_status TEXT;
ALTER TABLE services ADD COLUMN active_backend_id TEXT;
UPDATE services SET number = (SELECT COUNT(*) FROM services AS older WHERE older.created_at < services.created_at
    OR (older.created_at = services.created_at AND older.binary || older.host <= services.binary || services.host));

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
