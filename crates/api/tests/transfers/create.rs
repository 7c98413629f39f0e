//! Offering and withdrawing.

use model::{KeyId, SnapshotStatus, VolumeStatus};
use operations::TransferDigits;
use serde_json::json;

use crate::support::World;
use crate::support::arrange::{NOBODY, available, set_status, status};
use crate::{accepting, offer};

#[tokio::test]
async fn the_key_is_shown_once_and_kept_as_a_hash() {
    let world = World::new().await;
    let volume = available(&world).await;
    let transfer = offer(&world, volume, json!({"name": " n "})).await;
    let key = transfer["auth_key"].as_str().unwrap();
    assert_eq!(key.len(), 16);
    assert_eq!(transfer["name"], "n");
    assert_eq!(status(&world, volume).await, Some(VolumeStatus::AwaitingTransfer));
    let id = transfer["id"].as_str().unwrap();
    let shown = world.member().at("3.71").get(&format!("/volume-transfers/{id}")).await.expect(200);
    assert!(shown["transfer"].get("auth_key").is_none());
    let listed = world.member().at("3.71").get("/volume-transfers/detail").await.expect(200);
    assert!(!listed.to_string().contains(key) && !shown.to_string().contains(key));
    let (key, id) = (key.to_owned(), id.parse().unwrap());
    let kept = world.read(move |conn| store::transfers::get(conn, id)).await.unwrap();
    assert!(!format!("{kept:?}").contains(&key), "{kept:?}");
}

#[tokio::test]
async fn the_key_is_as_long_as_the_configuration_says() {
    let world = World::with(|settings| settings.transfer = TransferDigits { key: 23, salt: 5 }).await;
    let volume = available(&world).await;
    let transfer = offer(&world, volume, json!({})).await;
    assert_eq!(transfer["auth_key"].as_str().unwrap().len(), 23);
    let id = transfer["id"].as_str().unwrap().parse().unwrap();
    let kept = world.read(move |conn| store::transfers::get(conn, id)).await.unwrap();
    assert_eq!(kept.salt.len(), 5);
    let (accept, key) = accepting(&transfer);
    world.stranger().post(&accept, key).await.expect(202);
}

#[tokio::test]
async fn what_cannot_be_offered() {
    let world = World::new().await;
    let member = world.member().at("3.71");
    let volume = available(&world).await;
    let body = json!({"transfer": {"volume_id": volume.to_string()}});
    for busy in [VolumeStatus::InUse, VolumeStatus::Error, VolumeStatus::AwaitingTransfer] {
        set_status(&world, volume, busy).await;
        let refused = member.post("/volume-transfers", body.clone()).await.fault(400);
        assert_eq!(refused, "Invalid volume: status must be available");
    }
    set_status(&world, volume, VolumeStatus::Available).await;
    let snapshot = world.add_snapshot(volume).await;
    let edit = store::snapshots::Edit { status: Some(SnapshotStatus::Error), ..Default::default() };
    world.write(move |conn| store::snapshots::edit(conn, snapshot, &edit)).await;
    assert_eq!(
        member.post("/volume-transfers", body.clone()).await.fault(400),
        format!("Invalid snapshot: snapshot: {snapshot} status must be available")
    );
    let without = json!({"transfer": {"volume_id": volume.to_string(), "no_snapshots": true}});
    member.post("/volume-transfers", without).await.expect(202);
    let unknown = json!({"transfer": {"volume_id": NOBODY}});
    let refused = member.post("/volume-transfers", unknown).await.fault(404);
    assert_eq!(refused, format!("Volume {NOBODY} could not be found."));
}

#[tokio::test]
async fn encrypted_volumes_from_3_70_on_and_with_their_snapshots() {
    let world = World::new().await;
    let volume = available(&world).await;
    let key = KeyId::random();
    world
        .write(move |conn| {
            let sql = "UPDATE volumes SET encryption_key_id = ?";
            conn.run(sql, &[store::engine::Param::from(key)]).map(|_| ())
        })
        .await;
    let body = json!({"transfer": {"volume_id": volume.to_string()}});
    for (version, path) in [("3.69", "/volume-transfers"), ("3.71", "/os-volume-transfer")] {
        assert_eq!(
            world.member().at(version).post(path, body.clone()).await.fault(400),
            "Invalid volume: transferring encrypted volume is not supported"
        );
    }
    let member = world.member().at("3.70");
    let without = json!({"transfer": {"volume_id": volume.to_string(), "no_snapshots": true}});
    assert_eq!(
        member.post("/volume-transfers", without).await.fault(400),
        "Invalid volume: transferring an encrypted volume without its snapshots is not supported"
    );
    member.post("/volume-transfers", body).await.expect(202);
}

#[tokio::test]
async fn withdrawing_makes_the_volume_available_again() {
    let world = World::new().await;
    let volume = available(&world).await;
    let transfer = offer(&world, volume, json!({})).await;
    let path = format!("/os-volume-transfer/{}", transfer["id"].as_str().unwrap());
    world.stranger().delete(&path).await.fault(404);
    world.member().delete(&path).await.expect(202);
    assert_eq!(status(&world, volume).await, Some(VolumeStatus::Available));
    let gone = format!("Transfer {} could not be found.", transfer["id"].as_str().unwrap());
    assert_eq!(world.member().delete(&path).await.fault(404), gone);
    assert_eq!(world.member().get(&path).await.fault(404), gone);
    // What an administrator has made of it meanwhile stays.
    let transfer = offer(&world, volume, json!({})).await;
    set_status(&world, volume, VolumeStatus::Error).await;
    let path = format!("/volume-transfers/{}", transfer["id"].as_str().unwrap());
    world.member().delete(&path).await.expect(202);
    assert_eq!(status(&world, volume).await, Some(VolumeStatus::Error));
}

#[tokio::test]
async fn only_those_who_may() {
    let world = World::new().await;
    let volume = available(&world).await;
    let body = json!({"transfer": {"volume_id": volume.to_string()}});
    assert_eq!(
        world.reader().post("/volume-transfers", body.clone()).await.fault(403),
        "Policy doesn't allow volume:create_transfer to be performed."
    );
    world.stranger().post("/volume-transfers", body).await.fault(404);
    let transfer = offer(&world, volume, json!({})).await;
    let path = format!("/volume-transfers/{}", transfer["id"].as_str().unwrap());
    assert_eq!(
        world.reader().delete(&path).await.fault(403),
        "Policy doesn't allow volume:delete_transfer to be performed."
    );
    world.reader().get(&path).await.expect(200);
    world.stranger().get(&path).await.fault(404);
    world.admin().get(&path).await.expect(200);
}

#[tokio::test]
async fn an_offer_goes_with_its_volume() {
    let world = World::new().await;
    let volume = available(&world).await;
    offer(&world, volume, json!({})).await;
    world.write(move |conn| store::volumes::remove(conn, volume)).await;
    let listed = world.member().get("/volume-transfers").await.expect(200);
    assert_eq!(listed, json!({"transfers": []}));
}
