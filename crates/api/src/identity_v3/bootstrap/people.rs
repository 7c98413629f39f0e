//! Domain, projects, roles and users of a new installation.

use auth::identity::{ADMIN, BUILT_IN_ROLES, MEMBER};
use auth::random;
use auth::secret::Secret;
use store::Conn;
use store::identity::assignments::{self, ActorKind, Assignment, SYSTEM_ID, ScopeKind};
use store::identity::domains::{self, Domain};
use store::identity::projects::{self, Project};
use store::identity::roles::{self, Role};
use store::identity::users::{self, User};

use super::{BootstrapError, DEFAULT_DOMAIN_ID, DEFAULT_DOMAIN_NAME};
use crate::identity_v3::hashing::Hashing;

/// The attributes of what has none but its own.
const NO_EXTRA: &str = "{}";

/// The hashes of the passwords of the first people.
#[derive(Clone)]
pub struct Hashes {
    admin: String,
    demo: String,
}

impl Hashes {
    /// Computes them, both at once: a first start waits for nothing longer.
    ///
    /// # Errors
    /// A password is empty or too long, or nothing random can be drawn.
    pub async fn of(admin: Secret<String>, demo: Secret<String>) -> Result<Self, BootstrapError> {
        let (first, second) = (Hashing::default(), Hashing::default());
        let both = tokio::try_join!(first.hash(admin), second.hash(demo));
        let (admin, demo) = both.map_err(BootstrapError::Password)?;
        Ok(Self { admin, demo })
    }
}

pub(super) fn insert(conn: &Conn<'_>, hashes: &Hashes) -> Result<(), BootstrapError> {
    let domain = Domain {
        id: DEFAULT_DOMAIN_ID.to_owned(),
        name: DEFAULT_DOMAIN_NAME.to_owned(),
        description: "The default domain".to_owned(),
        enabled: true,
        extra: NO_EXTRA.to_owned(),
    };
    domains::insert(conn, &domain)?;
    for name in BUILT_IN_ROLES {
        let role =
            Role { id: random::id()?, name: name.to_owned(), description: None, extra: NO_EXTRA.to_owned() };
        roles::insert(conn, &role)?;
    }
    let admin_project = project(conn, "admin", "Where administrators belong.")?;
    let demo_project = project(conn, "demo", "A project to begin with.")?;
    project(conn, "service", "Where services that act for users belong.")?;

    let admin = user(conn, "admin", &hashes.admin)?;
    grant(conn, &admin, ScopeKind::Project, &admin_project, ADMIN)?;
    grant(conn, &admin, ScopeKind::System, SYSTEM_ID, ADMIN)?;
    let demo = user(conn, "demo", &hashes.demo)?;
    grant(conn, &demo, ScopeKind::Project, &demo_project, MEMBER)
}

/// Inserts a project and returns its id.
fn project(conn: &Conn<'_>, name: &str, description: &str) -> Result<String, BootstrapError> {
    let new = Project {
        id: random::id()?,
        name: name.to_owned(),
        domain_id: DEFAULT_DOMAIN_ID.to_owned(),
        parent_id: None,
        description: description.to_owned(),
        enabled: true,
        tags: "[]".to_owned(),
        extra: NO_EXTRA.to_owned(),
    };
    projects::insert(conn, &new)?;
    Ok(new.id)
}

/// Inserts a user and returns its id.
fn user(conn: &Conn<'_>, name: &str, password_hash: &str) -> Result<String, BootstrapError> {
    let new = User {
        id: random::id()?,
        name: name.to_owned(),
        domain_id: DEFAULT_DOMAIN_ID.to_owned(),
        default_project_id: None,
        enabled: true,
        password_hash: Some(password_hash.to_owned()),
        auth_generation: 0,
        extra: NO_EXTRA.to_owned(),
    };
    users::insert(conn, &new)?;
    Ok(new.id)
}

fn grant(
    conn: &Conn<'_>,
    user_id: &str,
    scope_kind: ScopeKind,
    scope_id: &str,
    role: &str,
) -> Result<(), BootstrapError> {
    let Some(role) = roles::by_name(conn, role)? else { return Ok(()) };
    let new = Assignment {
        actor_kind: ActorKind::User,
        actor_id: user_id.to_owned(),
        scope_kind,
        scope_id: scope_id.to_owned(),
        role_id: role.id,
    };
    Ok(assignments::insert(conn, &new)?)
}
