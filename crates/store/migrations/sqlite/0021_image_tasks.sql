-- What clients watch of long work on images. Input and result are JSON objects.
CREATE TABLE image_tasks (
    seq        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    type       TEXT NOT NULL,
    status     TEXT NOT NULL,
    owner      TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    image_id   TEXT,
    request_id TEXT,
    input      TEXT NOT NULL,
    result     TEXT,
    message    TEXT NOT NULL,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX image_tasks_by_image ON image_tasks (image_id);
CREATE INDEX image_tasks_by_owner ON image_tasks (owner, created_at, id);
CREATE INDEX image_tasks_by_expiry ON image_tasks (expires_at) WHERE expires_at IS NOT NULL;
