//! `/group_types/{group_type_id}/group_specs`.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod show;
pub(super) mod update;
