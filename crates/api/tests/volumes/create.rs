//! `POST /volumes`.

use std::sync::Arc;

use auth::policy::Policy;
use model::VolumeStatus;
use serde_json::{Value, json};

use crate::support::arrange::{NOBODY, available, placed, set_status, status};
use crate::support::{PROJECT, USER, World};

#[tokio::test]
async fn a_blank_volume_is_accepted_and_shown() {
    let world = World::new().await;
    let body = json!({"volume": {"size": 3, "name": " disk ", "description": null, "metadata": {"k": "v"}}});
    let volume = &world.member().at("3.71").post("/volumes", body).await.expect(202)["volume"];
    assert_eq!(volume["status"], "creating");
    assert_eq!(volume["size"], 3);
    assert_eq!(volume["name"], "disk");
    assert_eq!(volume["description"], Value::Null);
    assert_eq!(volume["metadata"], json!({"k": "v"}));
    assert_eq!(volume["availability_zone"], "nova");
    assert_eq!(volume["volume_type"], "__DEFAULT__");
    assert_eq!(volume["bootable"], "false");
    assert_eq!(volume["user_id"], USER);
    let id = volume["id"].as_str().unwrap();
    let own = format!("http://cloud:8776/v3/{PROJECT}/volumes/{id}");
    assert_eq!(volume["links"][0], json!({"rel": "self", "href": own}));
    assert_eq!(volume["links"][1]["href"], format!("http://cloud:8776/{PROJECT}/volumes/{id}"));
}

#[tokio::test]
async fn a_reader_may_not() {
    let world = World::new().await;
    let message = world.reader().post("/volumes", json!({"volume": {"size": 1}})).await.fault(403);
    assert_eq!(message, "Policy doesn't allow volume:create to be performed.");
}

#[tokio::test]
async fn volumes_of_images_have_a_rule_of_their_own() {
    let world = World::new().await;
    let (plain, of_image) = (json!({"size": 1}), json!({"size": 1, "imageRef": NOBODY}));
    for (rule, open, closed) in
        [("volume:create", &of_image, &plain), ("volume:create_from_image", &plain, &of_image)]
    {
        let (strict, findings) = Policy::load(&format!("\"{rule}\": \"!\"")).unwrap();
        assert!(findings.is_empty(), "{findings:?}");
        *world.api.policy.write().unwrap() = Arc::new(strict);
        let message = world.member().post("/volumes", json!({"volume": closed})).await.fault(403);
        assert_eq!(message, format!("Policy doesn't allow {rule} to be performed."));
        assert_ne!(world.member().post("/volumes", json!({"volume": open})).await.status, 403, "{rule}");
    }
}

#[tokio::test]
async fn a_volume_without_size_takes_that_of_its_source() {
    let world = World::new().await;
    let source = placed(&world, json!({"size": 5, "metadata": {"a": "b"}})).await;
    let body = json!({"volume": {"source_volid": source.to_string()}});
    let copy = world.member().post("/volumes", body).await.expect(202);
    assert_eq!(copy["volume"]["size"], 5);
    assert_eq!(copy["volume"]["source_volid"], source.to_string());
    let too_small = json!({"volume": {"source_volid": source.to_string(), "size": 4}});
    assert_eq!(
        world.member().post("/volumes", too_small).await.fault(400),
        "Invalid input received: Volume size '4'GB cannot be smaller than original volume size  5GB. They must be >= \
         original volume size."
    );
}

