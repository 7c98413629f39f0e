//! Domains: the name spaces of projects, users and groups.

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

use super::conditions::Conditions;

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its id.
    pub id: String,
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Whether its users can log in and its projects be used.
    pub enabled: bool,
    /// Attributes without a meaning here: a JSON object.
    pub extra: String,
}

const COLUMNS: &str = "id, name, description, enabled, extra";

fn read(columns: &mut Columns<'_>) -> Result<Domain, StoreError> {
    Ok(Domain {
        id: columns.take()?,
        name: columns.take()?,
        description: columns.take()?,
        enabled: columns.take()?,
        extra: columns.take()?,
    })
}

/// What the domains of a list have in common.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Their id.
    pub id: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// Whether they are enabled.
    pub enabled: Option<bool>,
}

/// Domains by id.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>, filter: &Filter) -> Result<Vec<Domain>, StoreError> {
    Conditions::default()
        .is("id", filter.id.as_ref())
        .is("name", filter.name.as_ref())
        .is("enabled", filter.enabled)
        .rows(conn, COLUMNS, "identity_domains", read)
}

/// One domain.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: &str) -> Result<Option<Domain>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM identity_domains WHERE id = ?"), params![id], read)
}

/// The domain of this name.
///
/// # Errors
/// The store's own.
pub fn by_name(conn: &Conn<'_>, name: &str) -> Result<Option<Domain>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM identity_domains WHERE name = ?"), params![name], read)
}

/// Inserts a domain.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken.
pub fn insert(conn: &Conn<'_>, new: &Domain) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO identity_domains ({COLUMNS}) VALUES (?, ?, ?, ?, ?)");
    conn.run(&sql, params![&new.id, &new.name, &new.description, new.enabled, &new.extra])?;
    Ok(())
}

/// Writes a domain over the one with its id.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken.
pub fn update(conn: &Conn<'_>, domain: &Domain) -> Result<(), StoreError> {
    conn.run(
        "UPDATE identity_domains SET name = ?, description = ?, enabled = ?, extra = ? WHERE id = ?",
        params![&domain.name, &domain.description, domain.enabled, &domain.extra, &domain.id],
    )?;
    Ok(())
}

/// Removes a domain with all its users, groups and projects, and whatever was assigned to or in any of them.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: &str) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM identity_assignments WHERE scope_kind = 'domain' AND scope_id = ?",
        "DELETE FROM identity_assignments WHERE scope_kind = 'project' \
         AND scope_id IN (SELECT id FROM identity_projects WHERE domain_id = ?)",
        "DELETE FROM identity_assignments WHERE actor_kind = 'user' \
         AND actor_id IN (SELECT id FROM identity_users WHERE domain_id = ?)",
        "DELETE FROM identity_assignments WHERE actor_kind = 'group' \
         AND actor_id IN (SELECT id FROM identity_groups WHERE domain_id = ?)",
        "DELETE FROM identity_users WHERE domain_id = ?",
        "DELETE FROM identity_groups WHERE domain_id = ?",
        // Parents and children of projects are of the same domain and go together.
        "UPDATE identity_projects SET parent_id = NULL WHERE domain_id = ?",
        "DELETE FROM identity_projects WHERE domain_id = ?",
        "DELETE FROM identity_domains WHERE id = ?",
    ] {
        conn.run(sql, params![id])?;
    }
    Ok(())
}
