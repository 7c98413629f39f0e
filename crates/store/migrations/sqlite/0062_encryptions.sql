-- How the volumes of a type are encrypted.
CREATE TABLE volume_type_encryptions (
    volume_type_id   TEXT PRIMARY KEY NOT NULL REFERENCES volume_types (id) ON DELETE CASCADE,
    id               TEXT NOT NULL,
    provider         TEXT NOT NULL,
    cipher           TEXT,
    key_size_bits    INTEGER,
    control_location TEXT NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER
);
