//! `POST /manageable_volumes`.

use operations::volume::manage::{Manage, accept};
use wire::Fault;
use wire::request::manage::ManageVolume;

use super::{reference, target};
use crate::http::Reply;
use crate::volume_v3::call::fault;
use crate::volume_v3::{Call, volumes};

pub(crate) async fn manage(call: Call) -> Result<Reply, Fault> {
    let asked = ManageVolume::parse(&call.body, call.version)?;
    call.require_project()?;
    let request = Manage {
        target: target(asked.place),
        reference: reference(asked.reference),
        name: asked.name,
        description: asked.description,
        volume_type: asked.volume_type,
        availability_zone: asked.availability_zone,
        bootable: asked.bootable,
        metadata: asked.metadata,
    };
    let accepted = accept(&call.api.desk, &call.requester(), request).await.map_err(fault)?;
    Ok(Reply::json(202, volumes::made(&call, accepted).await?))
}
