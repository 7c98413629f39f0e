-- Uploads of images that are under way. One outlives the record of its image until it has ended, so that nobody begins
-- another under the same identifier. The worker is `{process}/{upload}`, as the image's row says while it takes data.
CREATE TABLE image_uploads (
    worker   TEXT PRIMARY KEY NOT NULL,
    image_id TEXT NOT NULL
);
CREATE INDEX image_uploads_by_image ON image_uploads (image_id);