/// What a request says and why it is refused, in the words of the service.
#[tokio::test]
async fn refusals() {
    let world = World::new().await;
    let in_error = available(&world).await;
    set_status(&world, in_error, VolumeStatus::Error).await;
    let in_error = in_error.to_string();
    let cases = [
        (
            json!({"size": 0}),
            400,
            "Invalid input for field/attribute size. Value: 0. 0 is less than the minimum of 1",
        ),
        (json!({"size": 1, "availability_zone": "x"}), 400, "Availability zone 'x' is invalid."),
        (
            json!({"size": 1, "bogus": 1}),
            400,
            "Invalid input for field/attribute volume. Value: {'size': 1, 'bogus': 1}. Additional properties are not \
             allowed ('bogus' was unexpected)",
        ),
        (
            json!({"size": 1, "volume_type": "nosuch"}),
            404,
            "Volume type with name nosuch could not be found.",
        ),
        (
            json!({"size": 1, "volume_type": NOBODY}),
            404,
            "Volume type 00000000-0000-4000-8000-000000000000 could not be found.",
        ),
        (
            json!({"snapshot_id": NOBODY}),
            404,
            "Snapshot 00000000-0000-4000-8000-000000000000 could not be found.",
        ),
        (
            json!({"source_volid": NOBODY}),
            404,
            "Volume 00000000-0000-4000-8000-000000000000 could not be found.",
        ),
        (
            json!({"source_volid": in_error}),
            400,
            "Invalid volume: Originating source volume status must be one of 'available, in-use' values",
        ),
        (
            json!({"size": 1, "imageRef": NOBODY}),
            400,
            "Invalid image identifier or unable to access requested image.",
        ),
        (
            json!({"size": 1, "backup_id": NOBODY}),
            404,
            "Backup 00000000-0000-4000-8000-000000000000 could not be found.",
        ),
        (
            json!({"size": 1, "group_id": NOBODY}),
            404,
            "Group 00000000-0000-4000-8000-000000000000 could not be found.",
        ),
        (
            json!({"size": 1001}),
            413,
            "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested \
             1001G, quota is 1000G and 1G has been consumed.",
        ),
    ];
    for (volume, code, message) in cases {
        let answer = world.member().at("3.71").post("/volumes", json!({"volume": volume.clone()})).await;
        assert_eq!(answer.fault(code), message, "{volume}");
    }
}

#[tokio::test]
async fn the_eleventh_volume_is_one_too_many() {
    let world = World::new().await;
    for _ in 0..10 {
        world.member().post("/volumes", json!({"volume": {"size": 1}})).await.expect(202);
    }
    let answer = world.member().post("/volumes", json!({"volume": {"size": 1}})).await;
    assert_eq!(answer.headers["retry-after"], "0");
    assert_eq!(
        answer.fault(413),
        "VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded for quota 'volumes'."
    );
    let too_large = world.member().post("/volumes", json!({"volume": {"size": 1000}})).await.fault(413);
    assert!(too_large.starts_with("VolumeSizeExceedsAvailableQuota"), "{too_large}");
}

#[tokio::test]
async fn limits_of_a_type_and_of_every_volume() {
    let world = World::with(|settings| settings.per_volume_gib = 8).await;
    world
        .add_type("bounded", &[("provisioning:min_vol_size", "2"), ("provisioning:max_vol_size", "4")])
        .await;
    let ask = |size: u64, volume_type: &str| {
        let body = json!({"volume": {"size": size, "volume_type": volume_type}});
        let member = world.member();
        async move { member.post("/volumes", body).await }
    };
    assert_eq!(
        ask(1, "bounded").await.fault(400),
        "Invalid input received: Specified volume size of '1' is less than the minimum required size of '2' for \
         volume type 'bounded'."
    );
    assert_eq!(
        ask(5, "bounded").await.fault(400),
        "Invalid input received: Specified volume size of '5' is greater than the maximum allowable size of '4' for \
         volume type 'bounded'."
    );
    ask(3, "bounded").await.expect(202);
    assert_eq!(
        ask(9, "__DEFAULT__").await.fault(413),
        "VolumeSizeExceedsLimit: Requested volume size 9G is larger than maximum allowed limit 8G."
    );
}

