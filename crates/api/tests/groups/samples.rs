//! The bodies that the API reference shows: requests are accepted, replies have the same keys.

use model::volume_type::DEFAULT_TYPE_NAME;
use serde_json::{Value, json};

use crate::support::{World, assert_same_shape};
use crate::{available, create, member, plain, taken};

fn sample(name: &str) -> Value {
    let path = std::path::Path::new("tests/groups/samples").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The first item only: how many there are says nothing about the shape.
fn first_only(mut body: Value, key: &str) -> Value {
    body[key].as_array_mut().unwrap().truncate(1);
    body
}

#[tokio::test]
async fn group_types() {
    let world = World::with(|settings| settings.default_group_type = Some("grp-type-001".to_owned())).await;
    let admin = world.admin().at("3.11");
    let made = admin.post("/group_types", sample("group-type-create-request.json")).await.expect(202);
    assert_same_shape(&made, &sample("group-type-show-response.json"));
    let path = format!("/group_types/{}", made["group_type"]["id"].as_str().unwrap());
    assert_same_shape(&admin.get(&path).await.expect(200), &sample("group-type-show-response.json"));
    admin.put(&path, sample("group-type-update-request.json")).await.expect(200);
    let mut default = admin.get("/group_types/default").await.expect(200);
    default["group_type"]["group_specs"] = json!({});
    assert_same_shape(&default, &sample("group-type-default-response.json"));
    let listed = first_only(admin.get("/group_types").await.expect(200), "group_types");
    assert_same_shape(&listed, &first_only(sample("group-types-list-response.json"), "group_types"));
    let specs = format!("{path}/group_specs");
    admin.delete(&format!("{specs}/consistent_group_snapshot_enabled")).await.expect(202);
    let set = admin.post(&specs, sample("group-type-specs-create-request.json")).await.expect(202);
    assert_eq!(set, sample("group-type-specs-create-response.json"));
    assert_eq!(admin.get(&specs).await.expect(200), sample("group-type-specs-list-response.json"));
    let one = admin.put(&format!("{specs}/key1"), sample("group-type-specs-update-request.json")).await;
    assert_eq!(one.expect(200), sample("group-type-specs-update-response.json"));
    let shown = admin.get(&format!("{specs}/key1")).await.expect(200);
    assert_eq!(shown, sample("group-type-specs-show-response.json"));
}

#[tokio::test]
async fn groups() {
    let world = World::new().await;
    let group = plain(&world).await;
    member(&world, group).await;
    let admin = world.admin().at("3.71");
    let mut body = sample("group-create-request.json");
    body["group"]["group_type"] = json!("plain");
    body["group"]["volume_types"] = json!([DEFAULT_TYPE_NAME]);
    body["group"]["availability_zone"] = json!("nova");
    let made = admin.post("/groups", body).await.expect(202);
    assert_same_shape(&made, &sample("group-create-response.json"));
    let mut copy = sample("group-create-from-src-request.json");
    let snapshot = taken(&world, group).await;
    copy["create-from-src"]["group_snapshot_id"] = json!(snapshot.to_string());
    let made = admin.post("/groups/action", copy).await.expect(202);
    assert_same_shape(&made, &sample("group-create-from-src-response.json"));

    // The samples are older than `replication_status`, and show texts where ours may be null.
    let mut theirs = sample("group-show-response.json");
    theirs["group"]["replication_status"] = json!("disabled");
    let named = available(&world, json!({"name": "g", "description": "d"})).await;
    member(&world, named).await;
    let shown = admin.get(&format!("/groups/{named}?list_volume=true")).await.expect(200);
    assert_same_shape(&shown, &theirs);
    let mut theirs = first_only(sample("groups-list-detailed-response.json"), "groups");
    for (key, value) in [
        ("replication_status", json!("")),
        ("group_snapshot_id", json!(null)),
        ("source_group_id", json!(null)),
    ] {
        theirs["groups"][0][key] = value;
    }
    theirs["groups"][0]["volume_types"].as_array_mut().unwrap().truncate(1);
    let listed = admin.get("/groups/detail?list_volume=true&limit=1").await.expect(200);
    let ours = json!({"groups": listed["groups"]});
    assert_same_shape(&ours, &theirs);
    let listed = first_only(admin.get("/groups?name=g").await.expect(200), "groups");
    assert_same_shape(&listed, &first_only(sample("groups-list-response.json"), "groups"));

    let path = format!("/groups/{named}/action");
    admin.post(&path, sample("group-reset-status-request.json")).await.expect(202);
    for action in ["enable", "disable", "failover", "list-targets"] {
        admin.post(&path, sample(&format!("group-replication-{action}.json"))).await.fault(400);
    }
    let empty = create(&world, json!({})).await;
    admin.post(&format!("/groups/{empty}/action"), sample("group-delete-request.json")).await.expect(202);
    let update = admin.put(&format!("/groups/{named}"), sample("group-update-request.json")).await.fault(400);
    assert!(update.contains("volume-uuid-1"), "{update}");
}

#[tokio::test]
async fn group_snapshots() {
    let world = World::new().await;
    let group = plain(&world).await;
    member(&world, group).await;
    let admin = world.admin().at("3.71");
    let mut body = sample("group-snapshots-create-request.json");
    body["group_snapshot"]["group_id"] = json!(group.to_string());
    let made = admin.post("/group_snapshots", body).await.expect(202);
    assert_same_shape(&made, &sample("group-snapshots-create-response.json"));
    let path = format!("/group_snapshots/{}", made["group_snapshot"]["id"].as_str().unwrap());
    assert_same_shape(&admin.get(&path).await.expect(200), &sample("group-snapshots-show-response.json"));
    let key = "group_snapshots";
    let listed = admin.get("/group_snapshots/detail").await.expect(200);
    assert_same_shape(&listed, &first_only(sample("group-snapshots-list-detailed-response.json"), key));
    let listed = admin.get("/group_snapshots").await.expect(200);
    assert_same_shape(&listed, &first_only(sample("group-snapshots-list-response.json"), key));
    let reset = sample("group-snapshot-reset-status-request.json");
    admin.post(&format!("{path}/action"), reset).await.expect(202);
}

#[tokio::test]
async fn consistency_groups() {
    let world = World::new().await;
    let member = world.member();
    let mut body = sample("consistency-group-create-request.json");
    body["consistencygroup"]["volume_types"] = json!(DEFAULT_TYPE_NAME);
    body["consistencygroup"]["availability_zone"] = json!("nova");
    let made = member.post("/consistencygroups", body).await.expect(202);
    let id = made["consistencygroup"]["id"].as_str().unwrap().to_owned();
    crate::place(&world, id.parse().unwrap()).await;
    let shown = member.get(&format!("/consistencygroups/{id}")).await.expect(200);
    assert_same_shape(&shown, &sample("consistency-group-show-response.json"));
    let key = "consistencygroups";
    let listed = member.get("/consistencygroups/detail").await.expect(200);
    assert_same_shape(&listed, &first_only(sample("consistency-groups-list-detailed-response.json"), key));
    let listed = member.get("/consistencygroups").await.expect(200);
    assert_same_shape(&listed, &first_only(sample("consistency-groups-list-response.json"), key));
    let both = sample("consistency-group-create-from-src-request.json");
    let refused = member.post("/consistencygroups/create_from_src", both).await.fault(400);
    assert!(refused.starts_with("Cannot provide both"), "{refused}");
    let update = sample("consistency-group-update-request.json");
    member.put(&format!("/consistencygroups/{id}"), update).await.fault(400);

    crate::member(&world, id.parse().unwrap()).await;
    let mut body = sample("cgsnapshots-create-request.json");
    body["cgsnapshot"]["consistencygroup_id"] = json!(id);
    let made = member.post("/cgsnapshots", body).await.expect(202);
    assert_same_shape(&made, &sample("cgsnapshots-create-response.json"));
    let snapshot = made["cgsnapshot"]["id"].as_str().unwrap();
    let shown = member.get(&format!("/cgsnapshots/{snapshot}")).await.expect(200);
    assert_same_shape(&shown, &sample("cgsnapshots-show-response.json"));
    let listed = member.get("/cgsnapshots/detail").await.expect(200);
    let theirs = first_only(sample("cgsnapshots-list-detailed-response.json"), "cgsnapshots");
    assert_same_shape(&listed, &theirs);
    let listed = member.get("/cgsnapshots").await.expect(200);
    assert_same_shape(&listed, &first_only(sample("cgsnapshots-list-response.json"), "cgsnapshots"));
    let delete = sample("consistency-group-delete-request.json");
    let refused = member.post(&format!("/consistencygroups/{id}/delete"), delete).await.fault(400);
    assert_eq!(refused, "Invalid Group: Group has existing snapshots.");
}
