//! Roles.

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

use super::conditions::Conditions;

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: String,
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Attributes without a meaning here: a JSON object.
    pub extra: String,
}

const COLUMNS: &str = "id, name, description, extra";

fn read(columns: &mut Columns<'_>) -> Result<Role, StoreError> {
    Ok(Role {
        id: columns.take()?,
        name: columns.take()?,
        description: columns.take()?,
        extra: columns.take()?,
    })
}

/// Roles by id; those of this name, when one is given.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>, name: Option<&str>) -> Result<Vec<Role>, StoreError> {
    Conditions::default().is("name", name).rows(conn, COLUMNS, "identity_roles", read)
}

/// One role.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: &str) -> Result<Option<Role>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM identity_roles WHERE id = ?"), params![id], read)
}

/// The role of this name.
///
/// # Errors
/// The store's own.
pub fn by_name(conn: &Conn<'_>, name: &str) -> Result<Option<Role>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM identity_roles WHERE name = ?"), params![name], read)
}

/// Inserts a role.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken.
pub fn insert(conn: &Conn<'_>, new: &Role) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO identity_roles ({COLUMNS}) VALUES (?, ?, ?, ?)");
    conn.run(&sql, params![&new.id, &new.name, &new.description, &new.extra])?;
    Ok(())
}

/// Writes a role over the one with its id.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken.
pub fn update(conn: &Conn<'_>, role: &Role) -> Result<(), StoreError> {
    conn.run(
        "UPDATE identity_roles SET name = ?, description = ?, extra = ? WHERE id = ?",
        params![&role.name, &role.description, &role.extra, &role.id],
    )?;
    Ok(())
}

/// Removes a role and takes it from everybody. False when there was none.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: &str) -> Result<bool, StoreError> {
    Ok(conn.run("DELETE FROM identity_roles WHERE id = ?", params![id])? == 1)
}
