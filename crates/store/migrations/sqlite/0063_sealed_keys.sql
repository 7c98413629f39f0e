-- Keys of encrypted volumes, sealed under a master key that is not in the database. Bytes are in hexadecimal.
CREATE TABLE sealed_keys (
    id         TEXT PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL UNIQUE,
    algorithm  TEXT NOT NULL,
    bits       INTEGER NOT NULL,
    nonce      TEXT NOT NULL,
    sealed     TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

-- Which master key that is: the only row has its fingerprint, by which another is told from it.
CREATE TABLE master_keys (
    id          INTEGER PRIMARY KEY NOT NULL,
    fingerprint TEXT NOT NULL
);
