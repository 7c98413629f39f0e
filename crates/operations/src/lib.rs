//! The verbs: what can be done to volumes and snapshots, from admission to the last phase, one file each.
//!
//! An `accept` function is the whole of a request: one transaction that checks, charges, changes the status and admits
//! the durable operation; it has no other effect. The phases of the operation run later, on whichever worker claims
//! them, and are dispatched by [`Verbs`]. Nothing here knows HTTP or a concrete driver.

pub mod answer;
pub mod attachment;
pub mod backend;
pub mod backup;
pub mod backup_policy;
pub mod base;
pub mod desk;
pub mod group;
pub mod group_snapshot;
pub mod group_type;
pub mod image;
pub mod keys;
pub mod manageable;
pub mod message;
pub mod qos_specs;
pub mod quota;
pub mod quota_set;
pub mod refused;
pub mod roles;
pub mod service;
pub mod snapshot;
pub mod template;
pub mod transfer;
pub mod volume;
pub mod volume_type;

mod cause;
mod compute_event;
mod effect;
mod failure;
mod luks;
mod messages;
mod notice;
mod placing;
mod tools;
mod verbs;

pub use backend::{Backend, Backends};
pub use desk::{Desk, FEW_POOLS, Requester, Settings, TransferDigits};
pub use refused::Refused;
pub(crate) use tools::Tools;
pub use verbs::{KINDS, Verbs};

/// The queue of what the compute service is to be told.
pub const COMPUTE_QUEUE: &str = "compute";

/// The queue that schedulers serve.
pub const SCHEDULER_QUEUE: &str = "scheduler";

/// The queue that whoever keeps backups on `host` serves.
#[must_use]
pub fn backup_queue(host: &str) -> String {
    format!("backup:{host}")
}

/// The queue that whoever looks after `backend` (`host@backend`) serves.
#[must_use]
pub fn volume_queue(backend: &str) -> String {
    format!("volume:{backend}")
}

/// The queue of what is done about `backend` (`host@backend`) even while it cannot be used: letting another site take over
/// is for when this one does not work.
#[must_use]
pub(crate) fn failover_queue(backend: &str) -> String {
    format!("failover:{backend}")
}

/// The hint that the free space of `backend` (`host@backend`) has grown.
pub(crate) fn report_hint(backend: &str) -> String {
    format!("report:{backend}")
}
