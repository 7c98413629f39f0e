//! The data of images: in and out, a chunk at a time.

pub(super) mod download;
pub(super) mod stage;
pub(super) mod upload;

mod range;
mod stream;
