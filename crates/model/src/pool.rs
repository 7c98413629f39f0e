//! What is known of a pool: what its backend reported, and what was charged since.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A pool row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    /// `host@backend#pool`.
    pub host: String,
    /// `host@backend`.
    pub backend: String,
    /// The report, as JSON text: capacities, capabilities, functions.
    pub report: String,
    /// Sum of `charged_gib` of the volumes placed here, kept in the transactions that place and remove them.
    pub allocated_gib: u64,
    /// `allocated_gib` when the report was begun: what was charged since is the difference.
    pub allocated_at_report_gib: u64,
    /// Sum of `charged_gib` of the volumes placed here that were not yet made when the report was begun.
    pub pending_gib: u64,
    /// Number of volumes placed here.
    pub volumes: u64,
    /// Raised by every placement, completion and removal, so that a report that ran beside one is noticed.
    pub epoch: u64,
    /// When the report was stored, by the database's clock.
    pub reported_at: Timestamp,
}
