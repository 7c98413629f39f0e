//! Tokens that ended before their time. What else ends a token (its user, project, role or application credential is
//! gone or disabled, its password was changed) is seen in the rows themselves.

use model::Timestamp;

use crate::{Conn, StoreError, params};

use super::conditions::take_word;
use super::generation;

model::words! {
    /// What was revoked.
    Kind {
        /// The token of this audit id.
        Token = "token",
        /// The token of this audit id and all that were made from it.
        Chain = "chain",
        /// The earlier tokens of a project.
        Project = "project",
        /// The earlier tokens of a domain.
        Domain = "domain",
    }
}

/// A revocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// What was revoked.
    pub kind: Kind,
    /// Its audit id, or the id of the project or domain.
    pub subject: String,
    /// Tokens of a project or domain are revoked if they were issued at this time or before.
    pub revoked_at: Timestamp,
    /// From when on it concerns no token any more.
    pub expires_at: Timestamp,
}

/// The revocations that came after this generation of the identity and still concern a token.
///
/// # Errors
/// The store's own.
pub fn since(conn: &Conn<'_>, generation: i64) -> Result<Vec<Revocation>, StoreError> {
    let sql = "SELECT kind, subject, revoked_at, expires_at FROM identity_revocations \
         WHERE generation > ? AND expires_at > ?";
    conn.rows(sql, params![generation, conn.now()], |columns| {
        Ok(Revocation {
            kind: take_word(columns)?,
            subject: columns.take()?,
            revoked_at: columns.take()?,
            expires_at: columns.take()?,
        })
    })
}

/// Adds a revocation, in the place of an earlier one of the same thing. It belongs to the generation to which this
/// transaction has advanced.
///
/// # Errors
/// The store's own.
pub fn put(conn: &Conn<'_>, new: &Revocation) -> Result<(), StoreError> {
    let generation = generation::current(conn)?;
    conn.run(
        "INSERT INTO identity_revocations (kind, subject, generation, revoked_at, expires_at) \
         VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind, subject) DO UPDATE SET generation = excluded.generation, \
         revoked_at = excluded.revoked_at, expires_at = excluded.expires_at",
        params![new.kind.as_str(), &new.subject, generation, new.revoked_at, new.expires_at],
    )?;
    Ok(())
}

/// Forgets the revocations that concern no token any more. Returns how many.
///
/// # Errors
/// The store's own.
pub fn prune(conn: &Conn<'_>) -> Result<usize, StoreError> {
    conn.run("DELETE FROM identity_revocations WHERE expires_at <= ?", params![conn.now()])
}
