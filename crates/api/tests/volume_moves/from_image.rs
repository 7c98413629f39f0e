//! `POST /volumes` with `imageRef`.

use std::collections::BTreeSet;

use model::{Image, ImageId, ImageStatus, ImageVisibility, Metadata, ProjectId};
use serde_json::{Value, json};

use crate::support::{Answer, Client, OTHER_PROJECT, PROJECT, World};

const NONE: &str = "Invalid image identifier or unable to access requested image.";

pub(crate) async fn add(world: &World, change: impl FnOnce(&mut Image)) -> ImageId {
    let id = ImageId::random();
    let mut image = Image {
        id,
        owner: Some(ProjectId::new(PROJECT)),
        name: Some("jammy".to_owned()),
        status: ImageStatus::Active,
        visibility: ImageVisibility::Private,
        disk_format: Some("raw".to_owned()),
        container_format: Some("bare".to_owned()),
        size_bytes: Some(1 << 20),
        virtual_size_bytes: Some(1 << 20),
        checksum: Some("c".repeat(32)),
        os_hash_algo: None,
        os_hash_value: None,
        min_disk_gib: 1,
        min_ram_mib: 64,
        protected: false,
        hidden: false,
        properties: Metadata::from_iter([("os_type".to_owned(), "linux".to_owned())]),
        tags: BTreeSet::new(),
        locations: Vec::new(),
        worker: None,
        created_at: model::Timestamp(0),
        updated_at: model::Timestamp(0),
    };
    change(&mut image);
    world.write(move |conn| store::images::insert(conn, &image)).await;
    id
}

async fn create(client: &Client<'_>, size: u64, image: &str) -> Answer {
    client.post("/volumes", json!({"volume": {"size": size, "imageRef": image}})).await
}

#[tokio::test]
async fn is_found_by_identifier_address_and_name() {
    let world = World::new().await;
    let id = add(&world, |_| {}).await;
    for named in [id.to_string(), format!("http://images/v2/images/{id}"), "jammy".to_owned()] {
        let made = create(&world.member(), 1, &named).await.expect(202);
        let volume = made["volume"]["id"].as_str().unwrap().to_owned();
        let shown = world.member().get(&format!("/volumes/{volume}")).await.expect(200);
        let expected = json!({
            "checksum": "c".repeat(32), "container_format": "bare", "disk_format": "raw", "image_id": id.to_string(),
            "image_name": "jammy", "min_disk": "1", "min_ram": "64", "os_type": "linux", "signature_verified": "False",
            "size": "1048576",
        });
        assert_eq!(shown["volume"]["volume_image_metadata"], expected);
        assert_eq!(shown["volume"]["bootable"], Value::from("false"), "not before it is there");
    }
    add(&world, |_| {}).await;
    assert_eq!(
        create(&world.member(), 1, "jammy").await.fault(409),
        "Multiple matches found for 'jammy', use an ID to be more specific."
    );
}

#[tokio::test]
async fn has_to_be_seen_and_ready_and_to_fit() {
    let world = World::new().await;
    let foreign = add(&world, |image| image.owner = Some(ProjectId::new(OTHER_PROJECT))).await;
    let unknown = ImageId::random().to_string();
    for named in [foreign.to_string(), unknown, "jammy".to_owned(), String::new()] {
        assert_eq!(create(&world.member(), 1, &named).await.fault(400), NONE, "{named}");
    }
    create(&world.admin(), 1, &foreign.to_string()).await.expect(202);

    let queued = add(&world, |image| image.status = ImageStatus::Queued).await;
    let large = add(&world, |image| image.size_bytes = Some((1 << 30) + 1)).await;
    let wide = add(&world, |image| image.virtual_size_bytes = Some((2 << 30) + 1)).await;
    let proud = add(&world, |image| image.min_disk_gib = 5).await;
    for (image, size, why) in [
        (queued, 1, format!("Image {queued} is not active.")),
        (large, 1, "Size of specified image 2GB is larger than volume size 1GB.".to_owned()),
        (wide, 2, "Image virtual size is 3GB and doesn't fit in a volume of size 2GB.".to_owned()),
        (proud, 4, "Volume size 4GB cannot be smaller than the image minDisk size 5GB.".to_owned()),
    ] {
        let told = create(&world.member(), size, &image.to_string()).await.fault(400);
        assert_eq!(told, format!("Invalid input received: {why}"));
    }
}

