//! The identity behind one request, as a token (ours or Keystone's) vouched for it.

use model::Timestamp;

use crate::policy::{Policy, VolumeRule};

/// A domain: the name space of users and projects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Id of the domain.
    pub id: String,
    /// Name of the domain.
    pub name: String,
}

/// The user who holds a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Id of the user.
    pub id: String,
    /// Name of the user, unique in its domain.
    pub name: String,
    /// The domain that the user belongs to.
    pub domain: Domain,
}

/// The project that a token is scoped to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Id of the project.
    pub id: String,
    /// Name of the project, unique in its domain.
    pub name: String,
    /// The domain that the project belongs to.
    pub domain: Domain,
}

/// Where a token is valid, with the names that answers and logs show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Nowhere yet: the holder may only look around and ask for a scoped token.
    Unscoped,
    /// In one project.
    Project(Project),
    /// On one domain.
    Domain(Domain),
    /// On the whole deployment.
    System,
}

/// The service that forwards a user's request under a token of its own (`X-Service-Token`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCaller {
    /// The service's user.
    pub user: User,
    /// The project of the service's token.
    pub project: Option<Project>,
    /// Names of the service's roles, implied ones included.
    pub roles: Vec<String>,
}

/// What administrators are called (`context_is_admin`).
const ADMIN_ROLE: &str = "admin";

/// Who is asking: what policy rules are evaluated against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user.
    pub user: User,
    /// What the token is scoped to.
    pub scope: Scope,
    /// Names of the roles in that scope, implied ones included.
    pub roles: Vec<String>,
    /// Whether the rule `context_is_admin` holds; see [`Credentials::with_admin_flag`].
    pub is_admin: bool,
    /// What `is_admin_project` compares with: true unless Keystone names another admin project.
    pub is_admin_project: bool,
    /// The service that forwards the request, if one does.
    pub service: Option<ServiceCaller>,
    /// The application credential behind the token, if one is.
    pub application_credential_id: Option<String>,
    /// Audit ids of the token: its own, then that of the first token in its chain.
    pub audit_ids: Vec<String>,
    /// When the token ends.
    pub expires_at: Timestamp,
}

impl Credentials {
    /// These credentials with the rights of an administrator: for what the service does for its caller.
    #[must_use]
    pub fn elevated(&self) -> Self {
        let mut elevated = Self { is_admin: true, ..self.clone() };
        if !elevated.roles.iter().any(|role| role == ADMIN_ROLE) {
            elevated.roles.push(ADMIN_ROLE.to_owned());
        }
        elevated
    }

    /// These credentials with [`Credentials::is_admin`] set from the rule `context_is_admin`. The
    /// rule sees the credentials themselves as its target. Done once a request, before any other rule.
    #[must_use]
    pub fn with_admin_flag(mut self, policy: &Policy<VolumeRule>) -> Self {
        self.is_admin = false;
        self.is_admin = policy.allows(VolumeRule::ContextIsAdmin, &self, &self);
        self
    }

    /// Id of the project that the token is scoped to.
    #[must_use]
    pub fn project_id(&self) -> Option<&str> {
        self.project().map(|project| project.id.as_str())
    }

    /// The project that the token is scoped to.
    #[must_use]
    pub fn project(&self) -> Option<&Project> {
        match &self.scope {
            Scope::Project(project) => Some(project),
            Scope::Unscoped | Scope::Domain(_) | Scope::System => None,
        }
    }

    /// Id of the domain that the token is scoped to; not the domain of the user or the project.
    #[must_use]
    pub fn domain_id(&self) -> Option<&str> {
        match &self.scope {
            Scope::Domain(domain) => Some(&domain.id),
            Scope::Unscoped | Scope::Project(_) | Scope::System => None,
        }
    }

    /// Whether the token carries this role; the case of ASCII letters does not matter.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held.eq_ignore_ascii_case(role))
    }

    /// Whether a service with this role forwards the request.
    #[must_use]
    pub fn has_service_role(&self, role: &str) -> bool {
        let mut roles = self.service.iter().flat_map(|service| &service.roles);
        roles.any(|held| held.eq_ignore_ascii_case(role))
    }
}
