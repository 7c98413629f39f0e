//! `os-reimage`.

use model::{ImageId, ImageStatus, ProjectId, VolumeId, VolumeStatus};
use serde_json::{Value, json};

use crate::from_image::add;
use crate::support::{OTHER_PROJECT, World, arrange};
use crate::{act, status};

fn reimage(image: ImageId) -> Value {
    json!({"os-reimage": {"image_id": image.to_string()}})
}

fn reserved_too(image: ImageId) -> Value {
    json!({"os-reimage": {"image_id": image.to_string(), "reimage_reserved": true}})
}

async fn becomes(world: &World, id: VolumeId, status: VolumeStatus) {
    world.write(move |conn| store::volumes::set_status(conn, id, status)).await;
}

#[tokio::test]
async fn begins_from_a_volume_that_rests_or_is_promised() {
    let world = World::new().await;
    let image = add(&world, |_| {}).await;
    let member = world.member().at("3.68");
    for (from, action) in [
        (VolumeStatus::Available, reimage(image)),
        (VolumeStatus::Error, reimage(image)),
        (VolumeStatus::Available, reserved_too(image)),
        (VolumeStatus::Reserved, reserved_too(image)),
    ] {
        let id = arrange::available(&world).await;
        becomes(&world, id, from).await;
        act(&member, id, action).await.expect(202);
        let volume = world.read(move |conn| store::volumes::get(conn, id)).await.expect("a volume");
        assert_eq!((volume.status, volume.previous_status), (VolumeStatus::Downloading, Some(from)));
        assert_eq!(
            act(&member, id, reimage(image)).await.fault(400),
            format!(
                "Invalid volume: Volume {id} status must be available or error, but current status is downloading."
            )
        );
    }
    let id = arrange::available(&world).await;
    becomes(&world, id, VolumeStatus::Reserved).await;
    act(&member, id, reimage(image)).await.fault(400);
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Reserved));
}

#[tokio::test]
async fn an_image_has_to_be_seen_and_ready_and_to_fit() {
    let world = World::new().await;
    let id = arrange::available(&world).await;
    let member = world.member().at("3.68");
    let foreign = add(&world, |image| image.owner = Some(ProjectId::new(OTHER_PROJECT))).await;
    for image in [foreign, ImageId::random()] {
        let told = act(&member, id, reimage(image)).await.fault(404);
        assert_eq!(told, format!("Image {image} could not be found."));
    }
    let queued = add(&world, |image| image.status = ImageStatus::Queued).await;
    let large = add(&world, |image| image.size_bytes = Some((1 << 30) + 1)).await;
    for (image, why) in [
        (queued, format!("Image {queued} is not active.")),
        (large, "Size of specified image 2GB is larger than volume size 1GB.".to_owned()),
    ] {
        let told = act(&member, id, reimage(image)).await.fault(400);
        assert_eq!(told, format!("Invalid input received: {why}"));
    }
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Available));
}

#[tokio::test]
async fn is_for_members_and_for_what_at_most_one_server_has() {
    let world = World::new().await;
    let image = add(&world, |_| {}).await;
    let id = arrange::available(&world).await;
    act(&world.member().at("3.67"), id, reimage(image)).await.fault(404);
    act(&world.reader().at("3.68"), id, reimage(image)).await.fault(403);
    act(&world.stranger().at("3.68"), id, reimage(image)).await.fault(404);
    for _ in 0..2 {
        arrange::attach(&world, id).await;
    }
    assert_eq!(
        act(&world.member().at("3.68"), id, reserved_too(image)).await.fault(409),
        "Cannot re-image a volume which is attached to more than one server."
    );
}
