//! Snapshots.

use model::Snapshot;

use super::{Growing, Raw, one};
use crate::Microversion;
use crate::json::write::{Object, append, object};
use crate::links::Around;
use crate::microversion::gate;

/// How snapshots are shown in one reply.
#[derive(Debug, Clone, Copy)]
pub struct Detail {
    /// The revision that the request speaks.
    pub version: Microversion,
    /// `os-extended-snapshot-attributes:*`; only shown by show and list, not by create and update.
    pub extended: bool,
}

impl Detail {
    /// `{"snapshot": {…}}`
    #[must_use]
    pub fn one(&self, snapshot: &Snapshot) -> Vec<u8> {
        one("snapshot", |pairs| self.write(pairs, snapshot))
    }

    /// `{"snapshots": [{…}], …}`
    #[must_use]
    pub fn list<'v>(&self, snapshots: impl IntoIterator<Item = &'v Snapshot>, around: &Around) -> Vec<u8> {
        let mut list = begin();
        for snapshot in snapshots {
            self.add(&mut list, snapshot);
        }
        list.end(around)
    }

    /// Adds a snapshot to a list.
    pub fn add(&self, list: &mut Growing, snapshot: &Snapshot) {
        list.add(|out| object(out, |pairs| self.write(pairs, snapshot)));
    }

    fn write(&self, pairs: &mut Object<'_>, snapshot: &Snapshot) {
        write_summary(pairs, snapshot);
        if self.version.has(gate::GROUP_SNAPSHOTS) {
            pairs.put("group_snapshot_id", snapshot.group_snapshot_id);
        }
        if self.version.has(gate::SNAPSHOT_USER_ID) {
            pairs.put("user_id", &snapshot.user_id);
        }
        if self.version.has(gate::CONSUMES_QUOTA) {
            pairs.put("consumes_quota", snapshot.consumes_quota);
        }
        if self.extended {
            let progress = Raw(|out| append(out, format_args!("\"{}%\"", snapshot.progress_percent)));
            pairs
                .put("os-extended-snapshot-attributes:project_id", &snapshot.project_id)
                .put("os-extended-snapshot-attributes:progress", progress);
        }
    }
}

/// `{"snapshots": [{…}], …}` with what every revision shows.
#[must_use]
pub fn summaries<'v>(snapshots: impl IntoIterator<Item = &'v Snapshot>, around: &Around) -> Vec<u8> {
    let mut list = begin();
    for snapshot in snapshots {
        add_summary(&mut list, snapshot);
    }
    list.end(around)
}

/// An empty list of snapshots.
#[must_use]
pub fn begin() -> Growing {
    Growing::new("snapshots", "snapshots_links")
}

/// Adds the short form of a snapshot to a list.
pub fn add_summary(list: &mut Growing, snapshot: &Snapshot) {
    list.add(|out| object(out, |pairs| write_summary(pairs, snapshot)));
}

fn write_summary(pairs: &mut Object<'_>, snapshot: &Snapshot) {
    pairs
        .put("id", snapshot.id)
        .put("created_at", snapshot.created_at)
        .put("updated_at", snapshot.updated_at)
        .put("name", snapshot.name.as_deref())
        .put("description", snapshot.description.as_deref())
        .put("volume_id", snapshot.volume_id)
        .put("status", snapshot.status)
        .put("size", snapshot.size_gib)
        .put("metadata", &snapshot.metadata);
}
