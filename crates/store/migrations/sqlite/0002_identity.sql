-- The embedded identity. Identifiers are 32 hexadecimal digits, except those that an administrator chose (regions) and
-- the domain `default`. `extra` is a JSON object of attributes that are kept and shown but mean nothing here.

CREATE TABLE identity_domains (
    id          TEXT PRIMARY KEY NOT NULL,
    name        TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    enabled     INTEGER NOT NULL,
    extra       TEXT NOT NULL
);

-- A project without a parent is right below its domain. Tags are a sorted JSON array.
CREATE TABLE identity_projects (
    id          TEXT PRIMARY KEY NOT NULL,
    name        TEXT NOT NULL,
    domain_id   TEXT NOT NULL REFERENCES identity_domains (id),
    parent_id   TEXT REFERENCES identity_projects (id),
    description TEXT NOT NULL,
    enabled     INTEGER NOT NULL,
    tags        TEXT NOT NULL,
    extra       TEXT NOT NULL,
    UNIQUE (domain_id, name)
);
CREATE INDEX identity_projects_by_parent ON identity_projects (parent_id);
CREATE INDEX identity_projects_by_name ON identity_projects (name);

-- `auth_generation` counts the times when all tokens of the user ended at once.
CREATE TABLE identity_users (
    id                 TEXT PRIMARY KEY NOT NULL,
    name               TEXT NOT NULL,
    domain_id          TEXT NOT NULL REFERENCES identity_domains (id),
    default_project_id TEXT,
    enabled            INTEGER NOT NULL,
    password_hash      TEXT,
    auth_generation    INTEGER NOT NULL,
    extra              TEXT NOT NULL,
    UNIQUE (domain_id, name)
);
CREATE INDEX identity_users_by_name ON identity_users (name);

CREATE TABLE identity_groups (
    id          TEXT PRIMARY KEY NOT NULL,
    name        TEXT NOT NULL,
    domain_id   TEXT NOT NULL REFERENCES identity_domains (id),
    description TEXT NOT NULL,
    extra       TEXT NOT NULL,
    UNIQUE (domain_id, name)
);

CREATE TABLE identity_group_members (
    user_id  TEXT NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    group_id TEXT NOT NULL REFERENCES identity_groups (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, group_id)
);
CREATE INDEX identity_group_members_by_group ON identity_group_members (group_id);

CREATE TABLE identity_roles (
    id          TEXT PRIMARY KEY NOT NULL,
    name        TEXT NOT NULL UNIQUE,
    description TEXT,
    extra       TEXT NOT NULL
);

-- The actor is a user or a group; the scope is a project, a domain or the system (whose id is `all`).
CREATE TABLE identity_assignments (
    actor_kind VARCHAR(16) NOT NULL,
    actor_id   VARCHAR(64) NOT NULL,
    scope_kind VARCHAR(16) NOT NULL,
    scope_id   VARCHAR(64) NOT NULL,
    role_id    VARCHAR(64) NOT NULL REFERENCES identity_roles (id) ON DELETE CASCADE,
    PRIMARY KEY (actor_kind, actor_id, scope_kind, scope_id, role_id)
);
CREATE INDEX identity_assignments_by_scope ON identity_assignments (scope_kind, scope_id);
CREATE INDEX identity_assignments_by_role ON identity_assignments (role_id);

CREATE TABLE identity_application_credentials (
    id           TEXT PRIMARY KEY NOT NULL,
    name         TEXT NOT NULL,
    user_id      TEXT NOT NULL REFERENCES identity_users (id) ON DELETE CASCADE,
    project_id   TEXT NOT NULL REFERENCES identity_projects (id) ON DELETE CASCADE,
    description  TEXT,
    secret_hash  TEXT NOT NULL,
    unrestricted INTEGER,
    expires_at   INTEGER,
    UNIQUE (user_id, name)
);
CREATE INDEX identity_application_credentials_by_project ON identity_application_credentials (project_id);

CREATE TABLE identity_application_credential_roles (
    credential_id TEXT NOT NULL REFERENCES identity_application_credentials (id) ON DELETE CASCADE,
    role_id       TEXT NOT NULL REFERENCES identity_roles (id) ON DELETE CASCADE,
    PRIMARY KEY (credential_id, role_id)
);
CREATE INDEX identity_application_credential_roles_by_role ON identity_application_credential_roles (role_id);

CREATE TABLE identity_regions (
    id               TEXT PRIMARY KEY NOT NULL,
    description      TEXT NOT NULL,
    parent_region_id TEXT REFERENCES identity_regions (id)
);
CREATE INDEX identity_regions_by_parent ON identity_regions (parent_region_id);

CREATE TABLE identity_services (
    id      TEXT PRIMARY KEY NOT NULL,
    type    TEXT NOT NULL,
    name    TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    extra   TEXT NOT NULL
);

-- `own_url` is the URL that this server gave its own endpoint; where it still equals `url`, the endpoint follows the
-- server to another port or address.
CREATE TABLE identity_endpoints (
    id         TEXT PRIMARY KEY NOT NULL,
    service_id TEXT NOT NULL REFERENCES identity_services (id) ON DELETE CASCADE,
    region_id  TEXT REFERENCES identity_regions (id),
    interface  TEXT NOT NULL,
    url        TEXT NOT NULL,
    own_url    TEXT,
    enabled    INTEGER NOT NULL,
    extra      TEXT NOT NULL
);
CREATE INDEX identity_endpoints_by_service ON identity_endpoints (service_id);
CREATE INDEX identity_endpoints_by_region ON identity_endpoints (region_id);

-- A token or a chain of tokens by audit id, or all earlier tokens of a project or a domain. `generation` is the change
-- of the identity that it came with, so that who knows the earlier ones reads the new ones only.
CREATE TABLE identity_revocations (
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    generation INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
);
CREATE INDEX identity_revocations_by_generation ON identity_revocations (generation);
CREATE INDEX identity_revocations_by_expiry ON identity_revocations (expires_at);

-- The key is 32 bytes in hexadecimal. It verifies from the start and signs from `signs_from` on.
CREATE TABLE identity_signing_keys (
    id         INTEGER PRIMARY KEY NOT NULL,
    secret     TEXT NOT NULL,
    signs_from INTEGER NOT NULL
);

-- One row: how many transactions have changed the identity.
CREATE TABLE identity_generation (
    only_row INTEGER PRIMARY KEY NOT NULL,
    value    INTEGER NOT NULL
);
INSERT INTO identity_generation (only_row, value) VALUES (1, 0);
