//! The Block Storage API v3.
//!
//! [`table`] lists every route with its method, path, action, microversions, policy rule and handler; [`router`] serves
//! it, with and without a project in the URL.

pub mod call;
pub mod dispatch;
pub mod state;
pub mod table;

mod attachments;
mod availability_zones;
mod backup_actions;
mod backup_policies;
mod backups;
mod capabilities;
mod cgsnapshots;
mod clusters;
mod consistency_groups;
mod default_types;
mod extensions;
mod extra_specs;
mod group_snapshots;
mod group_specs;
mod group_types;
mod groups;
mod hosts;
mod limits;
mod manageable;
mod messages;
mod part;
mod qos_specs;
mod quota_classes;
mod quota_sets;
mod rates;
mod resource_filters;
mod scheduler_stats;
mod services;
mod snapshot_actions;
mod snapshot_metadata;
mod snapshots;
mod streamed;
mod templates;
mod transfers;
mod type_access;
mod types;
mod versions;
mod volume_actions;
mod volume_metadata;
mod volume_moves;
mod volumes;
mod workers;

pub use call::Call;
pub use dispatch::router;
pub use rates::Rates;
pub use state::{Lists, VolumeApi};
pub use wire::query::ResourceFilters;
