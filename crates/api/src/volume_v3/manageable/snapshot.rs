//! `POST /manageable_snapshots`.

use auth::policy::VolumeRule;
use operations::snapshot::manage::{Manage, accept};
use wire::Fault;
use wire::request::manage::ManageSnapshot;

use super::reference;
use crate::http::Reply;
use crate::volume_v3::call::fault;
use crate::volume_v3::{Call, snapshots};

pub(crate) async fn manage(call: Call) -> Result<Reply, Fault> {
    let asked = ManageSnapshot::parse(&call.body)?;
    call.require(VolumeRule::SnapshotManage)?;
    call.require_project()?;
    let who = call.requester_of_volume(asked.volume_id, &[VolumeRule::SnapshotManage]);
    let request = Manage {
        volume_id: asked.volume_id,
        reference: reference(asked.reference),
        name: asked.name,
        description: asked.description,
        metadata: asked.metadata,
    };
    let snapshot = accept(&call.api.desk, &who, request).await.map_err(fault)?;
    Ok(Reply::json(202, snapshots::shown(&call, &snapshot)))
}
