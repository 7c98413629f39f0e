//! `/default-types`: the volume types that projects have by default.

pub(super) mod list;
pub(super) mod set;
pub(super) mod show;
pub(super) mod unset;

use model::{ProjectId, Refusal};
use operations::Requester;

use super::Call;

/// The project whose default type this is. Nobody knows here whether it exists.
fn target(call: &Call) -> ProjectId {
    ProjectId::new(call.part("target_project_id"))
}

/// Who asks, under the rule of the route, whose refusal has words of its own on these routes.
fn requester(call: &Call) -> Requester {
    let refusal = || Refusal::Forbidden("You are not authorized to perform this operation.".to_owned());
    call.requester_under(call.rule.into_iter().map(|rule| (rule, refusal())).collect())
}
