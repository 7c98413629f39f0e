//! `POST /attachments`.

use auth::policy::VolumeRule;
use operations::attachment;
use wire::Fault;
use wire::request::attachments::Create;
use wire::view::attachments::detail;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::{fault, forbidden};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let asked = Create::parse(&call.body, call.version)?;
    let bootable_too = call.allows_caller(VolumeRule::VolumeMultiattachBootableVolume);
    let who = call.requester_of_volume(asked.volume_id, &[VolumeRule::VolumeAttachmentCreate]);
    let request = attachment::Create {
        volume_id: asked.volume_id,
        instance_uuid: asked.instance_uuid,
        connector: asked.connector,
        mode: asked.mode,
        no_bootable_multiattach: (!bootable_too)
            .then(|| forbidden(VolumeRule::VolumeMultiattachBootableVolume)),
    };
    let made = attachment::create(&call.api.desk, &who, request).await.map_err(fault)?;
    Ok(Reply::json(200, detail(&made)))
}
