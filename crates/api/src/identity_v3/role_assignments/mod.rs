//! `GET /v3/role_assignments`: who has which role where, as it was given or, `effective`, as it counts.

mod effective;
mod names;

use serde_json::{Value, json};
use store::identity::assignments::{self, ActorKind, Assignment, Filter, SYSTEM_ID, ScopeKind};
use store::identity::projects;
use store::{Conn, StoreError};

use self::effective::{Row, effective};
use self::names::Names;
use super::call::Request;
use super::query::Query;
use super::view::collection;
use super::{Call, Fault};
use crate::http::Reply;

pub(crate) async fn list(call: Call) -> Result<Reply, Fault> {
    let asked = Asked::of(&call.request.query)?;
    call.read(move |call, conn| {
        let own_domain = call.own_domain();
        call.require(&[("target.domain_id", own_domain.or(asked.domain()).into())])?;
        let mut rows = asked.rows(conn)?;
        if let Some(domain_id) = own_domain {
            rows = inside(conn, rows, domain_id)?;
        }
        let mut names = Names::new(conn, asked.with_names);
        let shown = rows.iter().map(|row| show(&call.request, row, &mut names)).collect::<Result<_, _>>()?;
        collection(&call.request, "role_assignments", shown)
    })
    .await
}

/// What the query asks.
struct Asked {
    filter: Filter,
    effective: bool,
    with_names: bool,
    /// Only inherited assignments, of which there are none here.
    inherited_only: bool,
}

impl Asked {
    fn of(query: &Query) -> Result<Self, Fault> {
        let id = |name| query.get(name).filter(|id| !id.is_empty()).map(str::to_owned);
        let actor = match (id("user.id"), id("group.id")) {
            (Some(_), Some(_)) => return Err(Fault::bad_request("Specify a user or group, not both")),
            (Some(user), None) => Some((ActorKind::User, user)),
            (None, group) => group.map(|group| (ActorKind::Group, group)),
        };
        let scopes = [
            id("scope.project.id").map(|id| (ScopeKind::Project, id)),
            id("scope.domain.id").map(|id| (ScopeKind::Domain, id)),
            id("scope.system").map(|_| (ScopeKind::System, SYSTEM_ID.to_owned())),
        ];
        let mut scopes = scopes.into_iter().flatten();
        let scope = scopes.next();
        if scopes.next().is_some() {
            return Err(Fault::bad_request("Specify a domain or project, not both"));
        }
        let effective = query.switch("effective");
        if effective && matches!(actor, Some((ActorKind::Group, _))) {
            let message = "Combining effective and group filter will always result in an empty list.";
            return Err(Fault::bad_request(message));
        }
        Ok(Self {
            filter: Filter { actor, scope, role_id: id("role.id") },
            effective,
            with_names: query.switch("include_names"),
            inherited_only: query.has("scope.OS-INHERIT:inherited_to"),
        })
    }

    /// The domain that the list is about, if it is about one.
    fn domain(&self) -> Option<&str> {
        match &self.filter.scope {
            Some((ScopeKind::Domain, id)) => Some(id),
            _ => None,
        }
    }

    fn rows(&self, conn: &Conn<'_>) -> Result<Vec<Row>, StoreError> {
        if self.inherited_only {
            return Ok(Vec::new());
        }
        if self.effective {
            return effective(conn, &self.filter);
        }
        Ok(assignments::list(conn, &self.filter)?.into_iter().map(Row::given).collect())
    }
}

/// Only what was assigned on this domain or in its projects.
fn inside(conn: &Conn<'_>, rows: Vec<Row>, domain_id: &str) -> Result<Vec<Row>, StoreError> {
    let filter = projects::Filter { domain_id: Some(domain_id.to_owned()), ..projects::Filter::default() };
    let mut project_ids = projects::list(conn, &filter)?.into_iter().map(|it| it.id).collect::<Vec<_>>();
    project_ids.sort();
    let is_inside = |it: &Assignment| match it.scope_kind {
        ScopeKind::Project => project_ids.binary_search(&it.scope_id).is_ok(),
        ScopeKind::Domain => it.scope_id == domain_id,
        ScopeKind::System => false,
    };
    Ok(rows.into_iter().filter(|row| is_inside(&row.it)).collect())
}

fn show(request: &Request, row: &Row, names: &mut Names<'_, '_>) -> Result<Value, StoreError> {
    let it = &row.it;
    let mut links = json!({"assignment": request.url(&path(&row.given))});
    if it.actor_id != row.given.actor_id {
        let membership = format!("groups/{}/users/{}", row.given.actor_id, it.actor_id);
        links["membership"] = request.url(&membership).into();
    }
    let scope = match it.scope_kind {
        ScopeKind::Project => json!({"project": names.project(&it.scope_id)?}),
        ScopeKind::Domain => json!({"domain": names.domain(&it.scope_id)?}),
        ScopeKind::System => json!({"system": {"all": true}}),
    };
    let (actor, shown) = match it.actor_kind {
        ActorKind::User => ("user", names.user(&it.actor_id)?),
        ActorKind::Group => ("group", names.group(&it.actor_id)?),
    };
    Ok(json!({"links": links, "scope": scope, actor: shown, "role": names.role(&it.role_id)?}))
}

/// The path of a grant.
fn path(it: &Assignment) -> String {
    let scope = match it.scope_kind {
        ScopeKind::Project => format!("projects/{}", it.scope_id),
        ScopeKind::Domain => format!("domains/{}", it.scope_id),
        ScopeKind::System => "system".to_owned(),
    };
    format!("{scope}/{}s/{}/roles/{}", it.actor_kind, it.actor_id, it.role_id)
}
