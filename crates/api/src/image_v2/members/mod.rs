//! `/v2/images/{image_id}/members`.

pub(super) mod read;
pub(super) mod write;
