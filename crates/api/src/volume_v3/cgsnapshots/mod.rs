//! `/cgsnapshots`: snapshots of groups by the requests that consistency groups have. These requests reach every snapshot
//! of a group.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod show;
