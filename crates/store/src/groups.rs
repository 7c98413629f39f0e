//! Group rows, and which volumes are in them. Inserting and removing keep the quota counter in the same transaction.

use std::collections::HashMap;

use model::quota::Counted;
use model::service::ReplicationStatus;
use model::{Group, GroupId, GroupSnapshotId, GroupStatus, GroupTypeId, Volume, VolumeId, VolumeTypeId};

use crate::engine::{Changes, Columns, FromColumn, Param, places};
use crate::{Conn, StoreError, params, quotas, status, volumes};

/// Most groups that one statement asks for.
const MOST_AT_ONCE: usize = 500;

pub(crate) const COLUMNS: &str = "id, project_id, user_id, name, description, status, availability_zone, host, \
     group_type_id, group_snapshot_id, source_group_id, replication_status, active_backend_id, created_at, updated_at";

/// Without the types of its volumes, which are in a table of their own.
pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Group, StoreError> {
    Ok(Group {
        id: columns.take()?,
        project_id: columns.take()?,
        user_id: columns.take()?,
        name: columns.take()?,
        description: columns.take()?,
        status: columns.take()?,
        availability_zone: columns.take()?,
        host: columns.take()?,
        group_type_id: columns.take()?,
        group_snapshot_id: columns.take()?,
        source_group_id: columns.take()?,
        replication_status: columns.take()?,
        active_backend_id: columns.take()?,
        volume_type_ids: Vec::new(),
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

/// Inserts a group and charges its quota.
///
/// # Errors
/// The store's own.
pub fn insert(conn: &Conn<'_>, group: &Group) -> Result<(), StoreError> {
    let places = vec!["?"; COLUMNS.split(',').count()].join(", ");
    conn.run(
        &format!("INSERT INTO volume_groups ({COLUMNS}) VALUES ({places})"),
        params![
            group.id,
            &group.project_id,
            &group.user_id,
            &group.name,
            &group.description,
            group.status,
            &group.availability_zone,
            &group.host,
            group.group_type_id,
            group.group_snapshot_id,
            group.source_group_id,
            group.replication_status,
            &group.active_backend_id,
            group.created_at,
            group.updated_at
        ],
    )?;
    for (place, volume_type) in group.volume_type_ids.iter().enumerate() {
        conn.run(
            "INSERT INTO volume_group_types (group_id, place, volume_type_id) VALUES (?, ?, ?)",
            params![group.id, place, *volume_type],
        )?;
    }
    quotas::add(conn, &group.project_id, &Counted::Groups.usage_key(None), 1)
}

/// One group.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: GroupId) -> Result<Option<Group>, StoreError> {
    let found = conn.row(&format!("SELECT {COLUMNS} FROM volume_groups WHERE id = ?"), params![id], read)?;
    Ok(with_types(conn, found.into_iter().collect())?.pop())
}

/// The groups with their volume types, which are rows of another table.
pub(crate) fn with_types(conn: &Conn<'_>, mut groups: Vec<Group>) -> Result<Vec<Group>, StoreError> {
    let ids: Vec<GroupId> = groups.iter().map(|group| group.id).collect();
    let sql = "SELECT group_id, volume_type_id FROM volume_group_types WHERE group_id IN";
    let mut types = of_groups(conn, sql, "place", &ids)?;
    for group in &mut groups {
        group.volume_type_ids = types.remove(&group.id).unwrap_or_default();
    }
    Ok(groups)
}

/// Removes a group without volumes and snapshots, and gives back what it was charged with. Removing what is gone is a
/// success.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: GroupId) -> Result<(), StoreError> {
    let Some(group) = get(conn, id)? else { return Ok(()) };
    conn.run("DELETE FROM volume_group_types WHERE group_id = ?", params![id])?;
    conn.run("DELETE FROM volume_groups WHERE id = ?", params![id])?;
    quotas::add(conn, &group.project_id, &Counted::Groups.usage_key(None), -1)
}

/// What may be changed of a row. None leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// Display name.
    pub name: Option<Option<String>>,
    /// Free text.
    pub description: Option<Option<String>>,
    /// What it is doing.
    pub status: Option<GroupStatus>,
    /// `host@backend#pool` by which its backend was chosen.
    pub host: Option<String>,
    /// Zone of its volumes.
    pub availability_zone: Option<String>,
}

/// Changes a row.
///
/// # Errors
/// The store's own.
pub fn edit(conn: &Conn<'_>, id: GroupId, edit: &Edit) -> Result<(), StoreError> {
    let mut changes = Changes::new();
    changes.set_opt("name", edit.name.as_ref());
    changes.set_opt("description", edit.description.as_ref());
    changes.set_opt("status", edit.status);
    changes.set_opt("host", edit.host.as_ref());
    changes.set_opt("availability_zone", edit.availability_zone.as_ref());
    changes.set("updated_at", conn.now());
    changes.run(conn, "volume_groups", "id", id)
}

/// Sets the status if it is one of `from`; false when it is not, or the group is gone.
///
/// # Errors
/// The store's own.
pub fn set_status_from(
    conn: &Conn<'_>,
    id: GroupId,
    from: &[GroupStatus],
    to: GroupStatus,
) -> Result<bool, StoreError> {
    status::set_from(conn, "volume_groups", id, from, to)
}

