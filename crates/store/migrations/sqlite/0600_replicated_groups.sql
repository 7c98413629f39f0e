-- Groups that are replicated by themselves. `active_backend_id` is the site that works since one was failed over.
ALTER TABLE volume_groups ADD COLUMN replication_status VARCHAR(32) NOT NULL DEFAULT 'disabled';
ALTER TABLE volume_groups ADD COLUMN active_backend_id TEXT;
