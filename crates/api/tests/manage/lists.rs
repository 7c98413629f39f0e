//! `GET /manageable_volumes` and `/manageable_snapshots`.

use serde_json::{Value, json};

use crate::support::busy::{Busy, id};
use crate::volumes::stranger;

fn names(list: &Value, key: &str) -> Vec<String> {
    let items = list[key].as_array().unwrap().iter();
    items.map(|item| item["reference"]["source-name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn volumes_are_listed_with_what_is_known_of_them() {
    let busy = Busy::new().await;
    let admin = busy.world.admin().at("3.71");
    let disk = busy.create("volumes", json!({"volume": {"size": 1}})).await;
    busy.wait(&disk, json!("available")).await;
    stranger(&busy, "a", 3);
    stranger(&busy, "b", 2);
    stranger(&busy, "empty", 0);
    let mine = format!("volume-{}", id(&disk));

    for path in ["/manageable_volumes/detail", "/os-volume-manage/detail"] {
        let list = admin.get(&format!("{path}?host=node@sim&sort=reference:asc")).await.expect(200);
        assert_eq!(
            list["manageable-volumes"],
            json!([
                {"reference": {"source-name": "a"}, "size": 3, "safe_to_manage": true, "reason_not_safe": null,
                 "cinder_id": null, "extra_info": null},
                {"reference": {"source-name": "b"}, "size": 2, "safe_to_manage": true, "reason_not_safe": null,
                 "cinder_id": null, "extra_info": null},
                {"reference": {"source-name": "empty"}, "size": 0, "safe_to_manage": false,
                 "reason_not_safe": "it is empty", "cinder_id": null, "extra_info": null},
                {"reference": {"source-name": mine}, "size": 1, "safe_to_manage": false,
                 "reason_not_safe": "already managed", "cinder_id": id(&disk), "extra_info": null},
            ])
        );
    }
    let short = admin.get("/manageable_volumes?host=node@sim&sort=size:desc&limit=1").await.expect(200);
    assert_eq!(
        short["manageable-volumes"],
        json!([{"reference": {"source-name": "a"}, "size": 3, "safe_to_manage": true}])
    );
    let next = short["manageable-volumes_links"][0]["href"].as_str().unwrap();
    let (_, query) = next.split_once('?').unwrap();
    let page = admin.get(&format!("/manageable_volumes?{query}")).await.expect(200);
    assert_eq!(names(&page, "manageable-volumes"), ["b"]);
    let falling = admin.get("/manageable_volumes?host=node@sim&offset=2").await.expect(200);
    assert_eq!(names(&falling, "manageable-volumes"), ["b", "a"]);
    let left = busy.world.read(|conn| store::operations::list(conn, true, 100)).await;
    assert!(left.iter().all(|row| row.kind != "backend.list_manageable" || row.args == "{}"));
    busy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_are_listed_with_their_volume() {
    let busy = Busy::new().await;
    let admin = busy.world.admin().at("3.71");
    let disk = busy.create("volumes", json!({"volume": {"size": 1}})).await;
    busy.wait(&disk, json!("available")).await;
    let snapshot = busy.create("snapshots", json!({"snapshot": {"volume_id": id(&disk)}})).await;
    busy.wait(&snapshot, json!("available")).await;
    stranger(&busy, "snapshot-00000000-0000-4000-8000-000000000000", 1);
    let list = admin.get("/manageable_snapshots/detail?host=node@sim&sort=reference:asc").await.expect(200);
    let listed = list["manageable-snapshots"].as_array().unwrap();
    let mine = listed.iter().find(|item| item["cinder_id"] == id(&snapshot)).unwrap();
    assert_eq!(mine["reason_not_safe"], "already managed");
    assert_eq!(mine["source_reference"], json!({"source-name": format!("volume-{}", id(&disk))}));
    let free = listed.iter().find(|item| item["cinder_id"].is_null()).unwrap();
    assert_eq!((&free["safe_to_manage"], &free["source_reference"]), (&json!(true), &Value::Null));
    let short = admin.get("/os-snapshot-manage?host=node@sim").await.expect(200);
    let keys: Vec<_> = short["manageable-snapshots"][0].as_object().unwrap().keys().cloned().collect();
    let mut keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["reference", "safe_to_manage", "size", "source_reference"]);
    busy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_refused_in_the_words_of_the_service() {
    let busy = Busy::new().await;
    let admin = busy.world.admin().at("3.71");
    let list = |query: &'static str| admin.get(query);
    assert_eq!(
        list("/manageable_volumes").await.fault(400),
        "Invalid input received: One and only one of cluster and host must be set."
    );
    assert_eq!(
        list("/manageable_volumes?host=nobody@nowhere").await.fault(404),
        "Service cinder-volume could not be found on host nobody@nowhere."
    );
    assert_eq!(
        list("/manageable_volumes?host=node@sim&sort=age").await.fault(400),
        "Invalid sort keys passed: age"
    );
    let told = list("/manageable_volumes?host=node@sim&marker=%7B'source-name':'x'%7D").await.fault(400);
    assert_eq!(told, r#"Invalid input received: marker not found: {"source-name":"x"}"#);
    busy.world.member().at("3.71").get("/manageable_volumes?host=node@sim").await.fault(403);
    busy.world.manager().at("3.71").get("/os-snapshot-manage?host=node@sim").await.fault(403);
    busy.world.admin().at("3.7").get("/manageable_volumes?host=node@sim").await.fault(404);
    busy.world.admin().at("3.7").get("/os-volume-manage?host=node@sim").await.expect(200);
    admin
        .put("/os-services/disable", json!({"host": "node@sim", "binary": "cinder-volume"}))
        .await
        .expect(200);
    assert_eq!(
        list("/manageable_volumes?host=node@sim").await.fault(400),
        "Service is unavailable at this time."
    );
    busy.stop().await;
}
