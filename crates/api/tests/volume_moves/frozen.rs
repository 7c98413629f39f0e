//! Volumes on a backend that an administrator has frozen.

use model::VolumeStatus;
use model::service::Binary;
use serde_json::json;

use crate::from_image;
use crate::support::{World, arrange};
use crate::{act, status};

#[tokio::test]
async fn stay_as_they_are() {
    let world = World::new().await;
    world.add_service(Binary::Volume, "node@backend", "nova").await;
    world.add_service(Binary::Volume, "node@other", "nova").await;
    world.add_type("gold", &[]).await;
    let image = from_image::add(&world, |_| {}).await.to_string();
    let (id, reverted) = (arrange::available(&world).await, arrange::available(&world).await);
    let snapshot = world.add_snapshot(reverted).await.to_string();
    let admin = world.admin().at("3.71");
    admin.put("/os-services/freeze", json!({"host": "node@backend"})).await.expect(200);
    for (id, action) in [
        (id, json!({"os-extend": {"new_size": 2}})),
        (id, json!({"os-migrate_volume": {"host": "node@other#pool"}})),
        (id, json!({"os-retype": {"new_type": "gold"}})),
        (reverted, json!({"revert": {"snapshot_id": snapshot}})),
        (id, json!({"os-reimage": {"image_id": image}})),
    ] {
        let told = act(&admin, id, action.clone()).await.fault(400);
        let why =
            "Invalid input received: Modification operations are not allowed on frozen storage backends.";
        assert_eq!(told, why, "{action}");
        assert_eq!(status(&world, id).await, Some(VolumeStatus::Available));
    }
}
