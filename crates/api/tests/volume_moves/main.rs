//! `POST /volumes/{id}/action`, the actions that move bytes: the router over a real store, without workers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod from_image;
mod frozen;
mod migrate;
mod reimage;
mod retype;
mod revert;
mod upload;

use model::{VolumeId, VolumeStatus};
use serde_json::Value;
use support::{Answer, Client, World};

async fn act(client: &Client<'_>, id: VolumeId, action: Value) -> Answer {
    client.post(&format!("/volumes/{id}/action"), action).await
}

/// The status of a volume.
async fn status(world: &World, id: VolumeId) -> Option<VolumeStatus> {
    world.read(move |conn| Ok(store::volumes::get(conn, id)?.map(|volume| volume.status))).await
}
