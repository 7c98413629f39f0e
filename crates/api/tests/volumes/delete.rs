//! `DELETE /volumes/{id}` and `os-force_delete`.

use model::VolumeStatus;
use serde_json::json;

use crate::support::World;
use crate::support::arrange::{attach, available, create, provision, set_status, status};

const NOT_DELETABLE: &str = "Invalid volume: Volume status must be available or error or error_restoring or \
    error_extending or error_managing and must not be migrating, attached, belong to a group, have snapshots, \
    awaiting a transfer, or be disassociated from snapshots after volume transfer.";
const NOT_EVEN_BY_FORCE: &str = "Invalid volume: Volume  must not be migrating, attached, belong to a group, have \
    snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.";

#[tokio::test]
async fn an_available_volume_is_deleted_in_the_background() {
    let world = World::new().await;
    let id = available(&world).await;
    let answer = world.member().delete(&format!("/volumes/{id}")).await;
    assert_eq!(answer.status, 202);
    assert!(answer.body.is_null());
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Deleting));
    assert_eq!(world.member().delete(&format!("/volumes/{id}")).await.fault(400), NOT_DELETABLE);
}

#[tokio::test]
async fn statuses_that_refuse_a_deletion() {
    let world = World::new().await;
    let id = available(&world).await;
    for refusing in [VolumeStatus::InUse, VolumeStatus::Extending, VolumeStatus::ErrorDeleting] {
        set_status(&world, id, refusing).await;
        assert_eq!(world.member().delete(&format!("/volumes/{id}")).await.fault(400), NOT_DELETABLE);
    }
    for allowing in [VolumeStatus::Error, VolumeStatus::ErrorExtending, VolumeStatus::ErrorRestoring] {
        let id = available(&world).await;
        set_status(&world, id, allowing).await;
        world.member().delete(&format!("/volumes/{id}")).await.expect(202);
    }
}

#[tokio::test]
async fn force_is_for_administrators_and_does_not_detach() {
    let world = World::new().await;
    let id = available(&world).await;
    set_status(&world, id, VolumeStatus::Extending).await;
    let path = format!("/volumes/{id}?force=true");
    assert_eq!(
        world.member().at("3.71").delete(&path).await.fault(403),
        "Policy doesn't allow volume:force_delete to be performed."
    );
    assert_eq!(world.admin().at("3.22").delete(&path).await.fault(400), NOT_DELETABLE, "unknown before 3.23");
    attach(&world, id).await;
    assert_eq!(world.admin().at("3.71").delete(&path).await.fault(400), NOT_EVEN_BY_FORCE);
    let action = json!({"os-force_delete": {}});
    let path = format!("/volumes/{id}/action");
    assert_eq!(world.admin().post(&path, action.clone()).await.fault(400), NOT_EVEN_BY_FORCE);
    assert_eq!(
        world.member().post(&path, action.clone()).await.fault(403),
        "Policy doesn't allow volume_extension:volume_admin_actions:force_delete to be performed."
    );

    let stuck = available(&world).await;
    set_status(&world, stuck, VolumeStatus::Extending).await;
    world.admin().post(&format!("/volumes/{stuck}/action"), action).await.expect(202);
    assert_eq!(status(&world, stuck).await, Some(VolumeStatus::Deleting));
}

#[tokio::test]
async fn snapshots_refuse_a_deletion_unless_it_cascades() {
    let world = World::new().await;
    let id = available(&world).await;
    let body = json!({"snapshot": {"volume_id": id.to_string()}});
    world.member().post("/snapshots", body).await.expect(202);
    provision(&world, id).await;
    let path = format!("/volumes/{id}");
    assert_eq!(world.member().delete(&path).await.fault(400), NOT_DELETABLE);
    let cascade = format!("{path}?cascade=true");
    assert_eq!(world.member().delete(&cascade).await.fault(400), NOT_DELETABLE, "the snapshot is creating");
    world.write(|conn| conn.run("UPDATE snapshots SET status = 'available'", &[]).map(|_| ())).await;
    world.member().delete(&cascade).await.expect(202);
    let listed = world.member().get("/snapshots/detail").await.expect(200);
    assert_eq!(listed["snapshots"][0]["status"], "deleting");
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Deleting));
}

#[tokio::test]
async fn a_volume_that_never_was_placed_is_gone_at_once() {
    let world = World::new().await;
    let id = create(&world.member(), json!({})).await;
    world
        .write(|conn| {
            conn.run("UPDATE operations SET queue = NULL, exclusive_key = NULL, state = 'failed'", &[])
                .map(|_| ())
        })
        .await;
    set_status(&world, id, VolumeStatus::Error).await;
    world.member().delete(&format!("/volumes/{id}")).await.expect(202);
    assert_eq!(status(&world, id).await, None);
    let drifts = world.read(store::quotas::recount).await;
    assert!(drifts.is_empty(), "{drifts:?}");
}

#[tokio::test]
async fn only_those_who_may() {
    let world = World::new().await;
    let path = format!("/volumes/{}", available(&world).await);
    assert_eq!(
        world.reader().delete(&path).await.fault(403),
        "Policy doesn't allow volume:delete to be performed."
    );
    world.stranger().delete(&path).await.fault(404);
    let message = world.member().delete(&format!("{path}?cascade=perhaps")).await.fault(400);
    assert_eq!(message, "Value 'perhaps' for 'cascade' is not a boolean.");
}
