//! `/consistencygroups`: groups of a reserved type, by requests of their own. These requests reach every group.

pub(super) mod create;
pub(super) mod create_from_src;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod show;
pub(super) mod update;
