//! `GET /backups/{backup_id}/export_record` and `POST /backups/import_record`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::backup::import::{self, Exported};
use wire::Fault;
use wire::request::backups::Import;
use wire::view::backups::record;

use super::shown;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn export(call: Call) -> Result<Reply, Fault> {
    let id = call.id("backup_id", Noun::Backup)?;
    let who = call.requester_of_backup(&[VolumeRule::BackupExport]);
    let exported = import::export(&call.api.desk, &who, id).await.map_err(fault)?;
    Ok(Reply::json(200, record(&exported.service, &exported.record)))
}

pub(crate) async fn import(call: Call) -> Result<Reply, Fault> {
    let Import { backup_service, backup_url } = Import::parse(&call.body)?;
    call.require_project()?;
    call.require(VolumeRule::BackupImport)?;
    let exported = Exported { service: backup_service, record: backup_url };
    let backup = import::accept(&call.api.desk, &call.requester(), exported).await.map_err(fault)?;
    Ok(Reply::json(201, shown(&call, &backup)))
}
