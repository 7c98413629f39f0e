//! `PUT /backups/{backup_id}`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::backup::edit;
use store::backups::Edit;
use wire::Fault;
use wire::request::backups::Update;

use super::shown;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let Update { name, description, metadata } = Update::parse(&call.body, call.version)?;
    let id = call.id("backup_id", Noun::Backup)?;
    let who = call.requester_of_backup(&[VolumeRule::BackupUpdate]);
    let changes = Edit { name, description, metadata, ..Edit::default() };
    let backup = edit::update(&call.api.desk, &who, id, changes).await.map_err(fault)?;
    Ok(Reply::json(200, shown(&call, &backup)))
}
