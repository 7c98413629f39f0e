//! `os-volume_upload_image`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use model::{Image, ImageVisibility, Volume, VolumeType};
use operations::volume::upload::{Upload, accept};
use serde_json::{Value, json};
use wire::Fault;
use wire::microversion::gate;
use wire::request::move_actions::MoveAction;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::{fault, store_fault};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let MoveAction::Upload(asked) = MoveAction::parse(&call.body, call.version)? else {
        return Err(Fault::malformed_body());
    };
    let id = call.id("volume_id", Noun::Volume)?;
    if asked.visibility == ImageVisibility::Public {
        call.require(VolumeRule::VolumeActionsUploadPublic)?;
    }
    let who = call.requester_of_volume(id, &[VolumeRule::VolumeActionsUploadImage]);
    let upload = Upload {
        image_name: asked.image_name,
        disk_format: asked.disk_format,
        container_format: asked.container_format,
        visibility: asked.visibility,
        protected: asked.protected,
        force: asked.force,
    };
    let (volume, image) = accept(&call.api.desk, &who, id, upload).await.map_err(fault)?;
    let of_type = volume.volume_type_id;
    let volume_type = call.api.desk.store.read(move |conn| store::volume_types::get(conn, of_type)).await;
    let volume_type = volume_type.map_err(|error| store_fault(&error))?;
    let body = shown(&volume, volume_type.as_ref(), &image, call.version.has(gate::UPLOAD_VISIBILITY));
    Ok(Reply::json(202, body.to_string().into_bytes()))
}

fn shown(volume: &Volume, volume_type: Option<&VolumeType>, image: &Image, has_visibility: bool) -> Value {
    let mut facts = json!({
        "id": volume.id.to_string(),
        "updated_at": volume.updated_at.map(|at| at.to_string()),
        "status": volume.status.as_str(),
        "display_description": volume.description,
        "size": volume.size_gib,
        "volume_type": volume_type.map(of_type),
        "image_id": image.id.to_string(),
        "container_format": image.container_format,
        "disk_format": image.disk_format,
        "image_name": image.name,
    });
    if has_visibility {
        facts["protected"] = json!(image.protected);
        facts["visibility"] = json!(image.visibility.as_str());
    }
    json!({"os-volume_upload_image": facts})
}

fn of_type(volume_type: &VolumeType) -> Value {
    json!({
        "id": volume_type.id.to_string(),
        "name": volume_type.name,
        "description": volume_type.description,
        "is_public": volume_type.is_public,
        "extra_specs": volume_type.extra_specs.0,
        "created_at": volume_type.created_at.to_string(),
        "updated_at": volume_type.updated_at.map(|at| at.to_string()),
        "deleted": false,
        "deleted_at": null,
        "qos_specs_id": volume_type.qos_specs_id.map(|id| id.to_string()),
    })
}
