//! A token as Keystone describes it (Identity API v3, "Validate and show information for token").

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use auth::Credentials;
use auth::credentials::{Domain, Project, Scope, User};
use model::Timestamp;
use serde::Deserialize;

/// Most roles that are taken over.
const MAX_ROLES: usize = 1000;

/// The answer.
#[derive(Debug, Deserialize)]
pub(super) struct Subject {
    token: Facts,
}

#[derive(Debug, Deserialize)]
struct Facts {
    user: InDomain,
    expires_at: String,
    #[serde(default)]
    roles: Vec<Named>,
    #[serde(default)]
    project: Option<InDomain>,
    #[serde(default)]
    domain: Option<Named>,
    #[serde(default)]
    system: Option<System>,
    /// Absent where no project is the administrators' own: then every project is.
    #[serde(default)]
    is_admin_project: Option<bool>,
    #[serde(default)]
    application_credential: Option<Named>,
    #[serde(default)]
    audit_ids: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Named {
    id: String,
    #[serde(default)]
    name: String,
}

#[derive(Debug, Deserialize)]
struct InDomain {
    id: String,
    #[serde(default)]
    name: String,
    domain: Named,
}

#[derive(Debug, Deserialize)]
struct System {
    #[serde(default)]
    all: bool,
}

impl Subject {
    /// Who holds the token.
    ///
    /// # Errors
    /// What is wrong with the description.
    pub(super) fn credentials(&self) -> Result<Credentials, &'static str> {
        let facts = &self.token;
        let expires_at = Timestamp::parse(&facts.expires_at);
        let expires_at = expires_at.ok_or("Keystone's answer about a token has no end that can be read")?;
        if facts.roles.len() > MAX_ROLES {
            return Err("Keystone's answer about a token has too many roles");
        }
        let user = &facts.user;
        Ok(Credentials {
            user: User { id: user.id.clone(), name: user.name.clone(), domain: domain(&user.domain) },
            scope: scope(facts),
            roles: facts.roles.iter().map(|role| role.name.clone()).collect(),
            is_admin: false,
            is_admin_project: facts.is_admin_project.unwrap_or(true),
            service: None,
            application_credential_id: facts.application_credential.as_ref().map(|it| it.id.clone()),
            audit_ids: facts.audit_ids.clone(),
            expires_at,
        })
    }
}

fn scope(facts: &Facts) -> Scope {
    if let Some(project) = &facts.project {
        let (id, name) = (project.id.clone(), project.name.clone());
        return Scope::Project(Project { id, name, domain: domain(&project.domain) });
    }
    if let Some(scope) = &facts.domain {
        return Scope::Domain(domain(scope));
    }
    if facts.system.as_ref().is_some_and(|system| system.all) { Scope::System } else { Scope::Unscoped }
}

fn domain(named: &Named) -> Domain {
    Domain { id: named.id.clone(), name: named.name.clone() }
}

/// How long it is until then. Keystone's clock and ours are taken to agree, as by all services of a cloud.
#[allow(clippy::disallowed_methods, reason = "the end of a token is by no database's clock")]
pub(super) fn left_until(then: Timestamp) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let then = Duration::from_micros(u64::try_from(then.0).unwrap_or(0));
    then.saturating_sub(now)
}
