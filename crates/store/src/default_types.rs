//! The volume type that a project's volumes get when their requests name none.

use model::{ProjectId, VolumeTypeId};

use crate::{Conn, StoreError, params};

/// Every project that has a default type of its own, by identifier.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>) -> Result<Vec<(ProjectId, VolumeTypeId)>, StoreError> {
    let sql = "SELECT project_id, volume_type_id FROM default_volume_types ORDER BY project_id";
    conn.rows(sql, &[], |columns| Ok((columns.take()?, columns.take()?)))
}

/// The default type of one project, if it has its own.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, project: &ProjectId) -> Result<Option<VolumeTypeId>, StoreError> {
    let sql = "SELECT volume_type_id FROM default_volume_types WHERE project_id = ?";
    conn.row(sql, params![project], |columns| columns.take())
}

/// Whether any project has this default type.
///
/// # Errors
/// The store's own.
pub fn any_of_type(conn: &Conn<'_>, id: VolumeTypeId) -> Result<bool, StoreError> {
    conn.exists("SELECT 1 FROM default_volume_types WHERE volume_type_id = ?", params![id])
}

/// Gives a project a default type of its own, or another one.
///
/// # Errors
/// The store's own, also when the type is not there.
pub fn set(conn: &Conn<'_>, project: &ProjectId, id: VolumeTypeId) -> Result<(), StoreError> {
    conn.run(
        "INSERT INTO default_volume_types (project_id, volume_type_id) VALUES (?, ?) \
         ON CONFLICT (project_id) DO UPDATE SET volume_type_id = excluded.volume_type_id",
        params![project, id],
    )?;
    Ok(())
}

/// Takes a project back to the default of all, if it had one of its own.
///
/// # Errors
/// The store's own.
pub fn unset(conn: &Conn<'_>, project: &ProjectId) -> Result<(), StoreError> {
    conn.run("DELETE FROM default_volume_types WHERE project_id = ?", params![project])?;
    Ok(())
}
