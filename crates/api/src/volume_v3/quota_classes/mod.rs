//! `/os-quota-class-sets`.

pub(super) mod show;
pub(super) mod update;
