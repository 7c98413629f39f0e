-- How often the free space of a pool has changed, and had when its report was begun: whether a report is the last word.
ALTER TABLE pools ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pools ADD COLUMN changes_at_report INTEGER NOT NULL DEFAULT 0;

-- The volumes that a report may or may not see, among however many that it does.
CREATE INDEX volumes_in_the_making ON volumes (host) WHERE launched_at IS NULL OR charged_gib <> size_gib;
