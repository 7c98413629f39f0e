//! `/types/{id}/encryption` and `/volumes/{id}/encryption` end to end: the router over a real store, without workers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod support;

use model::{KeyId, VolumeTypeId};
use serde_json::{Value, json};
use support::arrange::NOBODY;
use support::{PROJECT, World, assert_same_shape};

fn luks() -> Value {
    json!({"encryption": {
        "provider": "luks", "cipher": "aes-xts-plain64", "key_size": 256, "control_location": "front-end",
    }})
}

async fn encrypted_type(world: &World) -> VolumeTypeId {
    let id = world.add_type("secret", &[]).await;
    world.admin().post(&format!("/types/{id}/encryption"), luks()).await.expect(200);
    id
}

#[tokio::test]
async fn made_shown_changed_and_removed() {
    let world = World::new().await;
    let admin = world.admin();
    let id = world.add_type("secret", &[]).await;
    let path = format!("/types/{id}/encryption");
    assert_eq!(admin.get(&path).await.expect(200), json!({}));
    let made = admin.post(&path, luks()).await.expect(200);
    let shape = json!({"encryption": {
        "volume_type_id": "", "control_location": "", "encryption_id": "", "key_size": 256, "provider": "", "cipher": "",
    }});
    assert_same_shape(&made, &shape);
    assert_eq!(
        admin.post(&path, luks()).await.fault(400),
        format!("Volume type encryption for type {id} already exists.")
    );
    let shown = admin.get(&path).await.expect(200);
    let shape = json!({
        "volume_type_id": "", "control_location": "", "deleted": false, "created_at": "", "updated_at": null,
        "encryption_id": "", "key_size": 256, "provider": "", "deleted_at": null, "cipher": "",
    });
    assert_same_shape(&shown, &shape);
    assert_eq!(shown["encryption_id"], made["encryption"]["encryption_id"]);
    assert_eq!(admin.get(&format!("{path}/cipher")).await.expect(200), json!({"cipher": "aes-xts-plain64"}));
    admin.get(&format!("{path}/nothing")).await.fault(404);
    let change = json!({"encryption": {"key_size": "512", "cipher": null}});
    let item = format!("{path}/{}", made["encryption"]["encryption_id"].as_str().unwrap());
    let changed = admin.put(&item, change).await.expect(200);
    assert_eq!(changed, json!({"encryption": {"key_size": 512, "cipher": null}}));
    let shown = admin.get(&path).await.expect(200);
    assert_eq!((&shown["key_size"], &shown["cipher"]), (&json!(512), &Value::Null));
    assert_eq!((&shown["provider"], &shown["control_location"]), (&json!("luks"), &json!("front-end")));
    admin.delete(&item).await.expect(202);
    let gone = format!("Volume type encryption for type {id} does not exist.");
    assert_eq!(admin.delete(&item).await.fault(404), gone);
    assert_eq!(admin.put(&item, json!({"encryption": {}})).await.fault(404), gone);
    assert_eq!(admin.get(&path).await.expect(200), json!({}));
}

#[tokio::test]
async fn fixed_while_there_are_volumes() {
    let world = World::new().await;
    let admin = world.admin();
    let plain = world.add_type("plain", &[]).await;
    world.add_volume(PROJECT, plain, 1, None).await;
    assert_eq!(
        admin.post(&format!("/types/{plain}/encryption"), luks()).await.fault(400),
        "Cannot create encryption specs. Volume type in use."
    );
    let secret = encrypted_type(&world).await;
    world.add_volume(PROJECT, secret, 1, None).await;
    let item = format!("/types/{secret}/encryption/provider");
    assert_eq!(
        admin.put(&item, json!({"encryption": {}})).await.fault(400),
        "Cannot update encryption specs. Volume type in use."
    );
    assert_eq!(admin.delete(&item).await.fault(400), "Cannot delete encryption specs. Volume type in use.");
}

#[tokio::test]
async fn it_goes_with_the_type() {
    let world = World::new().await;
    let id = encrypted_type(&world).await;
    world.admin().delete(&format!("/types/{id}")).await.expect(202);
    assert!(world.read(store::encryptions::types).await.is_empty());
    let missing = world.admin().post(&format!("/types/{id}/encryption"), luks()).await.fault(404);
    assert_eq!(missing, format!("Volume type {id} could not be found."));
    world.admin().get(&format!("/types/{NOBODY}/encryption")).await.fault(404);
}

