//! `DELETE /backups/{backup_id}`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::backup::delete::accept;
use wire::Fault;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let id = call.id("backup_id", Noun::Backup)?;
    let who = call.requester_of_backup(&[VolumeRule::BackupDelete]);
    accept(&call.api.desk, &who, id, false).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
