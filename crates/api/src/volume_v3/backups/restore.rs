//! `POST /backups/{backup_id}/restore`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::backup::restore::{Target, accept};
use wire::Fault;
use wire::request::backups::Restore;
use wire::view::backups::restored;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let Restore { volume_id, name } = Restore::parse(&call.body)?;
    let id = call.id("backup_id", Noun::Backup)?;
    call.require_project()?;
    let who = call.requester_of_backup(&[VolumeRule::BackupRestore]);
    let target = volume_id.map_or(Target::New(name), Target::Volume);
    let volume = accept(&call.api.desk, &who, id, target).await.map_err(fault)?;
    Ok(Reply::json(202, restored(id, volume.id, volume.name.as_deref())))
}
