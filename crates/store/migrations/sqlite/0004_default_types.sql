-- The volume type that a project's volumes get when their requests name none.
CREATE TABLE default_volume_types (
    project_id     TEXT PRIMARY KEY NOT NULL,
    volume_type_id TEXT NOT NULL REFERENCES volume_types (id) ON DELETE RESTRICT
);
CREATE INDEX default_volume_types_by_type ON default_volume_types (volume_type_id);
