//! `/types/{type_id}/encryption`.

use auth::policy::VolumeRule;
use model::VolumeTypeId;
use model::encryption::ControlLocation;
use model::refusal::Noun;
use operations::volume_type::encryption::{Create, change, missing, set, unset};
use serde_json::{Map, Value};
use store::encryptions::Edit;
use wire::request::encryptions::Asked;
use wire::view::encryptions::{asked as shown, of_type};
use wire::{Fault, json};

use super::load;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::{fault, store_fault};

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::VolumeTypeEncryptionGet)?;
    let (_, facts) = facts(&call).await?;
    Ok(Reply::json(200, json::to_vec(&facts)))
}

pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::VolumeTypeEncryptionGet)?;
    let (id, mut facts) = facts(&call).await?;
    let key = call.part("key");
    let value = facts.remove(key).ok_or_else(|| missing(id))?;
    Ok(Reply::json(200, json::to_vec(&Map::from_iter([(key.to_owned(), value)]))))
}

pub(crate) async fn create(call: Call) -> Result<Reply, Fault> {
    let asked = Asked::create(&call.body)?;
    let id: VolumeTypeId = call.id("type_id", Noun::VolumeType)?;
    let new = Create {
        provider: asked.provider.unwrap_or_default(),
        cipher: asked.cipher.flatten(),
        key_size_bits: asked.key_size_bits.flatten(),
        control_location: asked.control_location.unwrap_or(ControlLocation::FrontEnd),
    };
    let made = set(&call.api.desk, &call.requester(), id, new).await.map_err(fault)?;
    Ok(Reply::json(200, shown(asked.asked, Some((id, made.id)))))
}

/// The identifier of the encryption in the path means nothing: a type has one.
pub(crate) async fn update(call: Call) -> Result<Reply, Fault> {
    let asked = Asked::update(&call.body)?;
    let id = call.id("type_id", Noun::VolumeType)?;
    let edit = Edit {
        provider: asked.provider,
        cipher: asked.cipher,
        key_size_bits: asked.key_size_bits,
        control_location: asked.control_location,
    };
    change(&call.api.desk, &call.requester(), id, edit).await.map_err(fault)?;
    Ok(Reply::json(200, shown(asked.asked, None)))
}

pub(crate) async fn delete(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::VolumeTypeEncryptionDelete)?;
    let asked = call.part("type_id");
    let id = asked.parse().map_err(|_| missing(wire::fault::echo(asked)))?;
    unset(&call.api.desk, &call.requester(), id).await.map_err(fault)?;
    Ok(Reply::empty(202))
}

async fn facts(call: &Call) -> Result<(VolumeTypeId, Map<String, Value>), Fault> {
    let id = load(call).await?.id;
    let read = call.api.desk.store.read(move |conn| store::encryptions::of_type(conn, id));
    let encryption = read.await.map_err(|error| store_fault(&error))?;
    Ok((id, of_type(id, encryption.as_ref())))
}
