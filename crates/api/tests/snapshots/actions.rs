//! `POST /snapshots/{id}/action`.

use model::{SnapshotId, SnapshotStatus};
use serde_json::{Value, json};

use crate::support::{Answer, Client, World};
use crate::{available, create, set_status, status};

async fn act(client: &Client<'_>, id: SnapshotId, action: Value) -> Answer {
    client.post(&format!("/snapshots/{id}/action"), action).await
}

#[tokio::test]
async fn statuses_are_reset_by_administrators() {
    let world = World::new().await;
    let id = available(&world, json!({})).await;
    let reset = |status: &str| json!({"os-reset_status": {"status": status}});
    act(&world.admin(), id, reset("Error_Deleting")).await.expect(202);
    assert_eq!(status(&world, id).await, Some(SnapshotStatus::ErrorDeleting));
    act(&world.admin(), id, reset("bogus")).await.fault(400);
    assert_eq!(
        act(&world.member(), id, reset("available")).await.fault(403),
        "Policy doesn't allow volume_extension:snapshot_admin_actions:reset_status to be performed."
    );
}

#[tokio::test]
async fn force_deletes_in_any_status() {
    let world = World::new().await;
    let id = create(&world, json!({})).await;
    let force = json!({"os-force_delete": {}});
    assert_eq!(
        act(&world.member(), id, force.clone()).await.fault(403),
        "Policy doesn't allow volume_extension:snapshot_admin_actions:force_delete to be performed."
    );
    act(&world.admin(), id, force).await.expect(202);
    assert_eq!(status(&world, id).await, Some(SnapshotStatus::Deleting));
}

#[tokio::test]
async fn a_compute_service_reports_how_it_gets_on() {
    let world = World::new().await;
    let id = create(&world, json!({})).await;
    let report = |status: &str, progress: &str| json!({"os-update_snapshot_status": {"status": status, "progress": progress}});
    act(&world.member(), id, report("creating", "80%")).await.expect(202);
    let seen = world.member().get(&format!("/snapshots/{id}")).await.expect(200);
    assert_eq!(seen["snapshot"]["os-extended-snapshot-attributes:progress"], "80%");
    assert_eq!(
        act(&world.member(), id, report("deleting", "80%")).await.fault(400),
        "Provided snapshot status deleting not allowed for snapshot with status creating."
    );
    act(&world.member(), id, json!({"os-update_snapshot_status": {"status": "available"}})).await.expect(202);
    assert_eq!(
        act(&world.member(), id, report("error", "100%")).await.fault(400),
        "Snapshot status available not allowed for update_snapshot_status"
    );
    set_status(&world, id, SnapshotStatus::Deleting).await;
    act(&world.member(), id, json!({"os-update_snapshot_status": {"status": "error_deleting"}}))
        .await
        .expect(202);
    act(&world.reader(), id, report("error", "1%")).await.fault(403);
    world.stranger().post(&format!("/snapshots/{id}/action"), report("error", "1%")).await.fault(404);
}
