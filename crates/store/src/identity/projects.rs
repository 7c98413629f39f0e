//! Projects: what owns volumes and the like.

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

use super::conditions::Conditions;

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Name, unique in its domain.
    pub name: String,
    /// Its domain.
    pub domain_id: String,
    /// The project above it; none right below its domain.
    pub parent_id: Option<String>,
    /// Free text.
    pub description: String,
    /// Whether it can be used.
    pub enabled: bool,
    /// Labels: a sorted JSON array.
    pub tags: String,
    /// Attributes without a meaning here: a JSON object.
    pub extra: String,
}

const COLUMNS: &str = "id, name, domain_id, parent_id, description, enabled, tags, extra";

fn read(columns: &mut Columns<'_>) -> Result<Project, StoreError> {
    Ok(Project {
        id: columns.take()?,
        name: columns.take()?,
        domain_id: columns.take()?,
        parent_id: columns.take()?,
        description: columns.take()?,
        enabled: columns.take()?,
        tags: columns.take()?,
        extra: columns.take()?,
    })
}

/// What the projects of a list have in common.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Their name.
    pub name: Option<String>,
    /// Their domain.
    pub domain_id: Option<String>,
    /// Whether they are enabled.
    pub enabled: Option<bool>,
    /// The project above them, or the domain when they are right below it.
    pub parent_id: Option<String>,
}

/// Projects by id.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>, filter: &Filter) -> Result<Vec<Project>, StoreError> {
    Conditions::default()
        .is("name", filter.name.as_ref())
        .is("domain_id", filter.domain_id.as_ref())
        .is("enabled", filter.enabled)
        .is("COALESCE(parent_id, domain_id)", filter.parent_id.as_ref())
        .rows(conn, COLUMNS, "identity_projects", read)
}

/// The projects in which a user has a role, by itself or through a group, by id.
///
/// # Errors
/// The store's own.
pub fn of_user(conn: &Conn<'_>, user_id: &str) -> Result<Vec<Project>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM identity_projects WHERE id IN (SELECT scope_id FROM identity_assignments \
         WHERE scope_kind = 'project' AND ((actor_kind = 'user' AND actor_id = ?) OR (actor_kind = 'group' \
         AND actor_id IN (SELECT group_id FROM identity_group_members WHERE user_id = ?)))) ORDER BY id"
    );
    conn.rows(&sql, params![user_id, user_id], read)
}

/// One project.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: &str) -> Result<Option<Project>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM identity_projects WHERE id = ?"), params![id], read)
}

/// The project of this name in a domain.
///
/// # Errors
/// The store's own.
pub fn by_name(conn: &Conn<'_>, domain_id: &str, name: &str) -> Result<Option<Project>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM identity_projects WHERE domain_id = ? AND name = ?");
    conn.row(&sql, params![domain_id, name], read)
}

/// Inserts a project.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken in its domain.
pub fn insert(conn: &Conn<'_>, new: &Project) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO identity_projects ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            &new.id,
            &new.name,
            &new.domain_id,
            &new.parent_id,
            &new.description,
            new.enabled,
            &new.tags,
            &new.extra
        ],
    )?;
    Ok(())
}

/// Writes a project over the one with its id. It stays in its domain and below its parent.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken in its domain.
pub fn update(conn: &Conn<'_>, project: &Project) -> Result<(), StoreError> {
    conn.run(
        "UPDATE identity_projects SET name = ?, description = ?, enabled = ?, tags = ?, extra = ? WHERE id = ?",
        params![
            &project.name,
            &project.description,
            project.enabled,
            &project.tags,
            &project.extra,
            &project.id
        ],
    )?;
    Ok(())
}

/// Removes a project that has no children, and whatever was assigned in it.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: &str) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM identity_assignments WHERE scope_kind = 'project' AND scope_id = ?",
        "UPDATE identity_users SET default_project_id = NULL WHERE default_project_id = ?",
        "DELETE FROM identity_projects WHERE id = ?",
    ] {
        conn.run(sql, params![id])?;
    }
    Ok(())
}
