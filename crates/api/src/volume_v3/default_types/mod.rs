//! `/default-types`: the volume types that projects have by default.

pub(super) mod list;
pub(super) mod set;
pub(super) mod show;
pub(super) mod unset;

use model::{ProjectId, Refusal};
use operations::Requester;
use wire::Fault;
use wire::fault::echo;

use super::Call;

/// The project whose default type this is, whether it exists or not.
fn target(call: &Call) -> ProjectId {
    ProjectId::new(call.part("target_project_id"))
}

/// Refuses a project that the identity does not know.
async fn check_exists(call: &Call, project: &ProjectId) -> Result<(), Fault> {
    match call.api.tokens.has_project(project.as_str()).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            let id = echo(project.as_str());
            Err(Fault::new(404, format!("Project with id {id} not found.")))
        }
        Err(error) => {
            tracing::error!(%error, "cannot look a project up");
            Err(Fault::new(503, "The identity service cannot be asked."))
        }
    }
}

/// Who asks, under the rule of the route, whose refusal has words of its own on these routes.
fn requester(call: &Call) -> Requester {
    let refusal = || Refusal::Forbidden("You are not authorized to perform this operation.".to_owned());
    call.requester_under(call.rule.into_iter().map(|rule| (rule, refusal())).collect())
}
