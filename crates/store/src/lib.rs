//! The only SQL of the house.
//!
//! [`Store`] runs closures: [`Store::read`] on one of a few read-only connections, [`Store::write`] in a transaction.
//! Inside, the functions of the table modules ([`volumes`], [`snapshots`], …) take a [`Conn`] and speak in the
//! model's nouns. Statements are written once, in SQL that every engine reads; what differs between engines is
//! behind [`engine`].

pub mod attachments;
pub mod backend_processes;
pub mod backup_policies;
pub mod backups;
pub mod bases;
pub mod clusters;
pub mod copies;
pub mod default_types;
pub mod encryptions;
pub mod engine;
pub mod group_snapshots;
pub mod group_types;
pub mod groups;
pub mod guests;
pub mod host_growths;
pub mod identity;
pub mod image_cache_reads;
pub mod image_keys;
pub mod image_staging;
pub mod image_tasks;
pub mod image_uploads;
pub mod images;
pub mod leases;
pub mod list;
pub mod messages;
pub mod metadefs;
pub mod operations;
pub mod outbox;
pub mod pools;
pub mod qos_specs;
pub mod quotas;
pub mod retypes;
pub mod schema;
pub mod sealed_keys;
pub mod services;
pub mod simulated;
pub mod snapshots;
pub mod surroundings;
pub mod templates;
pub mod transfers;
pub mod volume_types;
pub mod volumes;

mod error;
mod status;
mod store;

pub use engine::Conn;
pub use error::StoreError;
pub use store::{CommitHook, Database, Options, Store};
