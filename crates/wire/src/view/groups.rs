//! Groups.

use model::{Group, VolumeId};

use super::{Growing, one};
use crate::Microversion;
use crate::json::write::{Json, Object, object};
use crate::microversion::gate;

/// How groups are shown in one reply.
#[derive(Debug, Clone, Copy)]
pub struct Detail {
    /// The revision that the request speaks.
    pub version: Microversion,
    /// `project_id`.
    pub project: bool,
}

impl Detail {
    /// `{"group": {…}}`; its volumes are shown when they are given.
    #[must_use]
    pub fn one(&self, group: &Group, volumes: Option<&[VolumeId]>) -> Vec<u8> {
        one("group", |pairs| self.write(pairs, group, volumes))
    }

    /// Adds a group to a list.
    pub fn add(&self, list: &mut Growing, group: &Group, volumes: Option<&[VolumeId]>) {
        list.add(|out| object(out, |pairs| self.write(pairs, group, volumes)));
    }

    fn write(&self, pairs: &mut Object<'_>, group: &Group, volumes: Option<&[VolumeId]>) {
        pairs
            .put("id", group.id)
            .put("status", group.status)
            .put("availability_zone", &group.availability_zone)
            .put("created_at", group.created_at)
            .put("name", group.name.as_deref())
            .put("description", group.description.as_deref())
            .put("group_type", group.group_type_id)
            .array("volume_types", &group.volume_type_ids, |out, id| id.write(out));
        if self.version.has(gate::GROUP_SNAPSHOTS) {
            pairs
                .put("group_snapshot_id", group.group_snapshot_id)
                .put("source_group_id", group.source_group_id);
        }
        if let Some(volumes) = volumes.filter(|_| self.version.has(gate::GROUP_VOLUMES)) {
            pairs.array("volumes", volumes, |out, id| id.write(out));
        }
        if self.version.has(gate::GROUP_REPLICATION) {
            pairs.put("replication_status", group.replication_status);
        }
        if self.project && self.version.has(gate::GROUP_PROJECT) {
            pairs.put("project_id", &group.project_id);
        }
    }
}

/// `{"group": {"id": …, "name": …}}`
#[must_use]
pub fn summary(group: &Group) -> Vec<u8> {
    one("group", |pairs| write_summary(pairs, group))
}

/// An empty list of groups.
#[must_use]
pub fn begin() -> Growing {
    Growing::new("groups", "group_links")
}

/// Adds the short form of a group to a list.
pub fn add_summary(list: &mut Growing, group: &Group) {
    list.add(|out| object(out, |pairs| write_summary(pairs, group)));
}

pub(super) fn write_summary(pairs: &mut Object<'_>, group: &Group) {
    pairs.put("id", group.id).put("name", group.name.as_deref());
}
