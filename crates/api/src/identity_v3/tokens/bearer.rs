//! From what a token states to who holds it: names, roles and whether it still counts.

use std::sync::Arc;

use auth::credentials::{Credentials, Domain, Project, Scope, User};
use auth::identity::{Actor, Assignment, Holder, delegated_roles, effective_roles};
use auth::scope::ScopeId;
use auth::token::Claims;
use store::identity::application_credentials::{self, ApplicationCredential};
use store::identity::assignments::{self, ActorKind, SYSTEM_ID, ScopeKind};
use store::identity::{domains, groups, projects, roles, users};
use store::{Conn, StoreError};

use super::MarkAdmin;

/// The holder of a valid token.
#[derive(Debug)]
pub struct Bearer {
    /// What the token states.
    pub claims: Claims,
    /// Who holds it and what it gives.
    pub credentials: Arc<Credentials>,
    /// Its roles, with those that they imply.
    pub roles: Vec<RoleName>,
    /// The application credential behind it, if one is.
    pub application_credential: Option<CredentialName>,
}

/// A role as tokens show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleName {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// An application credential as tokens show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialName {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether its tokens may make and remove application credentials.
    pub unrestricted: bool,
}

/// The bearer of a token with these claims, or none when it does not count (any more): its user, project, domain or
/// application credential is gone or disabled, the user's tokens were ended, or no role is left in the scope.
pub(super) fn resolve(
    conn: &Conn<'_>,
    claims: Claims,
    mark_admin: &MarkAdmin,
) -> Result<Option<Bearer>, StoreError> {
    let Some(user) = user(conn, &claims)? else { return Ok(None) };
    let Some(scope) = scope(conn, &claims.scope)? else { return Ok(None) };
    let credential = match &claims.application_credential_id {
        None => None,
        Some(id) => match application_credentials::get(conn, id)?.filter(|found| belongs(found, &claims)) {
            None => return Ok(None),
            found => found,
        },
    };
    let roles = roles(conn, &claims, credential.as_ref())?;
    if roles.is_empty() && scope != Scope::Unscoped {
        return Ok(None);
    }
    let credentials = Credentials {
        user,
        scope,
        roles: roles.iter().map(|role| role.name.clone()).collect(),
        is_admin: false,
        is_admin_project: true,
        service: None,
        application_credential_id: claims.application_credential_id.clone(),
        audit_ids: claims.audit.ids().map(|id| id.to_string()).collect(),
        expires_at: claims.expires_at,
    };
    Ok(Some(Bearer {
        claims,
        credentials: Arc::new(mark_admin(credentials)),
        roles,
        application_credential: credential.map(|found| CredentialName {
            unrestricted: found.unrestricted == Some(true),
            id: found.id,
            name: found.name,
        }),
    }))
}

fn user(conn: &Conn<'_>, claims: &Claims) -> Result<Option<User>, StoreError> {
    let found = users::get(conn, &claims.user_id)?;
    let counts =
        |user: &users::User| user.enabled && user.auth_generation == u64::from(claims.auth_generation);
    let Some(user) = found.filter(counts) else { return Ok(None) };
    let domain = enabled_domain(conn, &user.domain_id)?;
    Ok(domain.map(|domain| User { id: user.id, name: user.name, domain }))
}

fn scope(conn: &Conn<'_>, scope: &ScopeId) -> Result<Option<Scope>, StoreError> {
    Ok(match scope {
        ScopeId::Unscoped => Some(Scope::Unscoped),
        ScopeId::System => Some(Scope::System),
        ScopeId::Domain(id) => enabled_domain(conn, id)?.map(Scope::Domain),
        ScopeId::Project(id) => {
            let Some(found) = projects::get(conn, id)?.filter(|found| found.enabled) else { return Ok(None) };
            let domain = enabled_domain(conn, &found.domain_id)?;
            domain.map(|domain| Scope::Project(Project { id: found.id, name: found.name, domain }))
        }
    })
}

fn enabled_domain(conn: &Conn<'_>, id: &str) -> Result<Option<Domain>, StoreError> {
    let found = domains::get(conn, id)?.filter(|found| found.enabled);
    Ok(found.map(|found| Domain { id: found.id, name: found.name }))
}

fn belongs(credential: &ApplicationCredential, claims: &Claims) -> bool {
    credential.user_id == claims.user_id && claims.scope == ScopeId::Project(credential.project_id.clone())
}

/// The roles in the scope of the claims, as far as the application credential delegates them.
fn roles(
    conn: &Conn<'_>,
    claims: &Claims,
    credential: Option<&ApplicationCredential>,
) -> Result<Vec<RoleName>, StoreError> {
    let held = held_roles(conn, &claims.user_id, &claims.scope)?;
    let Some(credential) = credential else { return Ok(held) };
    let all = roles::list(conn, None)?;
    let granted = all.iter().filter(|role| credential.role_ids.contains(&role.id));
    let held_names: Vec<&str> = held.iter().map(|role| role.name.as_str()).collect();
    let delegated = delegated_roles(granted.map(|role| role.name.as_str()), &held_names);
    Ok(named(&all, &delegated))
}

/// The roles that a user has in a scope, by itself or through its groups, with those that they imply.
///
/// # Errors
/// The store's own.
pub fn held_roles(conn: &Conn<'_>, user_id: &str, scope: &ScopeId) -> Result<Vec<RoleName>, StoreError> {
    let Some((kind, id)) = scope_key(scope) else { return Ok(Vec::new()) };
    let rows = assignments::held(conn, user_id, kind, id)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let group_ids: Vec<String> = groups::of_user(conn, user_id)?.into_iter().map(|group| group.id).collect();
    let assigned: Vec<Assignment> = rows
        .into_iter()
        .map(|(actor_kind, actor_id, role)| {
            let actor = match actor_kind {
                ActorKind::User => Actor::User(actor_id),
                ActorKind::Group => Actor::Group(actor_id),
            };
            Assignment { actor, scope: scope.clone(), role, inherited: false }
        })
        .collect();
    let effective = effective_roles(&assigned, Holder { user_id, group_ids: &group_ids }, scope, &[]);
    Ok(named(&roles::list(conn, None)?, &effective))
}

/// A scope as assignments name it.
#[must_use]
pub fn scope_key(scope: &ScopeId) -> Option<(ScopeKind, &str)> {
    match scope {
        ScopeId::Unscoped => None,
        ScopeId::Project(id) => Some((ScopeKind::Project, id)),
        ScopeId::Domain(id) => Some((ScopeKind::Domain, id)),
        ScopeId::System => Some((ScopeKind::System, SYSTEM_ID)),
    }
}

/// The roles of these names. An implied role that was deleted is not implied.
fn named(all: &[roles::Role], names: &[&str]) -> Vec<RoleName> {
    let find = |name: &&str| all.iter().find(|role| role.name.eq_ignore_ascii_case(name));
    names
        .iter()
        .filter_map(find)
        .map(|role| RoleName { id: role.id.clone(), name: role.name.clone() })
        .collect()
}
