//! Roles given to a user or a group, in a project, on a domain or on the system: one set of handlers for all paths
//! `/{scope}/{actor}/roles/{role_id}`.

pub(super) mod read;
pub(super) mod write;

use auth::policy::Value;
use store::Conn;
use store::identity::assignments::{ActorKind, Assignment, SYSTEM_ID, ScopeKind};
use store::identity::domains::{self, Domain};
use store::identity::groups::{self, Group};
use store::identity::projects::{self, Project};
use store::identity::roles::{self, Role};
use store::identity::users::{self, User};

use super::{Call, Fault};

/// Who the path names.
enum Actor {
    User(User),
    Group(Group),
}

/// Where the path says.
enum Place {
    Project(Project),
    Domain(Domain),
    System,
}

/// Everything that a path names and that exists.
struct Found {
    actor: Result<Actor, Fault>,
    place: Result<Place, Fault>,
    /// None on paths that name no role.
    role: Option<Result<Role, Fault>>,
}

impl Found {
    fn by_path(call: &Call, conn: &Conn<'_>) -> Result<Self, Fault> {
        let missing = |noun, id: &str| Fault::not_found(noun, id);
        let part = |name| Some(call.part(name)).filter(|id| !id.is_empty());
        let actor = match part("group_id") {
            Some(id) => groups::get(conn, id)?.map(Actor::Group).ok_or_else(|| missing("group", id)),
            None => {
                let id = call.part("user_id");
                users::get(conn, id)?.map(Actor::User).ok_or_else(|| missing("user", id))
            }
        };
        let place = match (part("project_id"), part("domain_id")) {
            (Some(id), _) => {
                projects::get(conn, id)?.map(Place::Project).ok_or_else(|| missing("project", id))
            }
            (None, Some(id)) => {
                domains::get(conn, id)?.map(Place::Domain).ok_or_else(|| missing("domain", id))
            }
            (None, None) => Ok(Place::System),
        };
        let role = match part("role_id") {
            None => None,
            Some(id) => Some(roles::get(conn, id)?.ok_or_else(|| missing("role", id))),
        };
        Ok(Self { actor, place, role })
    }

    /// What rules may ask.
    fn target(&self) -> Vec<(&'static str, Value<'_>)> {
        let mut target = Vec::new();
        match &self.actor {
            Ok(Actor::User(user)) => target.push(("target.user.domain_id", Value::Text(&user.domain_id))),
            Ok(Actor::Group(group)) => target.push(("target.group.domain_id", Value::Text(&group.domain_id))),
            Err(_) => {}
        }
        match &self.place {
            Ok(Place::Project(project)) => {
                target.push(("target.project.domain_id", Value::Text(&project.domain_id)));
            }
            Ok(Place::Domain(domain)) => target.push(("target.domain.id", Value::Text(&domain.id))),
            Ok(Place::System) | Err(_) => {}
        }
        if let Some(Ok(role)) = &self.role {
            target.push(("target.role.name", Value::Text(&role.name)));
            target.push(("target.role.domain_id", Value::Null));
        }
        target
    }

    /// Who and where, if both exist.
    fn names(self) -> Result<(Names, Option<Result<Role, Fault>>), Fault> {
        let (actor_kind, actor_id) = match self.actor? {
            Actor::User(user) => (ActorKind::User, user.id),
            Actor::Group(group) => (ActorKind::Group, group.id),
        };
        let (scope_kind, scope_id) = match self.place? {
            Place::Project(project) => (ScopeKind::Project, project.id),
            Place::Domain(domain) => (ScopeKind::Domain, domain.id),
            Place::System => (ScopeKind::System, SYSTEM_ID.to_owned()),
        };
        Ok((Names { actor_kind, actor_id, scope_kind, scope_id }, self.role))
    }
}

/// An assignment without its role.
struct Names {
    actor_kind: ActorKind,
    actor_id: String,
    scope_kind: ScopeKind,
    scope_id: String,
}

/// Who and where the path names, if the caller may ask.
fn holder(call: &Call, conn: &Conn<'_>) -> Result<Names, Fault> {
    let found = Found::by_path(call, conn)?;
    call.require(&found.target())?;
    Ok(found.names()?.0)
}

/// The assignment that the path names, if the caller may touch it and all of it exists. Whether somebody has the role
/// is another question.
fn assignment(call: &Call, conn: &Conn<'_>) -> Result<Assignment, Fault> {
    let found = Found::by_path(call, conn)?;
    call.require(&found.target())?;
    let (names, role) = found.names()?;
    let role = role.ok_or_else(Fault::no_such_path)??;
    let Names { actor_kind, actor_id, scope_kind, scope_id } = names;
    Ok(Assignment { actor_kind, actor_id, scope_kind, scope_id, role_id: role.id })
}

/// 404: nobody gave this role.
fn not_assigned(it: &Assignment) -> Fault {
    Fault::new(
        404,
        format!(
            "Could not find role assignment with role: {}, user or group: {}, project, domain, or system: {}.",
            it.role_id, it.actor_id, it.scope_id
        ),
    )
}
