//! Snapshots of groups.

use model::GroupSnapshot;

use super::{Growing, one};
use crate::Microversion;
use crate::json::write::{Object, object};
use crate::microversion::gate;

/// How snapshots of groups are shown in one reply.
#[derive(Debug, Clone, Copy)]
pub struct Detail {
    /// The revision that the request speaks.
    pub version: Microversion,
    /// `project_id`.
    pub project: bool,
}

impl Detail {
    /// `{"group_snapshot": {…}}`
    #[must_use]
    pub fn one(&self, snapshot: &GroupSnapshot) -> Vec<u8> {
        one("group_snapshot", |pairs| self.write(pairs, snapshot))
    }

    /// Adds a snapshot to a list.
    pub fn add(&self, list: &mut Growing, snapshot: &GroupSnapshot) {
        list.add(|out| object(out, |pairs| self.write(pairs, snapshot)));
    }

    fn write(&self, pairs: &mut Object<'_>, snapshot: &GroupSnapshot) {
        pairs
            .put("id", snapshot.id)
            .put("group_id", snapshot.group_id)
            .put("group_type_id", snapshot.group_type_id)
            .put("status", snapshot.status)
            .put("created_at", snapshot.created_at)
            .put("name", snapshot.name.as_deref())
            .put("description", snapshot.description.as_deref());
        if self.project && self.version.has(gate::GROUP_PROJECT) {
            pairs.put("project_id", &snapshot.project_id);
        }
    }
}

/// `{"group_snapshot": {"id": …, "name": …, "group_type_id": …}}` after it was asked for.
#[must_use]
pub fn made(snapshot: &GroupSnapshot) -> Vec<u8> {
    one("group_snapshot", |pairs| {
        write_summary(pairs, snapshot);
        pairs.put("group_type_id", snapshot.group_type_id);
    })
}

/// An empty list of snapshots of groups.
#[must_use]
pub fn begin() -> Growing {
    Growing::new("group_snapshots", "group_snapshot_links")
}

/// Adds the short form of a snapshot to a list.
pub fn add_summary(list: &mut Growing, snapshot: &GroupSnapshot) {
    list.add(|out| object(out, |pairs| write_summary(pairs, snapshot)));
}

pub(super) fn write_summary(pairs: &mut Object<'_>, snapshot: &GroupSnapshot) {
    pairs.put("id", snapshot.id).put("name", snapshot.name.as_deref());
}
