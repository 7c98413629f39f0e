-- Which process last began to look after a backend (`host@backend`), and on which machine: who can read whose volumes.
CREATE TABLE backend_processes (
    host           TEXT PRIMARY KEY NOT NULL,
    process        TEXT NOT NULL,
    machine        TEXT NOT NULL,
    shows_volumes  INTEGER NOT NULL,
    offers_volumes INTEGER NOT NULL
);
