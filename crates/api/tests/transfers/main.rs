//! `/volume-transfers` and `/os-volume-transfer` end to end: the router over a real store, without workers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod accept;
mod create;
mod golden;
mod keys;
mod list;

use model::VolumeId;
use serde_json::{Value, json};
use support::World;

/// Offers a volume of the member with these further fields; answers with the offer.
async fn offer(world: &World, volume: VolumeId, fields: Value) -> Value {
    let mut transfer = json!({"volume_id": volume.to_string()});
    transfer.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let member = world.member().at("3.71");
    let reply = member.post("/volume-transfers", json!({"transfer": transfer})).await.expect(202);
    reply["transfer"].clone()
}

/// What has to be sent to accept the offer.
fn accepting(transfer: &Value) -> (String, Value) {
    let path = format!("/volume-transfers/{}/accept", transfer["id"].as_str().unwrap());
    (path, json!({"accept": {"auth_key": transfer["auth_key"]}}))
}
