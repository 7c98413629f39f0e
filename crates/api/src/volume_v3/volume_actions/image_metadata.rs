//! `os-set_image_metadata`, `os-show_image_metadata`, `os-unset_image_metadata`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use model::{Refusal, VolumeId};
use operations::volume::edit;
use wire::Fault;
use wire::request::volume_actions::VolumeAction;
use wire::view::metadata::all;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn set(call: Call) -> Result<Reply, Fault> {
    let VolumeAction::SetImageMetadata(new) = VolumeAction::parse(&call.body)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("volume_id", Noun::Volume)?;
    let rules = [VolumeRule::VolumeImageMetadataSet, VolumeRule::VolumeUpdateVolumeMetadata];
    let who = call.requester_of_volume(id, &rules);
    let metadata = edit::set_image_metadata(&call.api.desk, &who, id, new).await.map_err(fault)?;
    Ok(Reply::json(200, all(&metadata)))
}

pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    VolumeAction::parse(&call.body)?;
    let id = call.id("volume_id", Noun::Volume)?;
    let who = call.requester_of_volume(id, &[VolumeRule::VolumeGetVolumeMetadata]);
    let found = call.api.desk.store.read(move |conn| operations::volume::find(conn, &who, id));
    let volume = found.await.map_err(fault)?;
    if volume.image_metadata.0.is_empty() {
        return Err(missing(id).into());
    }
    Ok(Reply::json(200, all(&volume.image_metadata)))
}

pub(crate) async fn unset(call: Call) -> Result<Reply, Fault> {
    let VolumeAction::UnsetImageMetadata { key } = VolumeAction::parse(&call.body)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("volume_id", Noun::Volume)?;
    let rules = [VolumeRule::VolumeImageMetadataRemove, VolumeRule::VolumeDeleteVolumeMetadata];
    let who = call.requester_of_volume(id, &rules);
    edit::remove_image_metadata(&call.api.desk, &who, id, key, missing(id)).await.map_err(fault)?;
    Ok(Reply::empty(200))
}

/// The volume has none, or not this.
fn missing(id: VolumeId) -> Refusal {
    Refusal::Absent(format!("Glance metadata for volume/snapshot {id} cannot be found."))
}
