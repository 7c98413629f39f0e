//! `/os-hosts`: an elder view of services.

pub(super) mod list;
pub(super) mod show;
pub(super) mod update;
