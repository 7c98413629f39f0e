//! `/qos-specs` end to end: the router over a real store, without workers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod support;

use serde_json::{Value, json};
use support::arrange::NOBODY;
use support::{World, assert_same_shape};

async fn create(world: &World, name: &str, fields: Value) -> String {
    let mut specs = json!({"name": name});
    specs.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let reply = world.admin().post("/qos-specs", json!({"qos_specs": specs})).await.expect(200);
    reply["qos_specs"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn made_shown_changed_and_removed() {
    let world = World::new().await;
    let admin = world.admin();
    let body = json!({"qos_specs": {"name": " fast ", "consumer": "both", "total_iops_sec": "100"}});
    let made = admin.post("/qos-specs", body.clone()).await.expect(200);
    let links = json!([{"rel": "", "href": ""}]);
    let shape = json!({"specs": {"total_iops_sec": ""}, "consumer": "", "name": "", "id": ""});
    assert_same_shape(&made, &json!({"qos_specs": shape, "links": links}));
    assert_eq!(made["qos_specs"]["name"], "fast");
    assert_eq!(admin.post("/qos-specs", body).await.fault(409), "QoS Specs fast already exists.");
    let id = made["qos_specs"]["id"].as_str().unwrap();
    let path = format!("/qos-specs/{id}");
    assert_eq!(admin.get(&path).await.expect(200), made);
    let change = json!({"qos_specs": {"consumer": "front-end", "read_iops_sec": "5"}});
    assert_eq!(admin.put(&path, change.clone()).await.expect(200), change);
    let shown = admin.get(&path).await.expect(200);
    assert_eq!(shown["qos_specs"]["consumer"], "front-end");
    assert_eq!(shown["qos_specs"]["specs"], json!({"read_iops_sec": "5", "total_iops_sec": "100"}));
    let keys = format!("{path}/delete_keys");
    let missing = admin.put(&keys, json!({"keys": ["read_iops_sec", "nothing"]})).await.fault(404);
    assert_eq!(missing, format!("QoS spec {id} has no spec with key nothing."));
    assert_eq!(admin.get(&path).await.expect(200), shown, "nothing is removed unless all of it is");
    admin.put(&keys, json!({"keys": ["read_iops_sec"]})).await.expect(202);
    let shown = admin.get(&path).await.expect(200);
    assert_eq!(shown["qos_specs"]["specs"], json!({"total_iops_sec": "100"}));
    admin.delete(&path).await.expect(202);
    assert_eq!(admin.get(&path).await.fault(404), format!("No such QoS spec {id}."));
}

#[tokio::test]
async fn listed_filtered_and_in_pages() {
    let world = World::new().await;
    for (name, consumer) in [("a", "both"), ("b", "front-end"), ("c", "both")] {
        create(&world, name, json!({"consumer": consumer})).await;
    }
    let admin = world.admin();
    let names = |reply: Value| -> Vec<String> {
        let listed = reply["qos_specs"].as_array().unwrap().clone();
        listed.iter().map(|specs| specs["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(admin.get("/qos-specs").await.expect(200)), ["c", "b", "a"]);
    assert_eq!(names(admin.get("/qos-specs?consumer=both").await.expect(200)), ["c", "a"]);
    assert_eq!(names(admin.get("/qos-specs?name=b").await.expect(200)), ["b"]);
    let page = admin.get("/qos-specs?limit=2&sort=name:asc").await.expect(200);
    let next = page["qos_specs_links"][0]["href"].as_str().unwrap().to_owned();
    assert_eq!(names(page), ["a", "b"]);
    let (_, query) = next.split_once('?').unwrap();
    assert_eq!(names(admin.get(&format!("/qos-specs?{query}")).await.expect(200)), ["c"]);
    assert_eq!(admin.get("/qos-specs?marker=x").await.fault(404), "No such QoS spec x.");
}

#[tokio::test]
async fn associated_with_volume_types() {
    let world = World::new().await;
    let (one, two) = (create(&world, "one", json!({})).await, create(&world, "two", json!({})).await);
    let volume_type = world.add_type("fast", &[]).await;
    let admin = world.admin();
    let add = format!("/qos-specs/{one}/associate?vol_type_id={volume_type}");
    admin.get(&add).await.expect(202);
    admin.get(&add).await.expect(202);
    let shown = admin.get(&format!("/types/{volume_type}")).await.expect(200);
    assert_eq!(shown["volume_type"]["qos_specs_id"], one.as_str());
    assert_eq!(
        admin.get(&format!("/qos-specs/{one}/associations")).await.expect(200),
        json!({"qos_associations": [
            {"association_type": "volume_type", "name": "fast", "id": volume_type.to_string()},
        ]})
    );
    assert_eq!(
        admin.get(&format!("/qos-specs/{two}/associate?vol_type_id={volume_type}")).await.fault(400),
        format!(
            "Invalid volume type: Type {volume_type} is already associated with another qos specs: {one}"
        )
    );
    assert_eq!(admin.delete(&format!("/qos-specs/{one}")).await.fault(400), "Qos specs still in use.");
    admin.get(&format!("/qos-specs/{two}/disassociate?vol_type_id={volume_type}")).await.expect(202);
    assert_eq!(
        admin.delete(&format!("/qos-specs/{one}?force=0")).await.fault(400),
        "Qos specs still in use."
    );
    admin.get(&format!("/qos-specs/{one}/disassociate?vol_type_id={volume_type}")).await.expect(202);
    let none = json!({"qos_associations": []});
    assert_eq!(admin.get(&format!("/qos-specs/{one}/associations")).await.expect(200), none);
    admin.get(&add).await.expect(202);
    admin.get(&format!("/qos-specs/{one}/disassociate_all")).await.expect(202);
    assert_eq!(admin.get(&format!("/qos-specs/{one}/associations")).await.expect(200), none);
    admin.get(&add).await.expect(202);
    admin.delete(&format!("/qos-specs/{one}?force=True")).await.expect(202);
    let shown = admin.get(&format!("/types/{volume_type}")).await.expect(200);
    assert_eq!(shown["volume_type"]["qos_specs_id"], Value::Null);
}

#[tokio::test]
async fn what_is_not_there() {
    let world = World::new().await;
    let id = create(&world, "one", json!({})).await;
    let admin = world.admin();
    let unknown = format!("No such QoS spec {NOBODY}.");
    let of_nobody = format!("/qos-specs/{NOBODY}");
    assert_eq!(admin.get(&of_nobody).await.fault(404), unknown);
    assert_eq!(admin.delete(&of_nobody).await.fault(404), unknown);
    assert_eq!(admin.put(&of_nobody, json!({"qos_specs": {"a": "b"}})).await.fault(404), unknown);
    assert_eq!(admin.get(&format!("{of_nobody}/associations")).await.fault(404), unknown);
    assert_eq!(admin.get(&format!("{of_nobody}/disassociate_all")).await.fault(404), unknown);
    for verb in ["associate", "disassociate"] {
        assert_eq!(
            admin.get(&format!("/qos-specs/{id}/{verb}")).await.fault(400),
            "Volume Type id must not be None."
        );
        assert_eq!(
            admin.get(&format!("/qos-specs/{id}/{verb}?vol_type_id={NOBODY}")).await.fault(404),
            format!("Volume type {NOBODY} could not be found.")
        );
    }
    assert_eq!(
        admin.delete(&format!("/qos-specs/{id}?force=maybe")).await.fault(400),
        "Value 'maybe' for 'force' is not a boolean."
    );
}

#[tokio::test]
async fn only_administrators() {
    let world = World::new().await;
    let id = create(&world, "one", json!({})).await;
    let member = world.member();
    let body = json!({"qos_specs": {"name": "n"}});
    assert_eq!(
        member.post("/qos-specs", body).await.fault(403),
        "Policy doesn't allow volume_extension:qos_specs_manage:create to be performed."
    );
    for path in ["", "/associations", "/associate?vol_type_id=x", "/disassociate_all"] {
        member.get(&format!("/qos-specs/{id}{path}")).await.fault(403);
    }
    member.get("/qos-specs").await.fault(403);
    member.delete(&format!("/qos-specs/{id}")).await.fault(403);
    member.put(&format!("/qos-specs/{id}"), json!({"qos_specs": {"a": "b"}})).await.fault(403);
    member.put(&format!("/qos-specs/{id}/delete_keys"), json!({"keys": []})).await.fault(403);
}