#[tokio::test]
async fn zones_of_requests_types_and_sources() {
    let world = World::new().await;
    world
        .write(|conn| {
            let binary = model::service::Binary::Volume;
            store::services::beat(conn, binary, "far@backend", "far", "uuid", true)
        })
        .await;
    world.add_type("far-only", &[("RESKEY:availability_zones", "far")]).await;
    world.add_type("nowhere", &[("RESKEY:availability_zones", "moon, mars")]).await;
    let ask = |volume: Value| {
        let member = world.member();
        async move { member.post("/volumes", json!({"volume": volume})).await }
    };
    let far = ask(json!({"size": 1, "availability_zone": "far"})).await.expect(202);
    assert_eq!(far["volume"]["availability_zone"], "far");
    assert_eq!(
        ask(json!({"size": 1, "availability_zone": "nova", "volume_type": "far-only"})).await.fault(400),
        "Availability zone 'nova' is invalid."
    );
    assert_eq!(
        ask(json!({"size": 1, "volume_type": "nowhere"})).await.fault(400),
        "Volume type is only supported in these availability zones: ['moon', 'mars']"
    );
    let source = available(&world).await.to_string();
    assert_eq!(
        ask(json!({"source_volid": source, "availability_zone": "far"})).await.fault(400),
        "Invalid input received: Volume must be in the same availability zone as the source volume"
    );
    let copy = ask(json!({"source_volid": source, "availability_zone": "nova"})).await.expect(202);
    assert_eq!(copy["volume"]["availability_zone"], "nova");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_once_get_exactly_what_the_quota_has() {
    let world = World::with(|settings| {
        settings.quota_defaults.insert("volumes".to_owned(), 200);
        settings.quota_defaults.insert("gigabytes".to_owned(), 37);
    })
    .await;
    let world: &'static World = Box::leak(Box::new(world));
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..100 {
        asking.spawn(async { world.member().post("/volumes", json!({"volume": {"size": 1}})).await.status });
    }
    let statuses = asking.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 202).count(), 37);
    assert_eq!(statuses.iter().filter(|status| **status == 413).count(), 63);
    let drifts = world.read(store::quotas::recount).await;
    assert!(drifts.is_empty(), "{drifts:?}");
}

#[tokio::test]
async fn one_source_at_most() {
    let world = World::new().await;
    let volume = available(&world).await;
    let body = json!({"snapshot": {"volume_id": volume.to_string()}});
    let snapshot = world.member().post("/snapshots", body).await.expect(202);
    let snapshot = snapshot["snapshot"]["id"].as_str().unwrap();
    let both = json!({"volume": {"snapshot_id": snapshot, "source_volid": volume.to_string()}});
    assert_eq!(
        world.member().post("/volumes", both).await.fault(400),
        "Invalid input received: May specify only one of backup, imageRef, snapshot, source volume"
    );
    let unfinished = json!({"volume": {"snapshot_id": snapshot}});
    assert_eq!(
        world.member().post("/volumes", unfinished).await.fault(400),
        "Invalid snapshot: Originating snapshot status must be one of 'available' values"
    );
}

#[tokio::test]
async fn a_multiattach_type_makes_multiattach_volumes() {
    let world = World::new().await;
    world.add_type("shared", &[("multiattach", "<is> True")]).await;
    let body = json!({"volume": {"size": 1, "volume_type": "shared"}});
    let volume = world.member().post("/volumes", body).await.expect(202);
    assert_eq!(volume["volume"]["multiattach"], true);
    let old = json!({"volume": {"size": 1, "multiattach": true}});
    let message = world.member().post("/volumes", old).await.fault(400);
    assert!(message.starts_with("multiattach parameter has been removed."), "{message}");
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_behind() {
    let world = World::new().await;
    let body = json!({"volume": {"size": 1, "volume_type": "nosuch"}});
    world.member().post("/volumes", body).await.fault(404);
    let (volumes, drifts) = world
        .read(|conn| Ok((conn.int("SELECT COUNT(*) FROM volumes", &[])?, store::quotas::recount(conn)?)))
        .await;
    assert_eq!(volumes, 0);
    assert!(drifts.is_empty(), "{drifts:?}");
}

#[tokio::test]
async fn hints_reach_the_scheduler_as_they_were_written() {
    let world = World::new().await;
    let neighbour = available(&world).await;
    let body = json!({
        "volume": {"size": 1},
        "OS-SCH-HNT:scheduler_hints": {"same_host": neighbour.to_string(), "mine": [1, 2]}
    });
    let reply = world.member().post("/volumes", body).await.expect(202);
    let resource = format!("volume/{}", reply["volume"]["id"].as_str().unwrap());
    let args = world
        .read(move |conn| {
            let sql = "SELECT args FROM operations WHERE resource = ?";
            conn.row(sql, store::params![&resource], |columns| columns.take::<String>())
        })
        .await;
    let args: Value = serde_json::from_str(&args.unwrap()).unwrap();
    assert_eq!(args["hints"], json!({"same_host": [neighbour.to_string()], "mine": [1, 2]}));
    assert_eq!(status(&world, neighbour).await, Some(VolumeStatus::Available));
}
