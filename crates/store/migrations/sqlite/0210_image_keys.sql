-- The keys of images that were made of encrypted volumes. A key outlives the record of its image until it is removed.
CREATE TABLE image_keys (
    image_id TEXT PRIMARY KEY NOT NULL,
    key_id   TEXT NOT NULL
);
