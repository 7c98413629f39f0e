//! `/volumes`.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod encryption;
pub(super) mod list;
pub(super) mod query;
pub(super) mod show;
pub(super) mod summary;
pub(super) mod update;

mod neighbours;
mod shown;

pub(super) use shown::made;
