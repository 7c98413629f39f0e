//! Users.

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

use super::conditions::Conditions;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: String,
    /// Name, unique in its domain.
    pub name: String,
    /// Its domain.
    pub domain_id: String,
    /// The project that its tokens are scoped to when it asks for no scope.
    pub default_project_id: Option<String>,
    /// Whether it can log in.
    pub enabled: bool,
    /// Its password as a PHC string; none cannot log in with one.
    pub password_hash: Option<String>,
    /// Counts up when all its tokens end at once.
    pub auth_generation: u64,
    /// Attributes without a meaning here (such as `email`): a JSON object.
    pub extra: String,
}

const COLUMNS: &str =
    "id, name, domain_id, default_project_id, enabled, password_hash, auth_generation, extra";

fn read(columns: &mut Columns<'_>) -> Result<User, StoreError> {
    Ok(User {
        id: columns.take()?,
        name: columns.take()?,
        domain_id: columns.take()?,
        default_project_id: columns.take()?,
        enabled: columns.take()?,
        password_hash: columns.take()?,
        auth_generation: columns.take()?,
        extra: columns.take()?,
    })
}

/// What the users of a list have in common.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Their name.
    pub name: Option<String>,
    /// Their domain.
    pub domain_id: Option<String>,
    /// Whether they are enabled.
    pub enabled: Option<bool>,
    /// A group that they are in.
    pub group_id: Option<String>,
}

const IN_GROUP: &str = "id IN (SELECT user_id FROM identity_group_members WHERE group_id = ?)";

/// Users by id.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>, filter: &Filter) -> Result<Vec<User>, StoreError> {
    Conditions::default()
        .is("name", filter.name.as_ref())
        .is("domain_id", filter.domain_id.as_ref())
        .is("enabled", filter.enabled)
        .holds(IN_GROUP, filter.group_id.as_ref())
        .rows(conn, COLUMNS, "identity_users", read)
}

/// One user.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: &str) -> Result<Option<User>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM identity_users WHERE id = ?"), params![id], read)
}

/// The user of this name in a domain.
///
/// # Errors
/// The store's own.
pub fn by_name(conn: &Conn<'_>, domain_id: &str, name: &str) -> Result<Option<User>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM identity_users WHERE domain_id = ? AND name = ?");
    conn.row(&sql, params![domain_id, name], read)
}

/// Inserts a user.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken in its domain.
pub fn insert(conn: &Conn<'_>, new: &User) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO identity_users ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            &new.id,
            &new.name,
            &new.domain_id,
            &new.default_project_id,
            new.enabled,
            &new.password_hash,
            new.auth_generation,
            &new.extra
        ],
    )?;
    Ok(())
}

/// Writes a user over the one with its id. It stays in its domain.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken in its domain.
pub fn update(conn: &Conn<'_>, user: &User) -> Result<(), StoreError> {
    conn.run(
        "UPDATE identity_users SET name = ?, default_project_id = ?, enabled = ?, password_hash = ?, \
         auth_generation = ?, extra = ? WHERE id = ?",
        params![
            &user.name,
            &user.default_project_id,
            user.enabled,
            &user.password_hash,
            user.auth_generation,
            &user.extra,
            &user.id
        ],
    )?;
    Ok(())
}

/// Ends all tokens of a user.
///
/// # Errors
/// The store's own.
pub fn end_tokens(conn: &Conn<'_>, id: &str) -> Result<(), StoreError> {
    conn.run("UPDATE identity_users SET auth_generation = auth_generation + 1 WHERE id = ?", params![id])?;
    Ok(())
}

/// Ends all tokens of all members of a group.
///
/// # Errors
/// The store's own.
pub fn end_tokens_of_group(conn: &Conn<'_>, group_id: &str) -> Result<(), StoreError> {
    let sql = format!("UPDATE identity_users SET auth_generation = auth_generation + 1 WHERE {IN_GROUP}");
    conn.run(&sql, params![group_id])?;
    Ok(())
}

/// Ends all tokens of all users of a domain.
///
/// # Errors
/// The store's own.
pub fn end_tokens_of_domain(conn: &Conn<'_>, domain_id: &str) -> Result<(), StoreError> {
    let sql = "UPDATE identity_users SET auth_generation = auth_generation + 1 WHERE domain_id = ?";
    conn.run(sql, params![domain_id])?;
    Ok(())
}

/// Removes a user, its roles, memberships and application credentials.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: &str) -> Result<(), StoreError> {
    conn.run("DELETE FROM identity_assignments WHERE actor_kind = 'user' AND actor_id = ?", params![id])?;
    conn.run("DELETE FROM identity_users WHERE id = ?", params![id])?;
    Ok(())
}
