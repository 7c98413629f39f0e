-- Times are microseconds since the epoch by the database's clock; identifiers are text; booleans are 0 and 1;
-- metadata is canonical JSON (sorted keys, no blanks).

CREATE TABLE volume_types (
    id            TEXT PRIMARY KEY NOT NULL,
    name          TEXT NOT NULL UNIQUE,
    description   TEXT,
    is_public     INTEGER NOT NULL,
    extra_specs   TEXT NOT NULL,
    qos_specs_id  TEXT,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER
);

CREATE TABLE volume_type_projects (
    volume_type_id TEXT NOT NULL REFERENCES volume_types (id) ON DELETE CASCADE,
    project_id     TEXT NOT NULL,
    PRIMARY KEY (volume_type_id, project_id)
);

CREATE TABLE volumes (
    seq                INTEGER PRIMARY KEY,
    id                 TEXT NOT NULL UNIQUE,
    project_id         TEXT NOT NULL,
    user_id            TEXT NOT NULL,
    name               TEXT,
    description        TEXT,
    size_gib           INTEGER NOT NULL,
    charged_gib        INTEGER NOT NULL,
    consumes_quota     INTEGER NOT NULL,
    status             TEXT NOT NULL,
    previous_status    TEXT,
    attach_status      TEXT NOT NULL,
    migration_status   TEXT,
    volume_type_id     TEXT NOT NULL REFERENCES volume_types (id),
    availability_zone  TEXT NOT NULL,
    host               TEXT,
    bootable           INTEGER NOT NULL,
    multiattach        INTEGER NOT NULL,
    readonly           INTEGER,
    snapshot_id        TEXT,
    source_volid       TEXT,
    group_id           TEXT,
    provider_location  TEXT,
    provider_id        TEXT,
    -- What the driver needs to let hosts in again; never shown.
    provider_auth      TEXT,
    -- The name under which its data are, when that is not its own identifier.
    name_id            TEXT,
    -- The volume that the compute service copies to this one.
    migrates_for       TEXT,
    backup_id          TEXT,
    encryption_key_id  TEXT,
    replication_status TEXT,
    metadata           TEXT NOT NULL,
    image_metadata     TEXT NOT NULL,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER,
    launched_at        INTEGER
);
-- A page of a project's list, and a page of everybody's, in the default order.
CREATE INDEX volumes_by_project ON volumes (project_id, created_at, id);
CREATE INDEX volumes_by_time ON volumes (created_at, id);
CREATE INDEX volumes_by_host ON volumes (host);
CREATE INDEX volumes_by_type ON volumes (volume_type_id);
CREATE INDEX volumes_by_name ON volumes (name_id) WHERE name_id IS NOT NULL;
CREATE INDEX volumes_by_group ON volumes (group_id) WHERE group_id IS NOT NULL;
-- The volumes that a report of a pool may or may not see, among however many that it does.
CREATE INDEX volumes_in_the_making ON volumes (host) WHERE launched_at IS NULL OR charged_gib <> size_gib;

CREATE TABLE snapshots (
    seq               INTEGER PRIMARY KEY,
    id                TEXT NOT NULL UNIQUE,
    volume_id         TEXT NOT NULL REFERENCES volumes (id),
    project_id        TEXT NOT NULL,
    user_id           TEXT NOT NULL,
    name              TEXT,
    description       TEXT,
    size_gib          INTEGER NOT NULL,
    charged_gib       INTEGER NOT NULL,
    consumes_quota    INTEGER NOT NULL,
    status            TEXT NOT NULL,
    progress_percent  INTEGER NOT NULL,
    volume_type_id    TEXT NOT NULL,
    provider_location TEXT,
    provider_id       TEXT,
    encryption_key_id TEXT,
    group_snapshot_id TEXT,
    metadata          TEXT NOT NULL,
    -- What a bootable volume remembered of its image when the snapshot was taken.
    image_metadata    TEXT NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER
);
CREATE INDEX snapshots_by_project ON snapshots (project_id, created_at, id);
CREATE INDEX snapshots_by_time ON snapshots (created_at, id);
CREATE INDEX snapshots_by_volume ON snapshots (volume_id);
CREATE INDEX snapshots_by_group_snapshot ON snapshots (group_snapshot_id) WHERE group_snapshot_id IS NOT NULL;

