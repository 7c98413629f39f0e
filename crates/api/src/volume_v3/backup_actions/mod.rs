//! `POST /backups/{backup_id}/action`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::backup::{delete, edit};
use wire::Fault;
use wire::request::backup_actions::BackupAction;

use super::Call;
use super::call::fault;
use crate::http::Reply;

/// `os-force_delete`.
pub(super) async fn force_delete(call: Call) -> Result<Reply, Fault> {
    BackupAction::parse(&call.body)?;
    let id = call.id("backup_id", Noun::Backup)?;
    let rules = [VolumeRule::BackupAdminActionsForceDelete, VolumeRule::BackupDelete];
    let who = call.requester_of_backup(&rules);
    delete::accept(&call.api.desk, &who, id, true).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

/// `os-reset_status`.
pub(super) async fn reset_status(call: Call) -> Result<Reply, Fault> {
    let BackupAction::ResetStatus(status) = BackupAction::parse(&call.body)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("backup_id", Noun::Backup)?;
    let who = call.requester_of_backup(&[VolumeRule::BackupAdminActionsResetStatus]);
    edit::reset_status(&call.api.desk, &who, id, status).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
