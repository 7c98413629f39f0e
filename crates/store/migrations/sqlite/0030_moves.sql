-- The other copy of a volume that is moving to another backend, or has moved and has left one behind. Its pool is
-- charged with it as with a volume.
CREATE TABLE volume_copies (
    volume_id         TEXT PRIMARY KEY NOT NULL REFERENCES volumes (id),
    host              TEXT NOT NULL,
    charged_gib       INTEGER NOT NULL,
    made              INTEGER NOT NULL,
    -- The name under which its data are; the key of one that is encrypted in another way, and whether it may have a key that
    -- was never noted.
    name_id           TEXT,
    encryption_key_id TEXT,
    own_key           INTEGER NOT NULL,
    provider_location TEXT,
    provider_id       TEXT
);
CREATE INDEX volume_copies_by_host ON volume_copies (host);

-- The type that a volume is to get. The quota of that type is charged with the volume already.
CREATE TABLE volume_retypes (
    volume_id      TEXT PRIMARY KEY NOT NULL REFERENCES volumes (id),
    project_id     TEXT NOT NULL,
    volume_type_id TEXT NOT NULL REFERENCES volume_types (id),
    charged_gib    INTEGER NOT NULL,
    consumes_quota INTEGER NOT NULL
);
CREATE INDEX volume_retypes_by_type ON volume_retypes (volume_type_id);