/// Notes how the replication of a group is, and at which site it works; none is the first one.
///
/// # Errors
/// The store's own.
pub fn set_replication(
    conn: &Conn<'_>,
    id: GroupId,
    status: ReplicationStatus,
    active_backend_id: Option<&str>,
) -> Result<(), StoreError> {
    conn.run(
        "UPDATE volume_groups SET replication_status = ?, active_backend_id = ?, updated_at = ? WHERE id = ?",
        params![status, active_backend_id, conn.now(), id],
    )?;
    Ok(())
}

/// The groups of `host@backend`.
///
/// # Errors
/// The store's own.
pub fn on_backend(conn: &Conn<'_>, host: &str) -> Result<Vec<Group>, StoreError> {
    let pools = format!("{host}#");
    let sql =
        format!("SELECT {COLUMNS} FROM volume_groups WHERE host = ? OR SUBSTR(host, 1, ?) = ? ORDER BY id");
    with_types(conn, conn.rows(&sql, params![host, pools.chars().count(), &pools], read)?)
}

/// The volumes of a group, oldest first.
///
/// # Errors
/// The store's own.
pub fn volumes(conn: &Conn<'_>, id: GroupId) -> Result<Vec<Volume>, StoreError> {
    let columns = volumes::COLUMNS;
    let sql = format!("SELECT {columns} FROM volumes WHERE group_id = ? ORDER BY created_at, id");
    conn.rows(&sql, params![id], volumes::read)
}

/// The identifiers of the volumes of a group, oldest first.
///
/// # Errors
/// The store's own.
pub fn volume_ids(conn: &Conn<'_>, id: GroupId) -> Result<Vec<VolumeId>, StoreError> {
    let sql = "SELECT id FROM volumes WHERE group_id = ? ORDER BY created_at, id";
    conn.rows(sql, params![id], |columns| columns.take())
}

/// The identifiers of the volumes of several groups, oldest first: as many lists as there are `ids`, in their order.
///
/// # Errors
/// The store's own.
pub fn volume_ids_of(conn: &Conn<'_>, ids: &[GroupId]) -> Result<Vec<Vec<VolumeId>>, StoreError> {
    let sql = "SELECT group_id, id FROM volumes WHERE group_id IN";
    let mut volumes = of_groups(conn, sql, "created_at, id", ids)?;
    Ok(ids.iter().map(|id| volumes.remove(id).unwrap_or_default()).collect())
}

/// What `sql` reads for groups, in this order within each: the group and a value a row.
fn of_groups<T: FromColumn>(
    conn: &Conn<'_>,
    sql: &str,
    order: &str,
    ids: &[GroupId],
) -> Result<HashMap<GroupId, Vec<T>>, StoreError> {
    let mut found: HashMap<GroupId, Vec<T>> = HashMap::new();
    for ids in ids.chunks(MOST_AT_ONCE) {
        let sql = format!("{sql} ({}) ORDER BY {order}", places(ids.len()));
        let values: Vec<_> = ids.iter().map(|id| Param::from(*id)).collect();
        conn.each(&sql, &values, |columns| {
            found.entry(columns.take()?).or_default().push(columns.take()?);
            Ok(())
        })?;
    }
    Ok(found)
}

/// Puts a volume into a group, or takes it out of any.
///
/// # Errors
/// The store's own.
pub fn put(conn: &Conn<'_>, volume: VolumeId, group: Option<GroupId>) -> Result<(), StoreError> {
    conn.run(
        "UPDATE volumes SET group_id = ?, updated_at = ? WHERE id = ?",
        params![group, conn.now(), volume],
    )?;
    Ok(())
}

/// The groups whose type has this name.
///
/// # Errors
/// The store's own.
pub fn ids_of_type(conn: &Conn<'_>, type_name: &str) -> Result<Vec<GroupId>, StoreError> {
    let sql = "SELECT volume_groups.id FROM volume_groups JOIN group_types ON group_types.id = group_type_id \
         WHERE group_types.name = ?";
    conn.rows(sql, params![type_name], |columns| columns.take())
}

/// Whether a group has this type.
///
/// # Errors
/// The store's own.
pub fn any_of_type(conn: &Conn<'_>, id: GroupTypeId) -> Result<bool, StoreError> {
    conn.exists("SELECT 1 FROM volume_groups WHERE group_type_id = ? LIMIT 1", params![id])
}

/// Whether a group may have volumes of this type.
///
/// # Errors
/// The store's own.
pub fn any_with_volume_type(conn: &Conn<'_>, id: VolumeTypeId) -> Result<bool, StoreError> {
    conn.exists("SELECT 1 FROM volume_group_types WHERE volume_type_id = ? LIMIT 1", params![id])
}

/// Whether a group is being made from this one.
///
/// # Errors
/// The store's own.
pub fn any_creating_from_group(conn: &Conn<'_>, id: GroupId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM volume_groups WHERE source_group_id = ? AND status = ? LIMIT 1";
    conn.exists(sql, params![id, GroupStatus::Creating])
}

/// Whether a group is being made from this snapshot of one.
///
/// # Errors
/// The store's own.
pub fn any_creating_from_snapshot(conn: &Conn<'_>, id: GroupSnapshotId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM volume_groups WHERE group_snapshot_id = ? AND status = ? LIMIT 1";
    conn.exists(sql, params![id, GroupStatus::Creating])
}
