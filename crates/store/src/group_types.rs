//! Group types and their specs.

use model::{GroupType, GroupTypeId, Metadata};

use crate::engine::{Changes, Columns};
use crate::{Conn, StoreError, params};

const COLUMNS: &str = "id, name, description, is_public, group_specs, created_at, updated_at";

fn read(columns: &mut Columns<'_>) -> Result<GroupType, StoreError> {
    Ok(GroupType {
        id: columns.take()?,
        name: columns.take()?,
        description: columns.take()?,
        is_public: columns.take()?,
        group_specs: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

/// Every type, oldest first.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>) -> Result<Vec<GroupType>, StoreError> {
    conn.rows(&format!("SELECT {COLUMNS} FROM group_types ORDER BY created_at, id"), &[], read)
}

/// One type.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: GroupTypeId) -> Result<Option<GroupType>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM group_types WHERE id = ?"), params![id], read)
}

/// The type with this name.
///
/// # Errors
/// The store's own.
pub fn by_name(conn: &Conn<'_>, name: &str) -> Result<Option<GroupType>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM group_types WHERE name = ?"), params![name], read)
}

/// Inserts a type.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken.
pub fn insert(conn: &Conn<'_>, new: &GroupType) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO group_types ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"),
        params![
            new.id,
            &new.name,
            &new.description,
            new.is_public,
            new.group_specs.to_json(),
            new.created_at,
            new.updated_at
        ],
    )?;
    Ok(())
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
    /// All specs.
    pub group_specs: Option<Metadata>,
}

/// Changes a type.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken.
pub fn edit(conn: &Conn<'_>, id: GroupTypeId, edit: &Edit) -> Result<(), StoreError> {
    let mut changes = Changes::new();
    changes.set_opt("name", edit.name.as_ref());
    changes.set_opt("description", edit.description.as_ref());
    changes.set_opt("is_public", edit.is_public);
    changes.set_opt("group_specs", edit.group_specs.as_ref().map(Metadata::to_json));
    changes.set("updated_at", conn.now());
    changes.run(conn, "group_types", "id", id)
}

/// Removes a type that no group has.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: GroupTypeId) -> Result<(), StoreError> {
    conn.run("DELETE FROM group_types WHERE id = ?", params![id])?;
    Ok(())
}
