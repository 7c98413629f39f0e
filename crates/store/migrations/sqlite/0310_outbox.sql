-- What is to be told to whoever listens, written together with what happened, and removed when the broker has it.
CREATE TABLE outbox (
    seq          INTEGER PRIMARY KEY,
    message_id   TEXT NOT NULL UNIQUE,
    event_type   TEXT NOT NULL,
    publisher_id TEXT NOT NULL,
    priority     TEXT NOT NULL,
    request_id   TEXT,
    project_id   TEXT NOT NULL,
    user_id      TEXT NOT NULL,
    payload      TEXT NOT NULL,
    created_at   INTEGER NOT NULL
);

-- What one process at a time does, and until when nobody else may.
CREATE TABLE leases (
    name        TEXT PRIMARY KEY NOT NULL,
    owner       TEXT NOT NULL,
    lease_until INTEGER NOT NULL
);
