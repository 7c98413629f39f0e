//! `/volumes`.

pub(super) mod delete;
