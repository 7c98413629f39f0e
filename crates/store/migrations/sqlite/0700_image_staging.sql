-- On which host the data of an image wait for their import: only that one reaches them.
CREATE TABLE image_staging (
    image_id TEXT PRIMARY KEY NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    host     TEXT NOT NULL
);
