-- Policies of backups: which volumes they are for, what they are going to do, what they made, and what was proven of it.
CREATE TABLE backup_policies (
    id              TEXT PRIMARY KEY,
    project_id      TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    name            TEXT,
    description     TEXT,
    enabled         INTEGER NOT NULL,
    all_projects    INTEGER NOT NULL,
    schedule        TEXT NOT NULL,
    full_every      INTEGER NOT NULL,
    keep_last       INTEGER NOT NULL,
    keep_hourly     INTEGER NOT NULL,
    keep_daily      INTEGER NOT NULL,
    keep_weekly     INTEGER NOT NULL,
    keep_monthly    INTEGER NOT NULL,
    keep_yearly     INTEGER NOT NULL,
    verify_schedule TEXT,
    verify_by       TEXT NOT NULL,
    next_run_at     INTEGER,
    next_verify_at  INTEGER,
    prune_at        INTEGER,
    last_run_at     INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER
);
CREATE INDEX backup_policies_by_project ON backup_policies (project_id, created_at);

CREATE TABLE backup_policy_targets (
    policy_id TEXT NOT NULL REFERENCES backup_policies (id) ON DELETE CASCADE,
    kind      VARCHAR(16) NOT NULL,
    target    VARCHAR(64) NOT NULL,
    PRIMARY KEY (policy_id, kind, target)
);

CREATE TABLE backup_policy_due (
    policy_id  TEXT NOT NULL REFERENCES backup_policies (id) ON DELETE CASCADE,
    chore      VARCHAR(16) NOT NULL,
    target     VARCHAR(64) NOT NULL,
    due_at     INTEGER NOT NULL,
    try_at     INTEGER NOT NULL,
    refused_at INTEGER,
    why        TEXT,
    PRIMARY KEY (policy_id, chore, target)
);
CREATE INDEX backup_policy_due_by_time ON backup_policy_due (chore, try_at);

CREATE TABLE backups_of_policies (
    backup_id TEXT PRIMARY KEY REFERENCES backups (id) ON DELETE CASCADE,
    policy_id TEXT NOT NULL
);
CREATE INDEX backups_of_policies_by_policy ON backups_of_policies (policy_id);

CREATE TABLE backup_proofs (
    backup_id  TEXT PRIMARY KEY REFERENCES backups (id) ON DELETE CASCADE,
    checked_at INTEGER NOT NULL,
    verify_by  TEXT NOT NULL,
    verdict    TEXT NOT NULL,
    why        TEXT
);