#[tokio::test]
async fn only_administrators() {
    let world = World::new().await;
    let id = world.add_type("secret", &[]).await;
    let path = format!("/types/{id}/encryption");
    assert_eq!(
        world.member().post(&path, luks()).await.fault(403),
        "Policy doesn't allow volume_extension:volume_type_encryption:create to be performed."
    );
    world.member().get(&path).await.fault(403);
    world.member().put(&format!("{path}/x"), json!({"encryption": {}})).await.fault(403);
    world.member().delete(&format!("{path}/x")).await.fault(403);
}

#[tokio::test]
async fn what_a_hypervisor_has_to_know_of_a_volume() {
    let world = World::new().await;
    let secret = encrypted_type(&world).await;
    let volume = world.add_volume(PROJECT, secret, 1, None).await;
    let reader = world.reader().at("3.64");
    let shown = reader.get(&format!("/volumes/{volume}")).await.expect(200);
    assert_eq!(shown["volume"]["encrypted"], true, "before it has its key");
    assert!(shown["volume"].get("encryption_key_id").is_none());
    let key = KeyId::random();
    world
        .write(move |conn| {
            let key = store::engine::Param::from(key);
            conn.run("UPDATE volumes SET encryption_key_id = ?", &[key]).map(|_| ())
        })
        .await;
    let listed = reader.get("/volumes/detail").await.expect(200);
    let shown = &listed["volumes"][0];
    assert_eq!((&shown["encrypted"], &shown["encryption_key_id"]), (&json!(true), &json!(key.to_string())));
    let path = format!("/volumes/{volume}/encryption");
    assert_eq!(
        reader.get(&path).await.expect(200),
        json!({
            "encryption_key_id": key.to_string(), "control_location": "front-end",
            "cipher": "aes-xts-plain64", "key_size": 256, "provider": "luks",
        })
    );
    assert_eq!(reader.get(&format!("{path}/provider")).await.expect(200), "luks");
    assert_eq!(reader.get(&format!("{path}/key_size")).await.expect(200), 256);
    reader.get(&format!("{path}/nothing")).await.expect(404);
    world.stranger().get(&path).await.fault(404);
}

#[tokio::test]
async fn types_whose_volumes_could_not_be_encrypted() {
    let world = World::new().await;
    let (admin, member) = (world.admin(), world.member().at("3.71"));
    let create = |name: &str| json!({"volume": {"size": 1, "volume_type": name}});
    let shared = world.add_type("shared", &[("multiattach", "<is> True")]).await;
    admin.post(&format!("/types/{shared}/encryption"), luks()).await.expect(200);
    assert_eq!(
        member.post("/volumes", create("shared")).await.fault(400),
        "Invalid volume: Multiattach cannot be used with encrypted volumes."
    );
    let vague = world.add_type("vague", &[]).await;
    let without_size = json!({"encryption": {
        "provider": "luks", "cipher": "aes-xts-plain64", "control_location": "front-end",
    }});
    admin.post(&format!("/types/{vague}/encryption"), without_size).await.expect(200);
    assert_eq!(member.post("/volumes", create("vague")).await.fault(400), "Invalid encryption spec");
    // Nothing was made of either, so both may still be changed.
    admin.delete(&format!("/types/{vague}/encryption/x")).await.expect(202);
    member.post("/volumes", create("vague")).await.expect(202);
}

#[tokio::test]
async fn what_is_encrypted_is_copied_as_it_is() {
    let world = World::new().await;
    let secret = encrypted_type(&world).await;
    let plain = world.add_type("plain", &[]).await;
    let source = world.add_volume(PROJECT, secret, 1, Some("node@backend#pool")).await;
    let member = world.member().at("3.71");
    let copy = |kind: &str| json!({"volume": {"source_volid": source.to_string(), "volume_type": kind}});
    assert_eq!(
        member.post("/volumes", copy("plain")).await.fault(400),
        format!(
            "Invalid input received: Invalid volume_type provided: {plain} (requested type is not compatible; either \
             match source volume, or omit type argument)."
        )
    );
    let made = member.post("/volumes", copy("secret")).await.expect(202);
    assert_eq!(made["volume"]["encrypted"], true);
    let implied = json!({"volume": {"source_volid": source.to_string()}});
    assert_eq!(member.post("/volumes", implied).await.expect(202)["volume"]["volume_type"], "secret");
}
