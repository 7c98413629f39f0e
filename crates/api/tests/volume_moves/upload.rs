//! `os-volume_upload_image`.

use model::{ImageId, ImageStatus, ImageVisibility, VolumeId, VolumeStatus};
use serde_json::{Value, json};

use crate::support::{World, arrange};
use crate::{act, status};

fn upload(fields: Value) -> Value {
    let mut upload = json!({"image_name": "made"});
    upload.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"os-volume_upload_image": upload})
}

#[tokio::test]
async fn is_answered_with_the_image_that_will_be() {
    let world = World::new().await;
    let id = arrange::available(&world).await;
    let more = json!({"disk_format": "qcow2", "visibility": "shared", "protected": true, "force": false});
    let reply = act(&world.member().at("3.1"), id, upload(more)).await.expect(202);
    let shown = &reply["os-volume_upload_image"];
    for (key, value) in [
        ("id", json!(id.to_string())),
        ("status", json!("uploading")),
        ("size", json!(1)),
        ("disk_format", json!("qcow2")),
        ("container_format", json!("bare")),
        ("image_name", json!("made")),
        ("visibility", json!("shared")),
        ("protected", json!(true)),
    ] {
        assert_eq!(shown[key], value, "{key}");
    }
    assert_eq!(shown["volume_type"]["name"], "__DEFAULT__");
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Uploading));
    let image: ImageId = shown["image_id"].as_str().unwrap().parse().unwrap();
    let image = world.read(move |conn| store::images::get(conn, image)).await.expect("an image");
    assert_eq!((image.status, image.visibility), (ImageStatus::Queued, ImageVisibility::Shared));
    assert_eq!(
        act(&world.member(), id, upload(json!({}))).await.fault(400),
        format!("Invalid volume: Volume {id} status must be available")
    );
    let shown = act(&world.member(), arrange::available(&world).await, upload(json!({}))).await.expect(202);
    assert_eq!(shown["os-volume_upload_image"].get("visibility"), None, "before 3.1");
}

#[tokio::test]
async fn of_an_attached_volume_needs_force_and_the_option() {
    for (allowed, force) in [(false, true), (true, false), (false, false)] {
        let world = World::with(|settings| settings.force_upload = allowed).await;
        let id = arrange::available(&world).await;
        arrange::set_status(&world, id, VolumeStatus::InUse).await;
        assert_eq!(
            act(&world.member(), id, upload(json!({"force": force}))).await.fault(400),
            format!("Invalid volume: Volume {id} status must be available")
        );
        assert_eq!(status(&world, id).await, Some(VolumeStatus::InUse));
    }
    let world = World::with(|settings| settings.force_upload = true).await;
    let id = arrange::available(&world).await;
    arrange::set_status(&world, id, VolumeStatus::Error).await;
    assert_eq!(
        act(&world.member(), id, upload(json!({"force": true}))).await.fault(400),
        format!("Invalid volume: Volume {id} status must be available or in-use")
    );
    arrange::set_status(&world, id, VolumeStatus::InUse).await;
    let reply = act(&world.member(), id, upload(json!({"force": "true"}))).await.expect(202);
    assert_eq!(reply["os-volume_upload_image"]["status"], "uploading");
    let free = arrange::available(&world).await;
    act(&world.member(), free, upload(json!({"force": true}))).await.expect(202);
}

#[tokio::test]
async fn is_for_members_and_public_for_administrators() {
    let world = World::new().await;
    let id = arrange::available(&world).await;
    assert_eq!(
        act(&world.member().at("3.1"), id, upload(json!({"visibility": "public"}))).await.fault(403),
        "Policy doesn't allow volume_extension:volume_actions:upload_public to be performed."
    );
    act(&world.reader(), id, upload(json!({}))).await.fault(403);
    act(&world.stranger(), id, upload(json!({}))).await.fault(404);
    act(&world.member(), id, upload(json!({"visibility": "shared"}))).await.fault(400);
    act(&world.member(), id, upload(json!({"disk_format": "ploop"}))).await.fault(400);
    act(&world.member(), id, upload(json!({"disk_format": "iso"}))).await.fault(400);
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Available));
}

#[tokio::test]
async fn a_migration_that_nobody_began_is_not_completed() {
    let world = World::new().await;
    let (old, new) = (arrange::available(&world).await, arrange::available(&world).await);
    let complete = |new: VolumeId| json!({"os-migrate_volume_completion": {"new_volume": new.to_string()}});
    let reply = act(&world.admin(), old, complete(new)).await.expect(200);
    assert_eq!(reply, json!({"save_volume_id": new.to_string()}));
    let reset = json!({"os-reset_status": {"migration_status": "migrating"}});
    act(&world.admin(), new, reset.clone()).await.expect(202);
    assert_eq!(
        act(&world.admin(), old, complete(new)).await.fault(400),
        "Invalid volume: Source volume not mid-migration."
    );
    assert_eq!(
        act(&world.admin(), new, complete(old)).await.fault(400),
        "Invalid volume: Destination volume not mid-migration."
    );
    act(&world.admin(), old, reset).await.expect(202);
    assert_eq!(
        act(&world.admin(), old, complete(new)).await.fault(400),
        format!("Invalid volume: Destination has migration_status migrating, expected target:{old}.")
    );
    act(&world.member(), old, complete(new)).await.fault(403);
    act(&world.admin(), old, complete(VolumeId::random())).await.fault(404);
}

#[tokio::test]
async fn of_an_encrypted_volume_is_its_bytes() {
    let world = World::new().await;
    let id = arrange::available(&world).await;
    world.write(move |conn| store::volumes::set_key(conn, id, Some(model::KeyId::random()))).await;
    for fields in [json!({"disk_format": "qcow2"}), json!({"container_format": "ovf"})] {
        assert_eq!(
            act(&world.member(), id, upload(fields)).await.fault(400),
            "An encrypted volume uploaded as an image must use 'raw' disk_format and 'bare' container_format, which are the \
             defaults for these options."
        );
    }
    act(&world.member(), id, upload(json!({}))).await.expect(202);
}
