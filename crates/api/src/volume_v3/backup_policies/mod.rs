//! `/backup-policies`: an extension of this service, described in `docs/backup-policies.openapi.yaml`.

use auth::policy::VolumeRule;
use model::{BackupPolicyId, Refusal};
use operations::backup_policy::update::Change;
use operations::backup_policy::{create, delete, look, run, update};
use store::backup_policies::made::Made;
use wire::request::backup_policies::{self, Asked};
use wire::{Fault, view::backup_policies as view};

use super::Call;
use crate::http::Reply;
use crate::volume_v3::call::fault;

/// The policy that the path names.
fn id(call: &Call) -> Result<BackupPolicyId, Fault> {
    let text = call.part("policy_id");
    let why = || Refusal::Absent(format!("Backup policy {} could not be found.", wire::fault::echo(text)));
    text.parse().map_err(|_| why().into())
}

pub(super) async fn list(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::BackupGetAll)?;
    let everywhere = call.params()?.get("all_tenants") == Some("1");
    let found = look::list(&call.api.desk, &call.requester(), everywhere).await.map_err(fault)?;
    Ok(Reply::json(200, view::policies(found.iter().map(|it| (&it.policy, &it.targets)))))
}

pub(super) async fn show(call: Call) -> Result<Reply, Fault> {
    let (seen, due) = look::one(&call.api.desk, &call.requester(), id(&call)?).await.map_err(fault)?;
    Ok(Reply::json(200, view::policy(&seen.policy, &seen.targets, &due)))
}

pub(super) async fn make(call: Call) -> Result<Reply, Fault> {
    let (terms, targets) = Asked::create(&call.body)?;
    call.require(VolumeRule::BackupCreate)?;
    call.require_project()?;
    let made = create::accept(&call.api.desk, &call.requester(), terms, targets.clone()).await;
    Ok(Reply::json(201, view::policy(&made.map_err(fault)?, &targets, &[])))
}

pub(super) async fn change(call: Call) -> Result<Reply, Fault> {
    let asked = Asked::update(&call.body)?;
    let (who, policy) = (call.requester(), id(&call)?);
    let change = Change { volumes: asked.volumes.clone(), types: asked.types.clone() };
    let amend = move |terms: &mut _| asked.amend(terms);
    update::accept(&call.api.desk, &who, policy, amend, change).await.map_err(fault)?;
    show(call).await
}

pub(super) async fn remove(call: Call) -> Result<Reply, Fault> {
    delete::accept(&call.api.desk, &call.requester(), id(&call)?).await.map_err(fault)?;
    Ok(Reply::empty(204))
}

pub(super) async fn run_now(call: Call) -> Result<Reply, Fault> {
    let chore = backup_policies::run(&call.body)?;
    run::accept(&call.api.desk, &call.requester(), id(&call)?, chore).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

pub(super) async fn backups(call: Call) -> Result<Reply, Fault> {
    let found = look::backups(&call.api.desk, &call.requester(), id(&call)?).await.map_err(fault)?;
    Ok(Reply::json(200, view::made(found.iter().map(shown))))
}

fn shown(made: &Made) -> view::Made<'_> {
    view::Made {
        id: made.id,
        volume_id: made.volume_id,
        parent_id: made.parent_id,
        data_timestamp: made.data_timestamp,
        status: made.status,
        verdict: made.verdict,
        checked_at: made.checked_at,
        why: made.why.as_deref(),
    }
}
