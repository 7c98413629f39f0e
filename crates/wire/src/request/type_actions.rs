//! `POST /types/{id}/action`: who may use a type that is not public.

use model::ProjectId;

use super::action::{Action, action};
use crate::Fault;
use crate::validate::schema::Kind::Object;
use crate::validate::{Rule, Schema, shapes};

const ADD_PROJECT_ACCESS: Schema = action!("addProjectAccess", "project": shapes::SOME_TEXT);
const REMOVE_PROJECT_ACCESS: Schema = action!("removeProjectAccess", "project": shapes::SOME_TEXT);

/// What to do with the access list of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeAction {
    /// `addProjectAccess`.
    AddProjectAccess(ProjectId),
    /// `removeProjectAccess`.
    RemoveProjectAccess(ProjectId),
}

impl TypeAction {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let action = Action::parse(body)?;
        match action.name.as_str() {
            "addProjectAccess" => project(action, &ADD_PROJECT_ACCESS).map(Self::AddProjectAccess),
            "removeProjectAccess" => project(action, &REMOVE_PROJECT_ACCESS).map(Self::RemoveProjectAccess),
            unknown => Err(Fault::no_such_action(unknown)),
        }
    }
}

fn project(action: Action, schema: &Schema) -> Result<ProjectId, Fault> {
    Ok(ProjectId::new(action.fields(schema)?.string("project").unwrap_or_default()))
}
