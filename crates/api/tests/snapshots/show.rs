//! `GET`, `PUT` and `DELETE /snapshots/{id}`.

use model::SnapshotStatus;
use serde_json::json;

use crate::support::arrange::NOBODY;
use crate::support::{PROJECT, World};
use crate::{available, set_status, status};

#[tokio::test]
async fn a_snapshot_shows_its_progress() {
    let world = World::new().await;
    let id = available(&world, json!({"name": "s"})).await;
    let seen = world.reader().get(&format!("/snapshots/{id}")).await.expect(200);
    assert_eq!(seen["snapshot"]["os-extended-snapshot-attributes:progress"], "0%");
    assert_eq!(seen["snapshot"]["os-extended-snapshot-attributes:project_id"], PROJECT);
    assert_eq!(seen["snapshot"]["name"], "s");
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_yours_look_the_same() {
    let world = World::new().await;
    let id = available(&world, json!({})).await.to_string();
    for (client, id) in [(world.stranger(), id.as_str()), (world.member(), NOBODY), (world.admin(), "x")] {
        for method in ["GET", "DELETE"] {
            let message = client.ask(method, &format!("/snapshots/{id}"), None).await.fault(404);
            assert_eq!(message, format!("Snapshot {id} could not be found."));
        }
    }
}

#[tokio::test]
async fn name_and_description_can_change() {
    let world = World::new().await;
    let path = format!("/snapshots/{}", available(&world, json!({"name": "old"})).await);
    let body = json!({"snapshot": {"description": "text"}});
    let changed = world.member().put(&path, body.clone()).await.expect(200);
    assert_eq!(changed["snapshot"]["name"], "old");
    assert_eq!(changed["snapshot"]["description"], "text");
    assert_eq!(
        world.reader().put(&path, body).await.fault(403),
        "Policy doesn't allow volume:update_snapshot to be performed."
    );
    world.member().put(&path, json!({"snapshot": {}})).await.fault(400);
}

#[tokio::test]
async fn deleting_is_for_finished_snapshots() {
    let world = World::new().await;
    let id = available(&world, json!({})).await;
    let path = format!("/snapshots/{id}");
    let refused =
        "Invalid snapshot: Snapshot status must be available or error and must not be part of a group.";
    for refusing in [SnapshotStatus::Creating, SnapshotStatus::ErrorDeleting, SnapshotStatus::BackingUp] {
        set_status(&world, id, refusing).await;
        assert_eq!(world.member().delete(&path).await.fault(400), refused, "{refusing}");
    }
    assert_eq!(
        world.reader().delete(&path).await.fault(403),
        "Policy doesn't allow volume:delete_snapshot to be performed."
    );
    set_status(&world, id, SnapshotStatus::Error).await;
    assert_eq!(world.member().delete(&path).await.status, 202);
    assert_eq!(status(&world, id).await, Some(SnapshotStatus::Deleting));
}
