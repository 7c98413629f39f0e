//! Groups and their snapshots under the names that consistency groups had.

use model::{Group, GroupSnapshot};

use super::{Growing, group_snapshots, groups, one};
use crate::json::write::{Json, Object, object};

/// `{"consistencygroup": {…}}`
#[must_use]
pub fn detail(group: &Group) -> Vec<u8> {
    one("consistencygroup", |pairs| write(pairs, group))
}

/// `{"consistencygroup": {"id": …, "name": …}}`
#[must_use]
pub fn summary(group: &Group) -> Vec<u8> {
    one("consistencygroup", |pairs| groups::write_summary(pairs, group))
}

/// An empty list of consistency groups.
#[must_use]
pub fn begin() -> Growing {
    Growing::new("consistencygroups", "consistencygroup_links")
}

/// Adds a group to a list.
pub fn add(list: &mut Growing, group: &Group) {
    list.add(|out| object(out, |pairs| write(pairs, group)));
}

fn write(pairs: &mut Object<'_>, group: &Group) {
    pairs
        .put("id", group.id)
        .put("status", group.status)
        .put("availability_zone", &group.availability_zone)
        .put("created_at", group.created_at)
        .put("name", group.name.as_deref())
        .put("description", group.description.as_deref())
        .array("volume_types", &group.volume_type_ids, |out, id| id.write(out));
}

/// `{"cgsnapshot": {…}}`
#[must_use]
pub fn snapshot_detail(snapshot: &GroupSnapshot) -> Vec<u8> {
    one("cgsnapshot", |pairs| write_snapshot(pairs, snapshot))
}

/// `{"cgsnapshot": {"id": …, "name": …}}`
#[must_use]
pub fn snapshot_summary(snapshot: &GroupSnapshot) -> Vec<u8> {
    one("cgsnapshot", |pairs| group_snapshots::write_summary(pairs, snapshot))
}

/// An empty list of snapshots of consistency groups, which has no links.
#[must_use]
pub fn begin_snapshots() -> Growing {
    Growing::new("cgsnapshots", "cgsnapshot_links")
}

/// Adds a snapshot to a list.
pub fn add_snapshot(list: &mut Growing, snapshot: &GroupSnapshot) {
    list.add(|out| object(out, |pairs| write_snapshot(pairs, snapshot)));
}

fn write_snapshot(pairs: &mut Object<'_>, snapshot: &GroupSnapshot) {
    pairs
        .put("id", snapshot.id)
        .put("consistencygroup_id", snapshot.group_id)
        .put("status", snapshot.status)
        .put("created_at", snapshot.created_at)
        .put("name", snapshot.name.as_deref())
        .put("description", snapshot.description.as_deref());
}
