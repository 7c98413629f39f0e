-- Until when an upload is its worker's unless it says so again; none of a version that does not say so, which nobody else
-- ends. A lost one was ended by another process: what it left on its own host, that host removes when it is back.
ALTER TABLE image_uploads ADD COLUMN lease_until INTEGER;
ALTER TABLE image_uploads ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
