//! `/projects`.

pub(super) mod read;
pub(super) mod write;

mod tags;

use auth::policy::Value;
use serde_json::json;
use store::identity::projects::Project;

use super::call::Request;
use super::view::resource;

/// A project as it is shown.
pub(crate) fn view(request: &Request, project: &Project) -> serde_json::Value {
    let own = json!({
        "id": project.id,
        "name": project.name,
        "domain_id": project.domain_id,
        "description": project.description,
        "enabled": project.enabled,
        "parent_id": project.parent_id.as_ref().unwrap_or(&project.domain_id),
        "is_domain": false,
        "tags": tags::of(project),
        "options": {},
    });
    resource(request, &format!("projects/{}", project.id), own, &project.extra)
}

/// What rules may ask of a project.
pub(super) fn target(project: Option<&Project>) -> Vec<(&'static str, Value<'_>)> {
    project.map_or_else(Vec::new, |project| {
        vec![
            ("target.project.id", Value::Text(&project.id)),
            ("target.project.domain_id", Value::Text(&project.domain_id)),
        ]
    })
}
