//! `/snapshots` end to end: the router over a real store, without workers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod actions;
mod create;
mod golden;
mod list;
mod metadata;
mod show;

use model::{SnapshotId, SnapshotStatus};
use serde_json::{Value, json};
use support::{World, arrange};

/// Asks for a snapshot of a new volume of the member, with these further fields.
async fn create(world: &World, fields: Value) -> SnapshotId {
    let volume = arrange::available(world).await;
    let mut snapshot = json!({"volume_id": volume.to_string()});
    snapshot.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let reply = world.member().post("/snapshots", json!({"snapshot": snapshot})).await.expect(202);
    reply["snapshot"]["id"].as_str().unwrap().parse().unwrap()
}

/// The same, as if it had been taken.
async fn available(world: &World, fields: Value) -> SnapshotId {
    let id = create(world, fields).await;
    set_status(world, id, SnapshotStatus::Available).await;
    id
}

/// Puts a snapshot into this status, with nothing at work on it.
async fn set_status(world: &World, id: SnapshotId, status: SnapshotStatus) {
    let edit = store::snapshots::Edit { status: Some(status), ..Default::default() };
    world
        .write(move |conn| {
            conn.run("UPDATE operations SET queue = NULL, exclusive_key = NULL, state = 'done'", &[])?;
            conn.run("DELETE FROM shared_claims", &[])?;
            store::snapshots::edit(conn, id, &edit)
        })
        .await;
}

/// The status of a snapshot; none when it is gone.
async fn status(world: &World, id: SnapshotId) -> Option<SnapshotStatus> {
    world.read(move |conn| Ok(store::snapshots::get(conn, id)?.map(|snapshot| snapshot.status))).await
}