#[tokio::test]
async fn may_ask_for_a_volume_type() {
    let world = World::new().await;
    world.add_type("gold", &[]).await;
    let asks = |name: &str| Metadata::from_iter([("cinder_img_volume_type".to_owned(), name.to_owned())]);
    let id = add(&world, |image| image.properties = asks("gold")).await;
    let made = create(&world.member(), 1, &id.to_string()).await.expect(202);
    assert_eq!(made["volume"]["volume_type"], "gold");
    let id = add(&world, |image| image.properties = asks("none")).await;
    let made = create(&world.member(), 1, &id.to_string()).await.expect(202);
    assert_eq!(made["volume"]["volume_type"], "__DEFAULT__");
}

#[tokio::test]
async fn goes_to_an_encrypted_volume_that_has_room_for_its_header_too() {
    let world = World::new().await;
    for (name, provider) in [("secret", "luks"), ("newer", "luks2"), ("other", "plain")] {
        add_encrypted_type(&world, name, provider).await;
    }
    let ask = async |image: ImageId, size: u64, name: &str| {
        let volume = json!({"size": size, "imageRef": image.to_string(), "volume_type": name});
        world.member().post("/volumes", json!({ "volume": volume })).await
    };
    let small = add(&world, |_| {}).await;
    let made = ask(small, 1, "secret").await.expect(202);
    assert_eq!(made["volume"]["encrypted"], true);

    let room = (1 << 30) - (2 << 20);
    let exact = add(&world, |image| image.virtual_size_bytes = Some(room)).await;
    ask(exact, 1, "secret").await.expect(202);
    let over = add(&world, |image| image.virtual_size_bytes = Some(room + 1)).await;
    assert_eq!(
        ask(over, 1, "secret").await.fault(400),
        "Invalid input received: Image virtual size is 1071644673 bytes and doesn't fit in an encrypted volume of size \
         1GB, where 2097152 bytes are its header and 1071644672 are left."
    );
    ask(over, 2, "secret").await.expect(202);

    // The header of version 2 is larger.
    let told = ask(exact, 1, "newer").await.fault(400);
    assert!(told.contains("where 16777216 bytes are its header and 1056964608 are left."), "{told}");
    ask(small, 1, "newer").await.expect(202);

    assert_eq!(
        ask(small, 1, "other").await.fault(400),
        "Invalid input received: Invalid volume_type passed, images are copied to volumes that are encrypted by the \
         front-end as luks or luks2 with aes-xts-plain64 and a key of 256 or 512 bits, and those of type 'other' are not."
    );
}

/// A type whose volumes are encrypted.
pub(crate) async fn add_encrypted_type(world: &World, name: &str, provider: &str) -> model::VolumeTypeId {
    let id = world.add_type(name, &[]).await;
    let encryption = json!({"encryption": {
        "provider": provider, "cipher": "aes-xts-plain64", "key_size": 256, "control_location": "front-end",
    }});
    world.admin().post(&format!("/types/{id}/encryption"), encryption).await.expect(200);
    id
}

/// An image that says to be encrypted is only copied to an encrypted volume, and only with the key that is its own.
#[tokio::test]
async fn made_of_an_encrypted_volume_goes_to_encrypted_volumes() {
    let world = World::new().await;
    add_encrypted_type(&world, "secret", "luks").await;
    let key = model::KeyId::random();
    let says = Metadata::from_iter([("cinder_encryption_key_id".to_owned(), key.to_string())]);
    let id = add(&world, |image| image.properties = says).await;
    let ask = async |name: &str| {
        let volume = json!({"size": 1, "imageRef": id.to_string(), "volume_type": name});
        world.member().post("/volumes", json!({ "volume": volume })).await
    };
    assert_eq!(
        ask("secret").await.fault(400),
        format!(
            "Invalid input received: The key that image {id} says to be encrypted with is not that image's."
        )
    );
    world.write(move |conn| store::image_keys::set(conn, id, key)).await;
    assert_eq!(
        ask("__DEFAULT__").await.fault(400),
        format!(
            "Invalid input received: Image {id} is encrypted, and volumes of type '__DEFAULT__' are not."
        )
    );
    let made = ask("secret").await.expect(202);
    assert_eq!(made["volume"]["encrypted"], true);
    let id: model::VolumeId = made["volume"]["id"].as_str().unwrap().parse().unwrap();
    let volume = world.read(move |conn| store::volumes::get(conn, id)).await.expect("a volume");
    assert_eq!(volume.image_metadata.get("cinder_encryption_key_id"), None, "its key is another");
}
