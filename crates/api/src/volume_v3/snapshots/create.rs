//! `POST /snapshots`.

use auth::policy::VolumeRule;
use operations::snapshot::create;
use wire::Fault;
use wire::request::snapshots::Create;

use super::shown;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let asked = Create::parse(&call.body, call.version)?;
    call.require_project()?;
    let request = create::Create {
        volume_id: asked.volume_id,
        name: asked.name,
        description: asked.description,
        metadata: asked.metadata,
        attached_too: asked.force || asked.allow_in_use,
    };
    let who = call.requester_of_volume(asked.volume_id, &[VolumeRule::VolumeCreateSnapshot]);
    let snapshot = create::accept(&call.api.desk, &who, request).await.map_err(fault)?;
    Ok(Reply::json(202, shown(&call, &snapshot)))
}
