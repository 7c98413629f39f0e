-- The name under which the data of a volume are, when that is not its own identifier; and, of a volume that the compute
-- service copies another one to, which one that is.
ALTER TABLE volumes ADD COLUMN name_id TEXT;
ALTER TABLE volumes ADD COLUMN migrates_for TEXT;
CREATE INDEX volumes_by_name ON volumes (name_id);

-- The same of a copy; the key of one that is encrypted in another way, and whether it may have a key that was never noted.
ALTER TABLE volume_copies ADD COLUMN name_id TEXT;
ALTER TABLE volume_copies ADD COLUMN encryption_key_id TEXT;
ALTER TABLE volume_copies ADD COLUMN own_key INTEGER NOT NULL DEFAULT 0;
