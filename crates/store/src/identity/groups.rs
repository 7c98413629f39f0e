//! Groups of users.

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

use super::conditions::Conditions;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Name, unique in its domain.
    pub name: String,
    /// Its domain.
    pub domain_id: String,
    /// Free text.
    pub description: String,
    /// Attributes without a meaning here: a JSON object.
    pub extra: String,
}

const COLUMNS: &str = "id, name, domain_id, description, extra";

fn read(columns: &mut Columns<'_>) -> Result<Group, StoreError> {
    Ok(Group {
        id: columns.take()?,
        name: columns.take()?,
        domain_id: columns.take()?,
        description: columns.take()?,
        extra: columns.take()?,
    })
}

/// What the groups of a list have in common.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Their name.
    pub name: Option<String>,
    /// Their domain.
    pub domain_id: Option<String>,
}

/// Groups by id.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>, filter: &Filter) -> Result<Vec<Group>, StoreError> {
    Conditions::default().is("name", filter.name.as_ref()).is("domain_id", filter.domain_id.as_ref()).rows(
        conn,
        COLUMNS,
        "identity_groups",
        read,
    )
}

/// The groups that a user is in, by id.
///
/// # Errors
/// The store's own.
pub fn of_user(conn: &Conn<'_>, user_id: &str) -> Result<Vec<Group>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM identity_groups WHERE id IN \
         (SELECT group_id FROM identity_group_members WHERE user_id = ?) ORDER BY id"
    );
    conn.rows(&sql, params![user_id], read)
}

/// The ids of a group's members.
///
/// # Errors
/// The store's own.
pub fn member_ids(conn: &Conn<'_>, group_id: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT user_id FROM identity_group_members WHERE group_id = ? ORDER BY user_id";
    conn.rows(sql, params![group_id], |columns| columns.take())
}

/// One group.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: &str) -> Result<Option<Group>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM identity_groups WHERE id = ?"), params![id], read)
}

/// Inserts a group.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken in its domain.
pub fn insert(conn: &Conn<'_>, new: &Group) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO identity_groups ({COLUMNS}) VALUES (?, ?, ?, ?, ?)");
    conn.run(&sql, params![&new.id, &new.name, &new.domain_id, &new.description, &new.extra])?;
    Ok(())
}

/// Writes a group over the one with its id. It stays in its domain.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken in its domain.
pub fn update(conn: &Conn<'_>, group: &Group) -> Result<(), StoreError> {
    conn.run(
        "UPDATE identity_groups SET name = ?, description = ?, extra = ? WHERE id = ?",
        params![&group.name, &group.description, &group.extra, &group.id],
    )?;
    Ok(())
}

/// Removes a group, its roles and memberships.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: &str) -> Result<(), StoreError> {
    conn.run("DELETE FROM identity_assignments WHERE actor_kind = 'group' AND actor_id = ?", params![id])?;
    conn.run("DELETE FROM identity_groups WHERE id = ?", params![id])?;
    Ok(())
}

/// Puts a user into a group, where it may be already.
///
/// # Errors
/// The store's own.
pub fn add_member(conn: &Conn<'_>, group_id: &str, user_id: &str) -> Result<(), StoreError> {
    conn.run(
        "INSERT INTO identity_group_members (user_id, group_id) VALUES (?, ?) \
         ON CONFLICT (user_id, group_id) DO NOTHING",
        params![user_id, group_id],
    )?;
    Ok(())
}

/// Whether a user is in a group.
///
/// # Errors
/// The store's own.
pub fn has_member(conn: &Conn<'_>, group_id: &str, user_id: &str) -> Result<bool, StoreError> {
    conn.exists(
        "SELECT 1 FROM identity_group_members WHERE group_id = ? AND user_id = ?",
        params![group_id, user_id],
    )
}

/// Takes a user out of a group. False when it was not in it.
///
/// # Errors
/// The store's own.
pub fn remove_member(conn: &Conn<'_>, group_id: &str, user_id: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM identity_group_members WHERE group_id = ? AND user_id = ?";
    Ok(conn.run(sql, params![group_id, user_id])? == 1)
}
