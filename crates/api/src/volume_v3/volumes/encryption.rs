//! `GET /volumes/{volume_id}/encryption` and `…/encryption/{key}`: what a hypervisor needs to open an encrypted volume.
//! No volume is encrypted yet, and the facts about one that is not are a key that is null.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use wire::Fault;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

const KEY_ID: &str = "encryption_key_id";

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    check(&call).await?;
    Ok(Reply::json(200, format!(r#"{{"{KEY_ID}": null}}"#).into_bytes()))
}

pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    check(&call).await?;
    if call.part("key") == KEY_ID { Ok(Reply::json(200, b"null".to_vec())) } else { Err(Fault::not_found()) }
}

/// That the volume is there and may be asked about.
async fn check(call: &Call) -> Result<(), Fault> {
    let id = call.id("volume_id", Noun::Volume)?;
    let who = call.requester_by(Some(VolumeRule::VolumeEncryptionMetadata));
    let found = call.api.desk.store.read(move |conn| operations::volume::find(conn, &who, id));
    found.await.map(|_| ()).map_err(fault)
}
