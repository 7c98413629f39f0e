//! Which projects may use a volume type that is not public.

pub(super) mod add;
pub(super) mod list;
pub(super) mod remove;
