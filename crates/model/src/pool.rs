//! What is known of a pool: what its backend reported, and what was placed since.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A pool row, without the report itself: a long text that is read only when it has changed.
///
/// A report is a measurement of the past. What can still be placed is computed from it and from the counters that
/// the placing transactions keep, so that two placements never spend the same GiB whatever a report has seen:
/// everything placed since the report was begun is taken off what it found free, and volumes that were placed but
/// not yet made when it began are taken off as well. A removed volume gives space back with the next report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    /// `host@backend#pool`.
    pub host: String,
    /// `host@backend`.
    pub backend: String,
    /// Sum of `charged_gib` of the volumes that are placed here.
    pub allocated_gib: u64,
    /// Number of volumes that are placed here.
    pub volumes: u64,
    /// Sum of all GiB ever placed here; it only grows.
    pub placed_gib: u64,
    /// How often the free space here has changed; it only grows.
    pub changes: u64,
    /// The counters when the report was begun.
    pub at_report: AtReport,
    /// When the report was stored, by the database's clock.
    pub reported_at: Timestamp,
}

/// The counters of a pool when its report was begun.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtReport {
    /// `allocated_gib` then.
    pub allocated_gib: u64,
    /// `placed_gib` then.
    pub placed_gib: u64,
    /// GiB that were placed then, but that the backend had perhaps not made yet.
    pub pending_gib: u64,
    /// `changes` then.
    pub changes: u64,
}

impl Pool {
    /// Whether the report is the last word on what is free, apart from `own_gib` that whoever asks has charged:
    /// nothing was placed, grown or given back since it was begun, and nothing was in the making then. A report that
    /// is not errs on the safe side: it may have missed what was given back, and what it saw of volumes in the making
    /// is taken off a second time.
    #[must_use]
    pub const fn is_sharp(&self, own_gib: u64) -> bool {
        let own_is_newer = own_gib > self.at_report.pending_gib;
        let own_changes = if own_is_newer { 1 } else { 0 };
        let changes = self.changes.saturating_sub(self.at_report.changes);
        self.at_report.pending_gib <= own_gib && changes <= own_changes
    }

    /// The same storage with what was placed on it by way of `other`, too: two members of a cluster that look after one
    /// storage, both with the same report of it.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        let add = |ours: &mut u64, theirs: u64| *ours = ours.saturating_add(theirs);
        add(&mut self.allocated_gib, other.allocated_gib);
        add(&mut self.volumes, other.volumes);
        add(&mut self.placed_gib, other.placed_gib);
        add(&mut self.changes, other.changes);
        add(&mut self.at_report.allocated_gib, other.at_report.allocated_gib);
        add(&mut self.at_report.placed_gib, other.at_report.placed_gib);
        add(&mut self.at_report.pending_gib, other.at_report.pending_gib);
        add(&mut self.at_report.changes, other.at_report.changes);
        self
    }

    /// GiB that are spoken for beyond what the report could see.
    #[must_use]
    pub const fn unseen_gib(&self) -> u64 {
        self.placed_gib.saturating_sub(self.at_report.placed_gib).saturating_add(self.at_report.pending_gib)
    }
}
