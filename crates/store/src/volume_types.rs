//! Volume types, their extra specs and who may use them.

use std::collections::HashMap;

use model::{Metadata, ProjectId, VolumeType, VolumeTypeId};

use crate::engine::{Changes, Columns};
use crate::{Conn, StoreError, params};

const COLUMNS: &str = "id, name, description, is_public, extra_specs, qos_specs_id, created_at, updated_at";
/// What is read beside them.
const IS_ENCRYPTED: &str =
    "EXISTS (SELECT 1 FROM volume_type_encryptions WHERE volume_type_id = volume_types.id)";

fn read(columns: &mut Columns<'_>) -> Result<VolumeType, StoreError> {
    Ok(VolumeType {
        id: columns.take()?,
        name: columns.take()?,
        description: columns.take()?,
        is_public: columns.take()?,
        projects: Vec::new(),
        extra_specs: columns.take()?,
        qos_specs_id: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
        is_encrypted: columns.take()?,
    })
}

/// Every type, oldest first, with the projects that may use those that are not public.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>) -> Result<Vec<VolumeType>, StoreError> {
    let mut types = conn.rows(
        &format!("SELECT {COLUMNS}, {IS_ENCRYPTED} FROM volume_types ORDER BY created_at, id"),
        &[],
        read,
    )?;
    let sql = "SELECT volume_type_id, project_id FROM volume_type_projects ORDER BY project_id";
    conn.each(sql, &[], |columns| {
        let (id, project): (VolumeTypeId, ProjectId) = (columns.take()?, columns.take()?);
        types
            .iter_mut()
            .filter(|volume_type| volume_type.id == id)
            .for_each(|it| it.projects.push(project.clone()));
        Ok(())
    })?;
    Ok(types)
}

/// The name of every type.
///
/// # Errors
/// The store's own.
pub fn names(conn: &Conn<'_>) -> Result<HashMap<VolumeTypeId, String>, StoreError> {
    let mut names = HashMap::new();
    conn.each("SELECT id, name FROM volume_types", &[], |columns| {
        names.insert(columns.take()?, columns.take()?);
        Ok(())
    })?;
    Ok(names)
}

/// One type.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: VolumeTypeId) -> Result<Option<VolumeType>, StoreError> {
    let sql = format!("SELECT {COLUMNS}, {IS_ENCRYPTED} FROM volume_types WHERE id = ?");
    conn.row(&sql, params![id], read)?.map(|found| with_projects(conn, found)).transpose()
}

/// The type with this name.
///
/// # Errors
/// The store's own.
pub fn by_name(conn: &Conn<'_>, name: &str) -> Result<Option<VolumeType>, StoreError> {
    let sql = format!("SELECT {COLUMNS}, {IS_ENCRYPTED} FROM volume_types WHERE name = ?");
    conn.row(&sql, params![name], read)?.map(|found| with_projects(conn, found)).transpose()
}

fn with_projects(conn: &Conn<'_>, mut found: VolumeType) -> Result<VolumeType, StoreError> {
    if !found.is_public {
        let sql = "SELECT project_id FROM volume_type_projects WHERE volume_type_id = ? ORDER BY project_id";
        found.projects = conn.rows(sql, params![found.id], |columns| columns.take())?;
    }
    Ok(found)
}

/// Inserts a type.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken.
pub fn insert(conn: &Conn<'_>, new: &VolumeType) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO volume_types ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            new.id,
            &new.name,
            &new.description,
            new.is_public,
            new.extra_specs.to_json(),
            new.qos_specs_id,
            new.created_at,
            new.updated_at
        ],
    )?;
    new.projects.iter().try_for_each(|project| allow(conn, new.id, project))
}

/// What may be changed of a type. None leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// Unique name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<Option<String>>,
    /// Whether every project may use it.
    pub is_public: Option<bool>,
    /// All extra specs.
    pub extra_specs: Option<Metadata>,
}

/// Changes a type.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken.
pub fn edit(conn: &Conn<'_>, id: VolumeTypeId, edit: &Edit) -> Result<(), StoreError> {
    let mut changes = Changes::new();
    changes.set_opt("name", edit.name.as_ref());
    changes.set_opt("description", edit.description.as_ref());
    changes.set_opt("is_public", edit.is_public);
    changes.set_opt("extra_specs", edit.extra_specs.as_ref().map(Metadata::to_json));
    changes.set("updated_at", conn.now());
    changes.run(conn, "volume_types", "id", id)
}

/// Removes a type that nothing uses.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: VolumeTypeId) -> Result<(), StoreError> {
    conn.run("DELETE FROM volume_types WHERE id = ?", params![id])?;
    Ok(())
}

/// Lets `project` use a type that is not public.
///
/// # Errors
/// [`StoreError::Duplicate`] when it may already.
pub fn allow(conn: &Conn<'_>, id: VolumeTypeId, project: &ProjectId) -> Result<(), StoreError> {
    let sql = "INSERT INTO volume_type_projects (volume_type_id, project_id) VALUES (?, ?)";
    conn.run(sql, params![id, project]).map(|_| ())
}

/// Withdraws what [`allow`] gave. False when there was nothing to withdraw.
///
/// # Errors
/// The store's own.
pub fn disallow(conn: &Conn<'_>, id: VolumeTypeId, project: &ProjectId) -> Result<bool, StoreError> {
    let sql = "DELETE FROM volume_type_projects WHERE volume_type_id = ? AND project_id = ?";
    Ok(conn.run(sql, params![id, project])? == 1)
}
