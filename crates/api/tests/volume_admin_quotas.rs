//! Quota sets, quota classes and limits.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod support;

use serde_json::{Value, json};
use support::{OTHER_PROJECT, PROJECT, World, assert_same_shape};

fn fresh() -> Value {
    json!({
        "volumes": 10, "per_volume_gigabytes": -1, "snapshots": 10, "gigabytes": 1000, "backups": 10,
        "backup_gigabytes": 1000, "groups": 10,
        "volumes___DEFAULT__": -1, "gigabytes___DEFAULT__": -1, "snapshots___DEFAULT__": -1,
    })
}

fn with(mut set: Value, changes: &[(&str, Value)]) -> Value {
    for (key, value) in changes {
        set[key] = value.clone();
    }
    set
}

fn quotas(project: &str) -> String {
    format!("/os-quota-sets/{project}")
}

#[tokio::test]
async fn a_fresh_project_has_the_defaults() {
    let world = World::new().await;
    let expected = json!({"quota_set": with(fresh(), &[("id", json!(PROJECT))])});
    assert_eq!(world.reader().get(&quotas(PROJECT)).await.expect(200), expected);
    assert_eq!(world.reader().get(&format!("{}/defaults", quotas(PROJECT))).await.expect(200), expected);
}

#[tokio::test]
async fn the_configuration_and_the_default_class_make_the_defaults() {
    let world = World::with(|settings| {
        settings.quota_defaults.insert("volumes".to_owned(), 3);
        settings.quota_defaults.insert("snapshots".to_owned(), 4);
        settings.per_volume_gib = 50;
    })
    .await;
    let body = json!({"quota_class_set": {"snapshots": 7, "volumes___DEFAULT__": 2}});
    world.admin().put("/os-quota-class-sets/default", body).await.expect(200);
    for path in [quotas(OTHER_PROJECT), format!("{}/defaults", quotas(OTHER_PROJECT))] {
        let set = world.admin().get(&path).await.expect(200)["quota_set"].clone();
        let changes = [
            ("volumes", json!(3)),
            ("snapshots", json!(7)),
            ("per_volume_gigabytes", json!(50)),
            ("volumes___DEFAULT__", json!(2)),
            ("id", json!(OTHER_PROJECT)),
        ];
        assert_eq!(set, with(fresh(), &changes));
    }
}

#[tokio::test]
async fn the_default_class_can_be_left_out() {
    let world = World::with(|settings| {
        settings.use_default_quota_class = false;
        settings.quota_defaults.insert("volumes".to_owned(), 3);
    })
    .await;
    let body = json!({"quota_class_set": {"volumes": 0, "gigabytes": 7}});
    let class = world.admin().put("/os-quota-class-sets/default", body).await.expect(200);
    assert_eq!(class["quota_class_set"]["gigabytes"], 7, "{class}");
    for path in [quotas(PROJECT), format!("{}/defaults", quotas(PROJECT))] {
        let set = world.reader().get(&path).await.expect(200)["quota_set"].clone();
        assert_eq!(set, with(fresh(), &[("volumes", json!(3)), ("id", json!(PROJECT))]));
    }
    world.member().post("/volumes", json!({"volume": {"size": 8}})).await.expect(202);
}

#[tokio::test]
async fn limits_are_set_and_dropped() {
    let world = World::new().await;
    let body = json!({"quota_set": {"volumes": 5, "gigabytes": "20", "tenant_id": OTHER_PROJECT}});
    let changed = world.admin().put(&quotas(OTHER_PROJECT), body).await.expect(200);
    let expected = with(fresh(), &[("volumes", json!(5)), ("gigabytes", json!(20))]);
    assert_eq!(changed, json!({"quota_set": expected}));
    let shown = world.stranger().get(&quotas(OTHER_PROJECT)).await.expect(200);
    assert_eq!(shown["quota_set"]["volumes"], 5);
    assert_eq!(world.reader().get(&quotas(PROJECT)).await.expect(200)["quota_set"]["volumes"], 10);

    assert_eq!(world.admin().delete(&quotas(OTHER_PROJECT)).await.expect(200), Value::Null);
    let shown = world.stranger().get(&quotas(OTHER_PROJECT)).await.expect(200);
    assert_eq!(shown["quota_set"]["volumes"], 10);
}

#[tokio::test]
async fn usage_is_shown_beside_the_limits() {
    let world = World::new().await;
    let fast = world.add_type("fast", &[]).await;
    let volume = world.add_volume(PROJECT, fast, 3, None).await;
    world.add_snapshot(volume).await;
    let set = world.reader().get(&format!("{}?usage=True", quotas(PROJECT))).await.expect(200);
    let entry = json!({"in_use": 0, "limit": 0, "reserved": 0});
    let mut shape = json!({"id": ""});
    for key in fresh().as_object().unwrap().keys() {
        shape[key] = entry.clone();
    }
    for key in ["volumes_fast", "gigabytes_fast", "snapshots_fast"] {
        shape[key] = entry.clone();
    }
    assert_same_shape(&set, &json!({"quota_set": shape}));
    let used = |key: &str| set["quota_set"][key]["in_use"].as_i64().unwrap();
    assert_eq!((used("volumes"), used("gigabytes"), used("snapshots")), (1, 6, 1));
    assert_eq!((used("volumes_fast"), used("gigabytes_fast"), used("snapshots_fast")), (1, 6, 1));
    assert_eq!(used("volumes___DEFAULT__"), 0);
    let drifts = world.read(store::quotas::recount).await;
    assert_eq!(drifts, [], "what the API shows is what the rows say");
    world.reader().get(&format!("{}?usage=perhaps", quotas(PROJECT))).await.fault(400);
}

