//! `/extensions`: the optional parts of the API, for clients that ask before they use one.

pub(super) mod list;
pub(super) mod show;
