//! `GET /volumes/{volume_id}/encryption` and `…/encryption/{key}`: what a hypervisor needs to open an encrypted volume.
//! The facts about one that is not encrypted are a key that is null.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::Refused;
use serde_json::{Map, Value};
use wire::view::encryptions::of_volume;
use wire::{Fault, json};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    Ok(Reply::json(200, json::to_vec(&facts(&call).await?)))
}

/// The value alone, a text without quotes.
pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    let value = facts(&call).await?.remove(call.part("key")).ok_or_else(Fault::not_found)?;
    Ok(match value {
        Value::String(text) => Reply::text(200, text),
        other => Reply::json(200, json::to_vec(&other)),
    })
}

async fn facts(call: &Call) -> Result<Map<String, Value>, Fault> {
    let id = call.id("volume_id", Noun::Volume)?;
    let who = call.requester_by(Some(VolumeRule::VolumeEncryptionMetadata));
    let read = call.api.desk.store.read(move |conn| {
        let volume = operations::volume::find(conn, &who, id)?;
        let encryption = store::encryptions::of_type(conn, volume.volume_type_id)?;
        Ok::<_, Refused>(of_volume(volume.encryption_key_id, encryption.as_ref()))
    });
    read.await.map_err(fault)
}
