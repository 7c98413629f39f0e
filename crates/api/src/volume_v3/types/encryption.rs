//! `GET /types/{type_id}/encryption` and `/{key}`. No type has an encryption, and clients that list types ask for it.

use auth::policy::VolumeRule;
use wire::Fault;

use super::load;
use crate::http::Reply;
use crate::volume_v3::Call;

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::VolumeTypeEncryptionGet)?;
    load(&call).await?;
    Ok(Reply::json(200, b"{}".to_vec()))
}

pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::VolumeTypeEncryptionGet)?;
    let id = load(&call).await?.id;
    Err(Fault::new(404, format!("Volume type encryption for type {id} does not exist.")))
}
