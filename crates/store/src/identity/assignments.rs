//! Who has which role where.

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

use super::conditions::{Conditions, take_word};

model::words! {
    /// Who can have a role.
    ActorKind {
        /// A user.
        User = "user",
        /// Every member of a group.
        Group = "group",
    }
}

model::words! {
    /// Where one can have a role.
    ScopeKind {
        /// In a project.
        Project = "project",
        /// On a domain.
        Domain = "domain",
        /// On the whole deployment; the id of this scope is [`SYSTEM_ID`].
        System = "system",
    }
}

/// The id of the only scope of the kind [`ScopeKind::System`].
pub const SYSTEM_ID: &str = "all";

/// A role of somebody somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The kind of actor.
    pub actor_kind: ActorKind,
    /// Its id.
    pub actor_id: String,
    /// The kind of scope.
    pub scope_kind: ScopeKind,
    /// Its id.
    pub scope_id: String,
    /// The role.
    pub role_id: String,
}

const COLUMNS: &str = "actor_kind, actor_id, scope_kind, scope_id, role_id";

fn read(columns: &mut Columns<'_>) -> Result<Assignment, StoreError> {
    Ok(Assignment {
        actor_kind: take_word(columns)?,
        actor_id: columns.take()?,
        scope_kind: take_word(columns)?,
        scope_id: columns.take()?,
        role_id: columns.take()?,
    })
}

/// What the assignments of a list have in common.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Who has the role.
    pub actor: Option<(ActorKind, String)>,
    /// Where.
    pub scope: Option<(ScopeKind, String)>,
    /// Which.
    pub role_id: Option<String>,
}

/// Assignments, in the order of scope, actor and role.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>, filter: &Filter) -> Result<Vec<Assignment>, StoreError> {
    let (actor, scope) = (filter.actor.as_ref(), filter.scope.as_ref());
    Conditions::default()
        .is("actor_kind", actor.map(|(kind, _)| kind.as_str()))
        .is("actor_id", actor.map(|(_, id)| id))
        .is("scope_kind", scope.map(|(kind, _)| kind.as_str()))
        .is("scope_id", scope.map(|(_, id)| id))
        .is("role_id", filter.role_id.as_ref())
        .ordered(
            conn,
            COLUMNS,
            "identity_assignments",
            "scope_kind, scope_id, actor_kind, actor_id, role_id",
            read,
        )
}

/// What a user has in a scope, by itself and through its groups: who the role was given to, and its name.
///
/// # Errors
/// The store's own.
pub fn held(
    conn: &Conn<'_>,
    user_id: &str,
    scope_kind: ScopeKind,
    scope_id: &str,
) -> Result<Vec<(ActorKind, String, String)>, StoreError> {
    conn.rows(
        "SELECT a.actor_kind, a.actor_id, r.name FROM identity_assignments a \
         JOIN identity_roles r ON r.id = a.role_id \
         WHERE a.scope_kind = ? AND a.scope_id = ? AND ((a.actor_kind = 'user' AND a.actor_id = ?) \
         OR (a.actor_kind = 'group' AND a.actor_id IN \
         (SELECT group_id FROM identity_group_members WHERE user_id = ?))) ORDER BY r.name, a.actor_kind",
        params![scope_kind.as_str(), scope_id, user_id, user_id],
        |columns| Ok((take_word(columns)?, columns.take()?, columns.take()?)),
    )
}

/// The ids of the scopes of a kind in which a user has a role, by itself or through a group.
///
/// # Errors
/// The store's own.
pub fn scopes_of_user(conn: &Conn<'_>, user_id: &str, kind: ScopeKind) -> Result<Vec<String>, StoreError> {
    conn.rows(
        "SELECT DISTINCT scope_id FROM identity_assignments WHERE scope_kind = ? \
         AND ((actor_kind = 'user' AND actor_id = ?) OR (actor_kind = 'group' AND actor_id IN \
         (SELECT group_id FROM identity_group_members WHERE user_id = ?))) ORDER BY scope_id",
        params![kind.as_str(), user_id, user_id],
        |columns| columns.take(),
    )
}

/// Whether somebody has exactly this.
///
/// # Errors
/// The store's own.
pub fn exists(conn: &Conn<'_>, it: &Assignment) -> Result<bool, StoreError> {
    conn.exists(
        "SELECT 1 FROM identity_assignments WHERE actor_kind = ? AND actor_id = ? AND scope_kind = ? \
         AND scope_id = ? AND role_id = ?",
        params![it.actor_kind.as_str(), &it.actor_id, it.scope_kind.as_str(), &it.scope_id, &it.role_id],
    )
}

/// Gives somebody a role, who may have it already.
///
/// # Errors
/// The store's own.
pub fn insert(conn: &Conn<'_>, new: &Assignment) -> Result<(), StoreError> {
    conn.run(
        &format!(
            "INSERT INTO identity_assignments ({COLUMNS}) VALUES (?, ?, ?, ?, ?) ON CONFLICT ({COLUMNS}) DO NOTHING"
        ),
        params![new.actor_kind.as_str(), &new.actor_id, new.scope_kind.as_str(), &new.scope_id, &new.role_id],
    )?;
    Ok(())
}

/// Takes a role away. False when there was nothing to take.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, it: &Assignment) -> Result<bool, StoreError> {
    let changed = conn.run(
        "DELETE FROM identity_assignments WHERE actor_kind = ? AND actor_id = ? AND scope_kind = ? \
         AND scope_id = ? AND role_id = ?",
        params![it.actor_kind.as_str(), &it.actor_id, it.scope_kind.as_str(), &it.scope_id, &it.role_id],
    )?;
    Ok(changed == 1)
}
