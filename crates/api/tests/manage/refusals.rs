//! What is refused at once.

use model::VolumeStatus;
use serde_json::json;

use crate::support::arrange::{NOBODY, available, create, set_status};
use crate::support::{Client, World};
use crate::volumes::body;

async fn with_service(world: &World) {
    world.add_service(model::service::Binary::Volume, "node@sim", "nova").await;
}

#[tokio::test]
async fn volumes_that_are_asked_for_wrongly() {
    let world = World::new().await;
    with_service(&world).await;
    let admin = world.admin().at("3.71");
    let mut unknown = body("x");
    unknown["volume"]["host"] = json!("nobody@nowhere");
    assert_eq!(
        admin.post("/manageable_volumes", unknown).await.fault(400),
        "Host 'nobody@nowhere' not found"
    );
    let cluster = json!({"volume": {"cluster": "c@b", "ref": {}}});
    assert_eq!(admin.post("/manageable_volumes", cluster).await.fault(400), "Cluster 'c@b' not found");
    let mut typed = body("x");
    typed["volume"]["volume_type"] = json!("gold");
    assert_eq!(
        admin.post("/manageable_volumes", typed).await.fault(400),
        "Invalid volume type: Cannot find requested 'gold' volume type"
    );
    admin.post("/manageable_volumes", json!({"volume": {"host": "node@sim"}})).await.fault(400);
    for client in [world.manager(), world.member(), world.reader(), world.stranger()] {
        let told = client.at("3.71").post("/manageable_volumes", body("x")).await.fault(403);
        assert_eq!(told, "Policy doesn't allow volume_extension:volume_manage to be performed.");
    }
    world.write(|conn| conn.run("UPDATE services SET heartbeat_at = 0", &[])).await;
    assert_eq!(
        admin.post("/manageable_volumes", body("x")).await.fault(400),
        "Service is unavailable at this time."
    );
}

#[tokio::test]
async fn the_number_of_volumes_is_limited() {
    let world = World::with(|settings| {
        settings.quota_defaults.insert("volumes".to_owned(), 1);
    })
    .await;
    with_service(&world).await;
    let admin = world.admin().at("3.71");
    admin.post("/manageable_volumes", body("x")).await.expect(202);
    assert_eq!(
        admin.post("/manageable_volumes", body("y")).await.fault(413),
        "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota 'volumes'."
    );
}

async fn let_go(client: &Client<'_>, id: impl ToString) -> crate::support::Answer {
    let path = format!("/volumes/{}/action", id.to_string());
    client.post(&path, json!({"os-unmanage": {}})).await
}

#[tokio::test]
async fn volumes_that_cannot_be_let_go() {
    let world = World::new().await;
    let admin = world.admin().at("3.71");
    let_go(&admin, NOBODY).await.fault(404);
    let volume = available(&world).await;
    set_status(&world, volume, VolumeStatus::InUse).await;
    assert!(
        let_go(&admin, volume)
            .await
            .fault(400)
            .starts_with("Invalid volume: Volume status must be available or")
    );
    set_status(&world, volume, VolumeStatus::Available).await;
    world
        .write(move |conn| {
            let sql = "UPDATE volumes SET encryption_key_id = '00000000-0000-4000-8000-000000000001'";
            conn.run(sql, &[]).map(drop)
        })
        .await;
    assert_eq!(let_go(&admin, volume).await.fault(400), "Unacceptable parameters.");
    let messages = admin.get(&format!("/messages?resource_uuid={volume}")).await.expect(200);
    assert_eq!(
        messages["messages"][0]["user_message"],
        "unmanage volume:Unmanaging encrypted volumes is not supported."
    );
    assert_eq!(messages["messages"][0]["event_id"], "VOLUME_VOLUME_006_008");
}

#[tokio::test]
async fn snapshots_that_are_asked_for_wrongly() {
    let world = World::new().await;
    let admin = world.admin().at("3.71");
    let body = |volume: String| json!({"snapshot": {"volume_id": volume, "ref": {"source-name": "x"}}});
    assert_eq!(
        admin.post("/manageable_snapshots", body(NOBODY.to_owned())).await.fault(404),
        format!("Volume {NOBODY} could not be found.")
    );
    let volume = available(&world).await;
    assert_eq!(
        admin.post("/manageable_snapshots", body(volume.to_string())).await.fault(404),
        "Service cinder-volume could not be found on host node@backend."
    );
    world.add_service(model::service::Binary::Volume, "node@backend", "nova").await;
    set_status(&world, volume, VolumeStatus::Error).await;
    assert_eq!(
        admin.post("/manageable_snapshots", body(volume.to_string())).await.fault(400),
        "Invalid volume: The snapshot cannot be created when the volume is in error status."
    );
    world.member().at("3.71").post("/manageable_snapshots", body(volume.to_string())).await.fault(403);
    let unplaced = create(&world.member(), json!({})).await;
    admin.post("/manageable_snapshots", body(unplaced.to_string())).await.fault(404);
}
