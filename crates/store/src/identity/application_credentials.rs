//! Application credentials: a part of a user's roles in one project, for a program.

use model::Timestamp;

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

use super::conditions::Conditions;

/// An application credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationCredential {
    /// Its id.
    pub id: String,
    /// Name, unique for its user.
    pub name: String,
    /// On whose behalf the program acts.
    pub user_id: String,
    /// The only project that it gives access to.
    pub project_id: String,
    /// Free text.
    pub description: Option<String>,
    /// What the secret is compared with.
    pub secret_hash: String,
    /// Whether its tokens may make and remove application credentials; what the user said.
    pub unrestricted: Option<bool>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// The roles that it gives.
    pub role_ids: Vec<String>,
}

const COLUMNS: &str = "id, name, user_id, project_id, description, secret_hash, unrestricted, expires_at";
const TABLE: &str = "identity_application_credentials";

fn read(columns: &mut Columns<'_>) -> Result<ApplicationCredential, StoreError> {
    Ok(ApplicationCredential {
        id: columns.take()?,
        name: columns.take()?,
        user_id: columns.take()?,
        project_id: columns.take()?,
        description: columns.take()?,
        secret_hash: columns.take()?,
        unrestricted: columns.take()?,
        expires_at: columns.take()?,
        role_ids: Vec::new(),
    })
}

fn with_roles(
    conn: &Conn<'_>,
    mut found: ApplicationCredential,
) -> Result<ApplicationCredential, StoreError> {
    let sql =
        "SELECT role_id FROM identity_application_credential_roles WHERE credential_id = ? ORDER BY role_id";
    found.role_ids = conn.rows(sql, params![&found.id], |columns| columns.take())?;
    Ok(found)
}

/// A user's credentials by id; those of this name, when one is given.
///
/// # Errors
/// The store's own.
pub fn list(
    conn: &Conn<'_>,
    user_id: &str,
    name: Option<&str>,
) -> Result<Vec<ApplicationCredential>, StoreError> {
    let of_user = Conditions::default().is("user_id", Some(user_id)).is("name", name);
    let found = of_user.rows(conn, COLUMNS, TABLE, read)?;
    found.into_iter().map(|credential| with_roles(conn, credential)).collect()
}

/// One credential.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: &str) -> Result<Option<ApplicationCredential>, StoreError> {
    let found = conn.row(&format!("SELECT {COLUMNS} FROM {TABLE} WHERE id = ?"), params![id], read)?;
    found.map(|credential| with_roles(conn, credential)).transpose()
}

/// How many a user has.
///
/// # Errors
/// The store's own.
pub fn count(conn: &Conn<'_>, user_id: &str) -> Result<i64, StoreError> {
    conn.int(&format!("SELECT COUNT(*) FROM {TABLE} WHERE user_id = ?"), params![user_id])
}

/// Inserts a credential.
///
/// # Errors
/// [`StoreError::Duplicate`] when its user has one of this name.
pub fn insert(conn: &Conn<'_>, new: &ApplicationCredential) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO {TABLE} ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            &new.id,
            &new.name,
            &new.user_id,
            &new.project_id,
            &new.description,
            &new.secret_hash,
            new.unrestricted,
            new.expires_at
        ],
    )?;
    for role_id in &new.role_ids {
        let sql = "INSERT INTO identity_application_credential_roles (credential_id, role_id) VALUES (?, ?)";
        conn.run(sql, params![&new.id, role_id])?;
    }
    Ok(())
}

/// Removes a credential. False when there was none.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: &str) -> Result<bool, StoreError> {
    Ok(conn.run(&format!("DELETE FROM {TABLE} WHERE id = ?"), params![id])? == 1)
}
