//! Consistency groups and their snapshots, served from groups.

use model::volume_type::DEFAULT_TYPE_NAME;
use model::{GroupId, GroupStatus};
use serde_json::{Value, json};

use crate::support::World;
use crate::support::arrange::{NOBODY, placed};
use crate::{place, plain, rest, status};

async fn group(world: &World) -> GroupId {
    let body = json!({"consistencygroup": {
        "name": " cg ", "description": null, "volume_types": format!("{DEFAULT_TYPE_NAME},"),
        "availability_zone": null, "status": "creating",
    }});
    let made = world.member().post("/consistencygroups", body).await.expect(202);
    let id = made["consistencygroup"]["id"].as_str().unwrap();
    assert_eq!(made, json!({"consistencygroup": {"id": id, "name": "cg"}}));
    let id = id.parse().unwrap();
    place(world, id).await;
    id
}

#[tokio::test]
async fn a_group_of_old_has_requests_of_its_own() {
    let world = World::new().await;
    let id = group(&world).await;
    let shown = world.member().get(&format!("/consistencygroups/{id}")).await.expect(200);
    let shown = &shown["consistencygroup"];
    assert_eq!((&shown["status"], &shown["name"]), (&json!("available"), &json!("cg")));
    assert_eq!(shown.as_object().unwrap().len(), 7);
    let missing = world.member().get(&format!("/consistencygroups/{NOBODY}")).await.fault(404);
    assert_eq!(missing, format!("Group {NOBODY} could not be found."));
    let reserved = world.member().at("3.71").get(&format!("/groups/{id}")).await.fault(400);
    assert!(reserved.ends_with("Migrated group can only be operated by CG APIs."), "{reserved}");
    let listed = world.member().at("3.71").get("/groups").await.expect(200);
    assert_eq!(listed, json!({"groups": []}));
    let generic = plain(&world).await;
    let all = world.member().get("/consistencygroups/detail").await.expect(200);
    assert_eq!(all["consistencygroups"].as_array().unwrap().len(), 2);
    assert_eq!(all["consistencygroups"][0]["id"], generic.to_string());
    let page = world.member().get("/consistencygroups?limit=1").await.expect(200);
    assert!(
        page["consistencygroup_links"][0]["href"].as_str().unwrap().contains("/consistencygroups?limit=1")
    );
}

#[tokio::test]
async fn volumes_show_it() {
    let world = World::new().await;
    let id = group(&world).await.to_string();
    let fields = json!({"consistencygroup_id": id, "volume_type": DEFAULT_TYPE_NAME});
    let volume = placed(&world, fields).await;
    let shown = world.member().get(&format!("/volumes/{volume}")).await.expect(200);
    assert_eq!(shown["volume"]["consistencygroup_id"], id);
    let listed = world.member().at("3.71").get("/volumes/detail").await.expect(200);
    assert_eq!(listed["volumes"][0]["consistencygroup_id"], id);
    assert_eq!(listed["volumes"][0]["group_id"], id);
    let generic = plain(&world).await;
    let volume = crate::member(&world, generic).await;
    let shown = world.member().get(&format!("/volumes/{volume}")).await.expect(200);
    assert_eq!(shown["volume"]["consistencygroup_id"], Value::Null);
}

#[tokio::test]
async fn it_is_changed_copied_and_deleted() {
    let world = World::new().await;
    let id = group(&world).await;
    let client = world.member();
    let path = format!("/consistencygroups/{id}");
    client.put(&path, json!({"consistencygroup": {"name": "n"}})).await.expect(202);
    client.put(&format!("{path}/update"), json!({"consistencygroup": {"name": "m"}})).await.expect(202);
    assert_eq!(client.get(&path).await.expect(200)["consistencygroup"]["name"], "m");
    client.put(&path, json!({"consistencygroup": {"name": ""}})).await.fault(400);
    world.member().at("3.6").put(&path, json!({"consistencygroup": {"name": ""}})).await.expect(202);

    let fields = json!({"consistencygroup_id": id.to_string(), "volume_type": DEFAULT_TYPE_NAME});
    placed(&world, fields).await;
    let copy = json!({"consistencygroup-from-src": {"source_cgid": id.to_string(), "name": "c"}});
    let made = client.post("/consistencygroups/create_from_src", copy).await.expect(202);
    assert_eq!(made["consistencygroup"]["name"], "c");
    let missing = json!({"consistencygroup-from-src": {"cgsnapshot_id": "x"}});
    assert_eq!(
        client.post("/consistencygroups/create_from_src", missing).await.fault(404),
        "GroupSnapshot x could not be found."
    );
    let copied: GroupId = made["consistencygroup"]["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/consistencygroups/{copied}/delete");
    assert_eq!(
        client.post(&path, json!({"consistencygroup": {"force": false}})).await.fault(400),
        "Invalid Group: Group status must be available or error, but current status is: creating"
    );
    client.post(&path, json!({"consistencygroup": {"force": true}})).await.expect(202);
    assert_eq!(status(&world, copied).await, Some(GroupStatus::Deleting));
    world.reader().post(&path, json!({})).await.fault(403);
    world.stranger().ask("POST", &path, None).await.fault(404);
}

#[tokio::test]
async fn its_snapshots_have_requests_of_their_own() {
    let world = World::new().await;
    let id = group(&world).await;
    let fields = json!({"consistencygroup_id": id.to_string(), "volume_type": DEFAULT_TYPE_NAME});
    placed(&world, fields).await;
    let client = world.member();
    let body = json!({"cgsnapshot": {
        "consistencygroup_id": id.to_string(), "name": "s", "description": null, "status": "creating",
    }});
    let made = client.post("/cgsnapshots", body).await.expect(202);
    let snapshot = made["cgsnapshot"]["id"].as_str().unwrap().to_owned();
    assert_eq!(made, json!({"cgsnapshot": {"id": snapshot, "name": "s"}}));
    let path = format!("/cgsnapshots/{snapshot}");
    let shown = client.get(&path).await.expect(200);
    assert_eq!(shown["cgsnapshot"]["consistencygroup_id"], id.to_string());
    assert_eq!(shown["cgsnapshot"].as_object().unwrap().len(), 6);
    let listed = client.get("/cgsnapshots/detail?limit=1").await.expect(200);
    assert_eq!(listed, json!({"cgsnapshots": [shown["cgsnapshot"]]}));
    let short = client.get("/cgsnapshots").await.expect(200);
    assert_eq!(short["cgsnapshots"][0], json!({"id": snapshot, "name": "s"}));
    let reserved = world.member().at("3.71").get(&format!("/group_snapshots/{snapshot}")).await.fault(400);
    assert!(
        reserved.ends_with("Migrated group snapshots can only be operated by CG snapshot APIs."),
        "{reserved}"
    );
    let none = world.member().at("3.71").get("/group_snapshots").await.expect(200);
    assert_eq!(none, json!({"group_snapshots": []}));
    client.delete(&path).await.fault(400);
    let done = snapshot.parse().unwrap();
    world
        .write(move |conn| {
            rest(conn)?;
            store::group_snapshots::set_status(conn, done, model::GroupSnapshotStatus::Available)
        })
        .await;
    client.delete(&path).await.expect(202);
    let missing = json!({"cgsnapshot": {"consistencygroup_id": "x"}});
    assert_eq!(client.post("/cgsnapshots", missing).await.fault(404), "Group x could not be found.");
}
