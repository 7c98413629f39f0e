//! Request bodies as typed values, one file per resource.
//!
//! Every parser takes the raw bytes, refuses what the microversion does not allow in the words of the service, and
//! returns plain data. Rules that need the database are left to the operations.

pub(crate) mod action;
pub mod any_type;
pub mod attachments;
pub mod backup_actions;
pub mod backup_policies;
pub mod backups;
pub mod clusters;
pub mod consistency_groups;
pub mod default_types;
pub mod encryptions;
pub mod group_snapshots;
pub mod group_types;
pub mod groups;
pub mod hints;
pub mod hosts;
pub mod log_levels;
pub mod manage;
pub mod metadata;
pub mod move_actions;
pub mod qos_specs;
pub mod quotas;
pub mod services;
pub mod snapshot_actions;
pub mod snapshots;
pub mod templates;
pub mod transfers;
pub mod type_actions;
pub mod types;
pub mod volume_actions;
pub mod volume_attaching;
pub mod volumes;
pub mod workers;

/// A value that an update sets: none leaves it alone, an inner none removes it.
pub type Change = Option<Option<String>>;
