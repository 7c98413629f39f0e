-- How often the copies of images in the cache of a host were read, and when last. What nobody read has no row.
CREATE TABLE image_cache_reads (
    host     TEXT NOT NULL,
    image_id TEXT NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    hits     INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    PRIMARY KEY (host, image_id)
);