#[tokio::test]
async fn a_limit_of_its_own_cannot_fall_below_the_usage() {
    let world = World::new().await;
    let fast = world.add_type("fast", &[]).await;
    for _ in 0..3 {
        world.add_volume(PROJECT, fast, 1, None).await;
    }
    let set = |limit: i64| {
        let world = &world;
        async move { world.admin().put(&quotas(PROJECT), json!({"quota_set": {"volumes": limit}})).await }
    };
    set(2).await.expect(200);
    assert_eq!(
        set(1).await.fault(400),
        "Quota volumes limit must be equal or greater than existing resources. Current usage is 3 and the \
         requested limit is 1."
    );
    set(3).await.expect(200);
    set(-1).await.expect(200);
}

#[tokio::test]
async fn bad_limits_change_nothing() {
    let world = World::new().await;
    for (key, value) in [
        ("volumes", json!(-2)),
        ("volumes", json!("many")),
        ("volumes", json!(2_147_483_648_i64)),
        ("volumes", json!(null)),
        ("colours", json!(1)),
    ] {
        let body = json!({"quota_set": {"snapshots": 1, key: value}});
        world.admin().put(&quotas(PROJECT), body.clone()).await.fault(400);
        let class = json!({"quota_class_set": body["quota_set"]});
        world.admin().put("/os-quota-class-sets/default", class).await.fault(400);
    }
    let unknown =
        world.admin().put(&quotas(PROJECT), json!({"quota_set": {"volumes_no": 1}})).await.fault(400);
    assert_eq!(unknown, "Invalid input received: Bad key(s) in quota set: volumes_no");
    world.admin().put(&quotas(PROJECT), json!({"quota_set": {}})).await.fault(400);
    world.admin().put(&quotas(&"a".repeat(256)), json!({"quota_set": {"volumes": 1}})).await.fault(400);
    let shown = world.reader().get(&quotas(PROJECT)).await.expect(200);
    assert_eq!(shown["quota_set"]["snapshots"], 10);
}

#[tokio::test]
async fn limits_follow_the_name_of_a_type_and_go_with_it() {
    let world = World::new().await;
    let id = world.add_type("fast", &[]).await;
    let body = json!({"quota_set": {"volumes_fast": 5}});
    world.admin().put(&quotas(PROJECT), body).await.expect(200);
    let rename = json!({"volume_type": {"name": "swift"}});
    world.admin().put(&format!("/types/{id}"), rename).await.expect(200);
    let set = world.reader().get(&quotas(PROJECT)).await.expect(200)["quota_set"].clone();
    assert_eq!(set["volumes_swift"], 5);
    assert!(set.get("volumes_fast").is_none());

    world.admin().delete(&format!("/types/{id}")).await.expect(202);
    world.add_type("swift", &[]).await;
    let set = world.reader().get(&quotas(PROJECT)).await.expect(200)["quota_set"].clone();
    assert_eq!(set["volumes_swift"], -1, "another type of the same name begins without limits");
}

#[tokio::test]
async fn classes_have_limits_of_their_own() {
    let world = World::new().await;
    let path = "/os-quota-class-sets/gold";
    let expected = json!({"quota_class_set": with(fresh(), &[("id", json!("gold"))])});
    assert_eq!(world.admin().get(path).await.expect(200), expected);
    let changed = world.admin().put(path, json!({"quota_class_set": {"volumes": 99}})).await.expect(200);
    assert_eq!(changed, json!({"quota_class_set": with(fresh(), &[("volumes", json!(99))])}));
    assert_eq!(world.admin().get(path).await.expect(200)["quota_class_set"]["volumes"], 99);
    let set = world.reader().get(&quotas(PROJECT)).await.expect(200);
    assert_eq!(set["quota_set"]["volumes"], 10, "nobody is in that class");
}

#[tokio::test]
async fn limits_show_what_clients_need() {
    let world = World::new().await;
    let fast = world.add_type("fast", &[]).await;
    world.add_volume(OTHER_PROJECT, fast, 3, None).await;
    let shown = world.reader().get("/limits").await.expect(200);
    let expected = json!({"limits": {"rate": [], "absolute": {
        "totalSnapshotsUsed": 0, "maxTotalBackups": 10, "maxTotalVolumeGigabytes": 1000, "maxTotalSnapshots": 10,
        "maxTotalBackupGigabytes": 1000, "totalBackupGigabytesUsed": 0, "maxTotalVolumes": 10,
        "totalVolumesUsed": 0, "totalBackupsUsed": 0, "totalGigabytesUsed": 0,
    }}});
    assert_eq!(shown, expected);

    let path = format!("/limits?project_id={OTHER_PROJECT}");
    let used = |shown: Value| shown["limits"]["absolute"]["totalGigabytesUsed"].clone();
    assert_eq!(used(world.admin().at("3.39").get(&path).await.expect(200)), 3);
    assert_eq!(used(world.admin().at("3.38").get(&path).await.expect(200)), 0, "not yet");
    assert_eq!(used(world.member().at("3.39").get(&path).await.expect(200)), 0, "not for members");
}
