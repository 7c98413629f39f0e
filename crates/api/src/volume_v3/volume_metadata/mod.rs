//! `/volumes/{volume_id}/metadata`.

mod etag;
mod read;
mod write;

pub(super) use read::{index, show};
pub(super) use write::{create, delete, replace, set};
