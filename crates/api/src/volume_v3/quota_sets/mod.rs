//! `/os-quota-sets`.

pub(super) mod defaults;
pub(super) mod delete;
pub(super) mod show;
pub(super) mod update;

use std::sync::Arc;

use auth::policy::{RuleSet, VolumeRule};
use model::{ProjectId, UserId};
use operations::quota_set::{Quota, names};
use wire::Fault;
use wire::fault::echo;

use super::Call;
use super::call::store_fault;

/// Longest name of a project or a quota class, in characters.
const MAX_NAME_CHARS: usize = 255;

/// The project whose quotas these are. Nobody knows here whether it exists.
fn target(call: &Call) -> ProjectId {
    ProjectId::new(call.part("target_project_id"))
}

/// Checks that the caller may see the quotas of `project`.
fn require_show(call: &Call, project: &ProjectId) -> Result<(), Fault> {
    let user = UserId::new(call.credentials.user.id.as_str());
    let rule = VolumeRule::QuotasShow;
    if call.allows(rule, project, &user) { Ok(()) } else { Err(Fault::policy(rule.name())) }
}

/// Refuses names that cannot be those of a project or a class.
pub(super) fn check_name(what: &str, name: &str) -> Result<(), Fault> {
    let length = name.chars().count();
    if length <= MAX_NAME_CHARS {
        return Ok(());
    }
    Err(Fault::invalid_input(format!("{} has {length} characters, more than {MAX_NAME_CHARS}.", echo(what))))
}

/// What can have a limit in this installation.
pub(super) async fn known_names(call: &Call) -> Result<Vec<String>, Fault> {
    let settings = Arc::clone(&call.api.desk.settings);
    let read = call.api.desk.store.read(move |conn| names(conn, &settings));
    read.await.map_err(|error| store_fault(&error))
}

/// Names and limits, as sets without usage show them.
pub(super) fn limits(quotas: &[Quota]) -> impl Iterator<Item = (&str, i64)> {
    quotas.iter().map(|quota| (quota.name.as_str(), quota.limit))
}
