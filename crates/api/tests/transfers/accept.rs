//! Accepting.

use model::{VolumeId, VolumeStatus};
use serde_json::json;

use crate::support::arrange::{available, placed, set_status, status};
use crate::support::{OTHER_PROJECT, World};
use crate::{accepting, offer};

async fn owner(world: &World, id: VolumeId) -> String {
    world.read(move |conn| Ok(store::volumes::get(conn, id)?.unwrap().project_id.to_string())).await
}

async fn assert_counted(world: &World) {
    let drifts = world.read(store::quotas::recount).await;
    assert!(drifts.is_empty(), "{drifts:?}");
}

#[tokio::test]
async fn volume_snapshots_and_quota_change_hands() {
    let world = World::new().await;
    let volume = placed(&world, json!({"size": 2})).await;
    let snapshot = world.add_snapshot(volume).await;
    let transfer = offer(&world, volume, json!({"name": "n"})).await;
    let (path, body) = accepting(&transfer);
    let reply = world.stranger().at("3.71").post(&path, body.clone()).await.expect(202);
    assert_eq!(reply["transfer"]["volume_id"], volume.to_string());
    assert_eq!(reply["transfer"]["name"], "n");
    assert!(reply["transfer"].get("auth_key").is_none());
    assert_eq!(owner(&world, volume).await, OTHER_PROJECT);
    assert_eq!(status(&world, volume).await, Some(VolumeStatus::Available));
    world.stranger().get(&format!("/snapshots/{snapshot}")).await.expect(200);
    world.member().get(&format!("/volumes/{volume}")).await.fault(404);
    assert_counted(&world).await;
    let gone = world.stranger().post(&path, body).await.fault(404);
    assert_eq!(gone, format!("Transfer {} could not be found.", transfer["id"].as_str().unwrap()));
}

#[tokio::test]
async fn snapshots_stay_when_asked() {
    let world = World::new().await;
    let volume = available(&world).await;
    let snapshot = world.add_snapshot(volume).await;
    let transfer = offer(&world, volume, json!({"no_snapshots": true})).await;
    let (path, body) = accepting(&transfer);
    world.stranger().post(&path, body).await.expect(202);
    world.member().get(&format!("/snapshots/{snapshot}")).await.expect(200);
    world.stranger().get(&format!("/snapshots/{snapshot}")).await.fault(404);
    assert_counted(&world).await;
    // Neither can remove the volume before the snapshot is gone.
    let refused = world.stranger().delete(&format!("/volumes/{volume}?cascade=true")).await.fault(400);
    assert!(refused.contains("disassociated from snapshots after volume transfer"), "{refused}");
}

#[tokio::test]
async fn the_wrong_key_changes_nothing() {
    let world = World::new().await;
    let volume = available(&world).await;
    let transfer = offer(&world, volume, json!({})).await;
    let (path, _) = accepting(&transfer);
    let id = transfer["id"].as_str().unwrap();
    for wrong in [json!("0123456789abcdef"), json!(""), json!(7)] {
        assert_eq!(
            world.stranger().post(&path, json!({"accept": {"auth_key": wrong}})).await.fault(400),
            format!("Invalid auth key: Attempt to transfer {id} with invalid auth key.")
        );
    }
    assert_eq!(status(&world, volume).await, Some(VolumeStatus::AwaitingTransfer));
}

#[tokio::test]
async fn a_volume_that_is_no_longer_offered() {
    let world = World::new().await;
    let volume = available(&world).await;
    let earlier = offer(&world, volume, json!({})).await;
    set_status(&world, volume, VolumeStatus::Available).await;
    let (path, body) = accepting(&earlier);
    let id = earlier["id"].as_str().unwrap();
    assert_eq!(
        world.stranger().post(&path, body.clone()).await.fault(400),
        format!("Invalid volume: Transfer {id}: Volume id {volume} expected in awaiting-transfer state.")
    );
    // Once it has changed hands, the offers of the former owner are gone.
    let (accept, key) = accepting(&offer(&world, volume, json!({})).await);
    world.stranger().post(&accept, key).await.expect(202);
    world.member().post(&path, body).await.fault(404);
}

#[tokio::test]
async fn quotas_of_who_accepts() {
    let world = World::with(|settings| {
        settings.quota_defaults.insert("gigabytes".to_owned(), 3);
    })
    .await;
    let volume = placed(&world, json!({"size": 2})).await;
    let id = world.read(|conn| Ok(store::volume_types::by_name(conn, "__DEFAULT__")?.unwrap().id)).await;
    world.add_volume(OTHER_PROJECT, id, 2, None).await;
    let (path, body) = accepting(&offer(&world, volume, json!({})).await);
    assert_eq!(
        world.stranger().post(&path, body.clone()).await.fault(413),
        "Requested volume or snapshot exceeds allowed gigabytes quota. Requested 2G, quota is 3G and 2G has been consumed."
    );
    assert_eq!(status(&world, volume).await, Some(VolumeStatus::AwaitingTransfer));
    assert_counted(&world).await;
    // A limit of the type alone is enough to refuse.
    world
        .write(|conn| {
            let stranger = model::ProjectId::new(OTHER_PROJECT);
            store::quotas::set_limit(conn, &stranger, "gigabytes", 100)?;
            store::quotas::set_limit(conn, &stranger, "volumes___DEFAULT__", 1)
        })
        .await;
    assert_eq!(
        world.stranger().post(&path, body.clone()).await.fault(413),
        "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota 'volumes___DEFAULT__'."
    );
    // The own project needs nothing on top of what it has.
    world.member().post(&path, body).await.expect(202);
    assert_counted(&world).await;
}

#[tokio::test]
async fn only_members_accept() {
    let world = World::new().await;
    let volume = available(&world).await;
    let (path, body) = accepting(&offer(&world, volume, json!({})).await);
    assert_eq!(
        world.reader().post(&path, body.clone()).await.fault(403),
        "Policy doesn't allow volume:accept_transfer to be performed."
    );
    let refused = world.system().ask_at("POST", &format!("/v3{path}"), Some(body.to_string())).await;
    assert_eq!(refused.status, 400, "{refused:?}");
}
