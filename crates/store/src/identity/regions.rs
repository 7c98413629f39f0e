//! Regions of the catalog.

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

use super::conditions::Conditions;

/// A region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its id, which is its name.
    pub id: String,
    /// Free text.
    pub description: String,
    /// The region that it is a part of.
    pub parent_region_id: Option<String>,
}

const COLUMNS: &str = "id, description, parent_region_id";

fn read(columns: &mut Columns<'_>) -> Result<Region, StoreError> {
    Ok(Region { id: columns.take()?, description: columns.take()?, parent_region_id: columns.take()? })
}

/// Regions by id; the parts of one, when it is given.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>, parent_region_id: Option<&str>) -> Result<Vec<Region>, StoreError> {
    let found = Conditions::default().is("parent_region_id", parent_region_id);
    found.rows(conn, COLUMNS, "identity_regions", read)
}

/// One region.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: &str) -> Result<Option<Region>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM identity_regions WHERE id = ?"), params![id], read)
}

/// Inserts a region.
///
/// # Errors
/// [`StoreError::Duplicate`] when the id is taken.
pub fn insert(conn: &Conn<'_>, new: &Region) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO identity_regions ({COLUMNS}) VALUES (?, ?, ?)");
    conn.run(&sql, params![&new.id, &new.description, &new.parent_region_id])?;
    Ok(())
}

/// Writes a region over the one with its id.
///
/// # Errors
/// The store's own.
pub fn update(conn: &Conn<'_>, region: &Region) -> Result<(), StoreError> {
    conn.run(
        "UPDATE identity_regions SET description = ?, parent_region_id = ? WHERE id = ?",
        params![&region.description, &region.parent_region_id, &region.id],
    )?;
    Ok(())
}

/// Whether an endpoint is in this region.
///
/// # Errors
/// The store's own.
pub fn has_endpoints(conn: &Conn<'_>, id: &str) -> Result<bool, StoreError> {
    conn.exists("SELECT 1 FROM identity_endpoints WHERE region_id = ? LIMIT 1", params![id])
}

/// Removes a region that has neither parts nor endpoints.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: &str) -> Result<(), StoreError> {
    conn.run("DELETE FROM identity_regions WHERE id = ?", params![id])?;
    Ok(())
}
