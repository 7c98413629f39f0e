-- How often an image was brought to a backend, and how often one had to go so that another found room.
ALTER TABLE base_uses ADD COLUMN fetches INTEGER NOT NULL DEFAULT 0;
ALTER TABLE base_uses ADD COLUMN evictions INTEGER NOT NULL DEFAULT 0;
