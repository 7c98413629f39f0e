//! The store: how it commits, migrates and counts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod admission;
mod attachments;
mod backup_policies;
mod backups;
mod bench;
mod commits;
mod counters;
mod default_types;
mod groups;
mod images;
mod lists;
mod migrations;
mod reads;
mod schema;
mod texts;
mod tls;
mod together;
