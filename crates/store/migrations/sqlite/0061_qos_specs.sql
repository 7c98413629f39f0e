-- Limits that volume types name; specs are canonical JSON.
CREATE TABLE qos_specs (
    id         TEXT PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL UNIQUE,
    consumer   TEXT NOT NULL,
    specs      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER
);
CREATE INDEX volume_types_by_qos_specs ON volume_types (qos_specs_id) WHERE qos_specs_id IS NOT NULL;
