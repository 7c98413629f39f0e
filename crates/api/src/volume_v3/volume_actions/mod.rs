//! `POST /volumes/{volume_id}/action`, one action a file where there is more to it than a line.

mod attaching;
mod extend;
mod image_metadata;
mod reset_status;
mod unmanage;

pub(super) use attaching::{
    attach, begin_detaching, detach, extend_volume_completion, force_detach, initialize_connection, reserve,
    roll_detaching, terminate_connection, unreserve,
};
pub(super) use extend::handle as extend;
pub(super) use image_metadata::{
    set as set_image_metadata, show as show_image_metadata, unset as unset_image_metadata,
};
pub(super) use reset_status::handle as reset_status;
pub(super) use unmanage::handle as unmanage;

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::volume::{delete, edit};
use wire::Fault;
use wire::request::volume_actions::VolumeAction;

use super::Call;
use super::call::fault;
use crate::http::Reply;

/// `os-force_delete`.
pub(super) async fn force_delete(call: Call) -> Result<Reply, Fault> {
    VolumeAction::parse(&call.body)?;
    let id = call.id("volume_id", Noun::Volume)?;
    let rules = [VolumeRule::VolumeAdminActionsForceDelete, VolumeRule::VolumeDelete];
    let who = call.requester_of_volume(id, &rules);
    let options = delete::Options { force: true, cascade: false };
    delete::accept(&call.api.desk, &who, id, options).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

/// `os-set_bootable`.
pub(super) async fn set_bootable(call: Call) -> Result<Reply, Fault> {
    let VolumeAction::SetBootable { bootable } = VolumeAction::parse(&call.body)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("volume_id", Noun::Volume)?;
    let who = call.requester_of_volume(id, &[VolumeRule::VolumeUpdate]);
    edit::set_bootable(&call.api.desk, &who, id, bootable).await.map_err(fault)?;
    Ok(Reply::empty(200))
}

/// `os-update_readonly_flag`.
pub(super) async fn update_readonly_flag(call: Call) -> Result<Reply, Fault> {
    let VolumeAction::UpdateReadonlyFlag { readonly } = VolumeAction::parse(&call.body)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("volume_id", Noun::Volume)?;
    // The flag is kept with what administrators note of a volume.
    call.require_elevated(VolumeRule::VolumeUpdateVolumeAdminMetadata)?;
    let who = call.requester_of_volume(id, &[VolumeRule::VolumeUpdateReadonlyFlag]);
    edit::set_readonly(&call.api.desk, &who, id, readonly).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
