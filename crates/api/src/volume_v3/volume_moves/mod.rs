//! `POST /volumes/{volume_id}/action`: the actions that move the bytes of a volume.

mod migrate;
mod migrate_completion;
mod reimage;
mod retype;
mod revert;
mod upload;

pub(super) use migrate::handle as migrate;
pub(super) use migrate_completion::handle as migrate_completion;
pub(super) use reimage::handle as reimage;
pub(super) use retype::handle as retype;
pub(super) use revert::handle as revert;
pub(super) use upload::handle as upload;
