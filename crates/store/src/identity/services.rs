//! Services of the catalog.

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

use super::conditions::Conditions;

/// A service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its id.
    pub id: String,
    /// What clients look for, such as `block-storage`.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// Whether the catalog shows it.
    pub enabled: bool,
    /// Attributes without a meaning here: a JSON object.
    pub extra: String,
}

const COLUMNS: &str = "id, type, name, enabled, extra";

fn read(columns: &mut Columns<'_>) -> Result<Service, StoreError> {
    Ok(Service {
        id: columns.take()?,
        kind: columns.take()?,
        name: columns.take()?,
        enabled: columns.take()?,
        extra: columns.take()?,
    })
}

/// What the services of a list have in common.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Their type.
    pub kind: Option<String>,
    /// Their name.
    pub name: Option<String>,
}

/// Services by id.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>, filter: &Filter) -> Result<Vec<Service>, StoreError> {
    Conditions::default().is("type", filter.kind.as_ref()).is("name", filter.name.as_ref()).rows(
        conn,
        COLUMNS,
        "identity_services",
        read,
    )
}

/// One service.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: &str) -> Result<Option<Service>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM identity_services WHERE id = ?"), params![id], read)
}

/// Inserts a service. Types and names may be shared.
///
/// # Errors
/// The store's own.
pub fn insert(conn: &Conn<'_>, new: &Service) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO identity_services ({COLUMNS}) VALUES (?, ?, ?, ?, ?)");
    conn.run(&sql, params![&new.id, &new.kind, &new.name, new.enabled, &new.extra])?;
    Ok(())
}

/// Writes a service over the one with its id.
///
/// # Errors
/// The store's own.
pub fn update(conn: &Conn<'_>, service: &Service) -> Result<(), StoreError> {
    conn.run(
        "UPDATE identity_services SET type = ?, name = ?, enabled = ?, extra = ? WHERE id = ?",
        params![&service.kind, &service.name, service.enabled, &service.extra, &service.id],
    )?;
    Ok(())
}

/// Removes a service and its endpoints. False when there was none.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: &str) -> Result<bool, StoreError> {
    Ok(conn.run("DELETE FROM identity_services WHERE id = ?", params![id])? == 1)
}
