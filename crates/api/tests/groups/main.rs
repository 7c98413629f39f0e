//! Groups, their types and snapshots end to end: the router over a real store, without workers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod consistency;
mod create;
mod delete;
mod list;
mod replication;
mod samples;
mod show;
mod snapshots;
mod types;
mod update;
mod volumes;

use model::volume_type::DEFAULT_TYPE_NAME;
use model::{GroupId, GroupSnapshotId, GroupSnapshotStatus, GroupStatus, VolumeId};
use serde_json::{Value, json};
use store::groups::Edit;
use support::World;
use support::arrange::{HOST, placed};

/// A group type that asks for nothing; its identifier.
async fn add_type(world: &World, name: &str, specs: Value) -> String {
    let body = json!({"group_type": {"name": name, "group_specs": specs}});
    let made = world.admin().at("3.71").post("/group_types", body).await.expect(202);
    made["group_type"]["id"].as_str().unwrap().to_owned()
}

/// Asks for a group of the type `plain`, which has to be there, with these further fields.
async fn create(world: &World, fields: Value) -> GroupId {
    let mut group = json!({"group_type": "plain", "volume_types": [DEFAULT_TYPE_NAME]});
    group.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let reply = world.member().at("3.71").post("/groups", json!({ "group": group })).await.expect(202);
    reply["group"]["id"].as_str().unwrap().parse().unwrap()
}

/// The same, as if it had been placed.
async fn available(world: &World, fields: Value) -> GroupId {
    let id = create(world, fields).await;
    place(world, id).await;
    id
}

/// A group that is there, and its type.
async fn plain(world: &World) -> GroupId {
    add_type(world, "plain", json!({})).await;
    available(world, json!({})).await
}

/// What the workers would have done to a new group.
async fn place(world: &World, id: GroupId) {
    let edit = Edit { status: Some(GroupStatus::Available), host: Some(HOST.to_owned()), ..Edit::default() };
    world
        .write(move |conn| {
            rest(conn)?;
            store::groups::edit(conn, id, &edit)
        })
        .await;
}

/// Ends every operation.
fn rest(conn: &store::Conn<'_>) -> Result<(), store::StoreError> {
    conn.run("UPDATE operations SET queue = NULL, exclusive_key = NULL, state = 'done'", &[])?;
    conn.run("DELETE FROM shared_claims", &[]).map(drop)
}

/// A volume that is there, in the group.
async fn member(world: &World, group: GroupId) -> VolumeId {
    placed(world, json!({"group_id": group.to_string(), "volume_type": DEFAULT_TYPE_NAME})).await
}

async fn set_status(world: &World, id: GroupId, status: GroupStatus) {
    let edit = Edit { status: Some(status), ..Edit::default() };
    world.write(move |conn| store::groups::edit(conn, id, &edit)).await;
}

/// The status of a group; none when it is gone.
async fn status(world: &World, id: GroupId) -> Option<GroupStatus> {
    world.read(move |conn| Ok(store::groups::get(conn, id)?.map(|group| group.status))).await
}

/// Asks for a snapshot of a group.
async fn snapshot(world: &World, group: GroupId) -> GroupSnapshotId {
    let body = json!({"group_snapshot": {"group_id": group.to_string(), "name": "s", "description": "d"}});
    let made = world.member().at("3.71").post("/group_snapshots", body).await.expect(202);
    made["group_snapshot"]["id"].as_str().unwrap().parse().unwrap()
}

/// The same, as if it had been taken.
async fn taken(world: &World, group: GroupId) -> GroupSnapshotId {
    let id = snapshot(world, group).await;
    world
        .write(move |conn| {
            rest(conn)?;
            let edit = store::snapshots::Edit {
                status: Some(model::SnapshotStatus::Available),
                ..Default::default()
            };
            for part in store::group_snapshots::parts(conn, id)? {
                store::snapshots::edit(conn, part.id, &edit)?;
            }
            store::group_snapshots::set_status(conn, id, GroupSnapshotStatus::Available)
        })
        .await;
    id
}

/// Asserts that no quota counter differs from its recount.
async fn assert_counted(world: &World) {
    let drifts = world.read(store::quotas::recount).await;
    assert!(drifts.is_empty(), "{drifts:?}");
}
