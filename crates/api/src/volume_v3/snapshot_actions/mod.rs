//! `POST /snapshots/{snapshot_id}/action`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::snapshot::{delete, edit, unmanage as let_go};
use wire::Fault;
use wire::request::snapshot_actions::SnapshotAction;

use super::Call;
use super::call::fault;
use crate::http::Reply;

/// `os-force_delete`.
pub(super) async fn force_delete(call: Call) -> Result<Reply, Fault> {
    SnapshotAction::parse(&call.body)?;
    let id = call.id("snapshot_id", Noun::Snapshot)?;
    let rules = [VolumeRule::SnapshotAdminActionsForceDelete, VolumeRule::VolumeDeleteSnapshot];
    let who = call.requester_of_snapshot(&rules);
    delete::accept(&call.api.desk, &who, id, true).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

/// `os-unmanage`.
pub(super) async fn unmanage(call: Call) -> Result<Reply, Fault> {
    SnapshotAction::parse(&call.body)?;
    let id = call.id("snapshot_id", Noun::Snapshot)?;
    let who = call.requester_of_snapshot(&[VolumeRule::SnapshotUnmanage, VolumeRule::VolumeDeleteSnapshot]);
    let_go::accept(&call.api.desk, &who, id).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

/// `os-reset_status`.
pub(super) async fn reset_status(call: Call) -> Result<Reply, Fault> {
    let SnapshotAction::ResetStatus(status) = SnapshotAction::parse(&call.body)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("snapshot_id", Noun::Snapshot)?;
    let who = call.requester_by(Some(VolumeRule::SnapshotAdminActionsResetStatus));
    edit::reset_status(&call.api.desk, &who, id, status).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

/// `os-update_snapshot_status`.
pub(super) async fn update_snapshot_status(call: Call) -> Result<Reply, Fault> {
    let SnapshotAction::UpdateStatus { status, progress_percent } = SnapshotAction::parse(&call.body)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("snapshot_id", Noun::Snapshot)?;
    let who = call.requester_by(Some(VolumeRule::SnapshotActionsUpdateSnapshotStatus));
    edit::report_status(&call.api.desk, &who, id, status, progress_percent).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