CREATE TABLE services (
    binary             TEXT NOT NULL,
    host               TEXT NOT NULL,
    uuid               TEXT NOT NULL,
    -- The small identifier under which administrators name it.
    number             INTEGER NOT NULL,
    cluster_name       TEXT,
    availability_zone  TEXT NOT NULL,
    disabled           INTEGER NOT NULL,
    disabled_reason    TEXT,
    frozen             INTEGER NOT NULL,
    replication_status TEXT,
    active_backend_id  TEXT,
    heartbeat_at       INTEGER NOT NULL,
    backend_up         INTEGER NOT NULL,
    -- Until a backend has reported after its service was started, nobody knows what fits there.
    started_at         INTEGER,
    -- How far its host's clock was ahead of the database's at the last heartbeat, in milliseconds.
    clock_ahead_ms     INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    PRIMARY KEY (binary, host)
);

CREATE TABLE pools (
    host                    TEXT PRIMARY KEY NOT NULL,
    backend                 TEXT NOT NULL,
    report                  TEXT NOT NULL,
    allocated_gib           INTEGER NOT NULL,
    volumes                 INTEGER NOT NULL,
    placed_gib              INTEGER NOT NULL,
    allocated_at_report_gib INTEGER NOT NULL,
    placed_at_report_gib    INTEGER NOT NULL,
    pending_at_report_gib   INTEGER NOT NULL,
    -- How often the free space has changed, and had when the report was begun: whether a report is the last word.
    changes                 INTEGER NOT NULL,
    changes_at_report       INTEGER NOT NULL,
    reported_at             INTEGER NOT NULL
);
CREATE INDEX pools_by_backend ON pools (backend);

-- Limits are by name (`volumes_{type name}`), usage by identifier (`volumes:{type id}`), so a renamed type moves no usage.
CREATE TABLE quota_limits (
    project_id TEXT NOT NULL,
    resource   VARCHAR(300) NOT NULL,
    hard_limit INTEGER NOT NULL,
    PRIMARY KEY (project_id, resource)
);

CREATE TABLE quota_class_limits (
    class_name TEXT NOT NULL,
    resource   VARCHAR(300) NOT NULL,
    hard_limit INTEGER NOT NULL,
    PRIMARY KEY (class_name, resource)
);

-- Changed only in the transactions that insert, remove or grow what is counted; a recount must equal it.
CREATE TABLE quota_usages (
    project_id TEXT NOT NULL,
    resource   VARCHAR(300) NOT NULL,
    in_use     INTEGER NOT NULL,
    PRIMARY KEY (project_id, resource)
);

CREATE TABLE messages (
    seq           INTEGER PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE,
    project_id    TEXT NOT NULL,
    request_id    TEXT,
    resource_type TEXT NOT NULL,
    resource_uuid TEXT,
    event_id      TEXT NOT NULL,
    level         TEXT NOT NULL,
    user_message  TEXT NOT NULL,
    created_at    INTEGER NOT NULL
);
CREATE INDEX messages_by_project ON messages (project_id, created_at, id);
CREATE INDEX messages_by_age ON messages (created_at);

-- The ledger. `queue` and `exclusive_key` are null once an operation has ended.
CREATE TABLE operations (
    seq              INTEGER PRIMARY KEY,
    id               TEXT NOT NULL UNIQUE,
    kind             TEXT NOT NULL,
    resource         VARCHAR(512) NOT NULL,
    project_id       TEXT NOT NULL,
    user_id          TEXT NOT NULL,
    request_id       TEXT,
    state            TEXT NOT NULL,
    queue            VARCHAR(512),
    phase            TEXT NOT NULL,
    args             TEXT NOT NULL,
    exclusive_key    VARCHAR(512) UNIQUE,
    fence            INTEGER NOT NULL,
    owner            TEXT,
    lease_until      INTEGER NOT NULL,
    run_after        INTEGER NOT NULL,
    attempts         INTEGER NOT NULL,
    progress         INTEGER,
    last_error       TEXT,
    -- Why it was given up, when it was for something else that was asked for. Its owner is told.
    given_up_because TEXT,
    abandoned        INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL
);
CREATE INDEX operations_due ON operations (queue, run_after) WHERE queue IS NOT NULL;
-- Of those that have ended, nobody asks by resource: what is written for each creation is half of what it costs.
CREATE INDEX operations_by_resource ON operations (resource) WHERE state = 'pending';
CREATE INDEX operations_ended ON operations (state, updated_at);

-- What running operations read from, and nobody may remove meanwhile.
CREATE TABLE shared_claims (
    resource     VARCHAR(512) NOT NULL,
    operation_id VARCHAR(64) NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    PRIMARY KEY (resource, operation_id)
);
CREATE INDEX shared_claims_by_operation ON shared_claims (operation_id);
