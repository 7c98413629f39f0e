-- What a bootable volume remembered of its image when the snapshot was taken. Those that are there remember what it does now.
ALTER TABLE snapshots ADD COLUMN image_metadata TEXT NOT NULL DEFAULT '{}';
UPDATE snapshots SET image_metadata = COALESCE((SELECT image_metadata FROM volumes
    WHERE volumes.id = snapshots.volume_id AND volumes.bootable = 1), '{}');
