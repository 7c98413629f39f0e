//! `POST`, `PATCH` and `DELETE` of projects.

use auth::identity::NameKind;
use auth::policy::Value;
use auth::random;
use store::identity::domains;
use store::identity::projects::{self, Filter, Project};
use store::identity::revocations::Kind;
use store::{Conn, StoreError};

use super::{tags, target, view};
use crate::http::Reply;
use crate::identity_v3::body::Fields;
use crate::identity_v3::domains::write::end_tokens;
use crate::identity_v3::fault::on_duplicate;
use crate::identity_v3::view::member;
use crate::identity_v3::{Call, Fault};

/// How deep projects may lie in projects (Keystone's `max_project_tree_depth`).
const MAX_DEPTH: usize = 5;

pub(crate) async fn create(call: Call) -> Result<Reply, Fault> {
    let mut said = Fields::of(&call.request.body, "project")?;
    let said_domain = said.text("domain_id")?.flatten();
    let said_parent = said.text("parent_id")?.flatten();
    let domain_id = call.domain_for_new(said_domain);
    call.require(&[("target.project.domain_id", Value::Text(&domain_id))])?;
    if said.flag("is_domain")? == Some(true) {
        return Err(Fault::forbidden_action("domains are created below /v3/domains"));
    }
    let mut project = Project {
        id: random::id()?,
        name: said.required_name(NameKind::Project)?,
        parent_id: said_parent.filter(|parent| *parent != domain_id),
        domain_id,
        description: said.text("description")?.flatten().unwrap_or_default(),
        enabled: said.flag("enabled")?.unwrap_or(true),
        tags: tags::said(&mut said)?.unwrap_or_else(|| "[]".to_owned()),
        extra: String::new(),
    };
    project.extra = said.into_extra();
    call.write(move |call, conn| {
        check_place(conn, &project)?;
        projects::insert(conn, &project).map_err(|error| name_is_taken(error, &project))?;
        Ok(member(201, "project", view(&call.request, &project)))
    })
    .await
}

pub(crate) async fn update(call: Call) -> Result<Reply, Fault> {
    let mut said = Fields::of(&call.request.body, "project")?;
    said.not_empty()?;
    said.same_id(call.part("project_id"))?;
    let name = said.name(NameKind::Project)?;
    let description = said.text("description")?;
    let enabled = said.flag("enabled")?;
    let (domain_id, parent_id) = (said.text("domain_id")?.flatten(), said.text("parent_id")?.flatten());
    let is_domain = said.flag("is_domain")?;
    let tags = tags::said(&mut said)?;
    call.write(move |call, conn| {
        let mut project = required(call, conn)?;
        Fields::same_domain(domain_id.as_deref(), &project.domain_id)?;
        let parent = project.parent_id.as_ref().unwrap_or(&project.domain_id);
        if parent_id.is_some_and(|id| id != *parent) {
            return Err(Fault::forbidden("Update of `parent_id` is not allowed."));
        }
        if is_domain == Some(true) {
            return Err(Fault::bad_request("Update of `is_domain` is not allowed."));
        }
        let was_enabled = project.enabled;
        project.name = name.unwrap_or(project.name);
        project.description = description.map_or(project.description, Option::unwrap_or_default);
        project.enabled = enabled.unwrap_or(was_enabled);
        project.tags = tags.unwrap_or(project.tags);
        project.extra = said.over_extra(&project.extra);
        if was_enabled != project.enabled {
            check_switch(conn, &project)?;
        }
        projects::update(conn, &project).map_err(|error| name_is_taken(error, &project))?;
        if was_enabled && !project.enabled {
            end_tokens(conn, Kind::Project, &project.id)?;
        }
        Ok(member(200, "project", view(&call.request, &project)))
    })
    .await
}

pub(crate) async fn delete(call: Call) -> Result<Reply, Fault> {
    call.write(|call, conn| {
        let project = required(call, conn)?;
        if !children(conn, &project.id)?.is_empty() {
            return Err(Fault::forbidden(format!(
                "Cannot delete the project {} since it is not a leaf in the hierarchy. Use the cascade option if \
                 you want to delete a whole subtree.",
                project.id
            )));
        }
        projects::remove(conn, &project.id)?;
        Ok(Reply::empty(204))
    })
    .await
}

/// The project of the path, if the caller may touch it.
fn required(call: &Call, conn: &Conn<'_>) -> Result<Project, Fault> {
    let id = call.part("project_id");
    let found = projects::get(conn, id)?;
    call.require(&target(found.as_ref()))?;
    found.ok_or_else(|| Fault::not_found("project", id))
}

/// Whether a new project can be where it is to be: in a domain, not too deep, below enabled ones of the same domain.
fn check_place(conn: &Conn<'_>, new: &Project) -> Result<(), Fault> {
    let not_found = |noun: &str, id: &str| Fault::bad_request(Fault::not_found(noun, id).message);
    if domains::get(conn, &new.domain_id)?.is_none() {
        return Err(not_found("domain", &new.domain_id));
    }
    let (mut above, mut depth) = (new.parent_id.clone(), 1);
    while let Some(id) = above {
        let parent = projects::get(conn, &id)?.ok_or_else(|| not_found("project", &id))?;
        if parent.domain_id != new.domain_id {
            return Err(Fault::bad_request(format!(
                "Cannot create project, since it specifies its domain_id {}, but specifies a parent in a different \
                 domain ({}).",
                new.domain_id, parent.domain_id
            )));
        }
        if !parent.enabled {
            return Err(Fault::bad_request(format!(
                "cannot create a project in a branch containing a disabled project: {id}"
            )));
        }
        depth += 1;
        if depth > MAX_DEPTH {
            return Err(Fault::forbidden(format!("Max hierarchy depth reached for {id} branch.")));
        }
        above = parent.parent_id;
    }
    Ok(())
}

/// Whether a project can be enabled or disabled, as it now says: an enabled one has no disabled one above it.
fn check_switch(conn: &Conn<'_>, project: &Project) -> Result<(), Fault> {
    let id = &project.id;
    if !project.enabled && children(conn, id)?.iter().any(|child| child.enabled) {
        return Err(Fault::forbidden(format!(
            "Cannot disable project {id} since its subtree contains enabled projects."
        )));
    }
    let parent =
        project.parent_id.as_deref().map(|parent| projects::get(conn, parent)).transpose()?.flatten();
    if project.enabled && parent.is_some_and(|parent| !parent.enabled) {
        return Err(Fault::forbidden(format!("Cannot enable project {id} since it has disabled parents")));
    }
    Ok(())
}

fn children(conn: &Conn<'_>, id: &str) -> Result<Vec<Project>, StoreError> {
    projects::list(conn, &Filter { parent_id: Some(id.to_owned()), ..Filter::default() })
}

fn name_is_taken(error: StoreError, project: &Project) -> Fault {
    on_duplicate(error, "project", || {
        format!(
            "it is not permitted to have two projects with either the same name or same id in the same domain: name \
             is {}, project id {}",
            project.name, project.id
        )
    })
}
