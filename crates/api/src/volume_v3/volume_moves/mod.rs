//! `POST /volumes/{volume_id}/action`: the actions that move the bytes of a volume.

mod revert;

pub(super) use revert::handle as revert;
