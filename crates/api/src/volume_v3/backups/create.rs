//! `POST /backups`.

use auth::policy::VolumeRule;
use operations::backup::create;
use wire::Fault;
use wire::request::backups::Create;

use super::shown;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let asked = Create::parse(&call.body, call.version)?;
    call.require_project()?;
    let request = create::Create {
        volume_id: asked.volume_id,
        snapshot_id: asked.snapshot_id,
        name: asked.name,
        description: asked.description,
        container: asked.container,
        incremental: asked.incremental,
        parent_id: None,
        force: asked.force,
        metadata: asked.metadata,
        availability_zone: asked.availability_zone,
    };
    let who = call.requester_of_volume(asked.volume_id, &[VolumeRule::BackupCreate]);
    let backup = create::accept(&call.api.desk, &who, request).await.map_err(fault)?;
    Ok(Reply::json(202, shown(&call, &backup)))
}
