//! `POST /groups` and `create-from-src`.

use model::volume_type::DEFAULT_TYPE_NAME;
use model::{SnapshotStatus, VolumeStatus};
use serde_json::{Value, json};

use crate::support::World;
use crate::support::arrange::{self, NOBODY};
use crate::{add_type, assert_counted, available, create, member, plain, status, taken};

fn body(fields: Value) -> Value {
    let mut group = json!({"group_type": "plain", "volume_types": [DEFAULT_TYPE_NAME]});
    group.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({ "group": group })
}

#[tokio::test]
async fn a_group_is_accepted() {
    let world = World::new().await;
    let group_type = add_type(&world, "plain", json!({})).await;
    let member = world.member().at("3.13");
    let fields = json!({"name": " g ", "description": " d ", "availability_zone": "nova"});
    let made = member.post("/groups", body(fields)).await.expect(202);
    let id = made["group"]["id"].as_str().unwrap();
    assert_eq!(made, json!({"group": {"id": id, "name": "g"}}));
    let shown = &member.get(&format!("/groups/{id}")).await.expect(200)["group"];
    assert_eq!(shown["status"], "creating");
    assert_eq!(shown["description"], "d");
    assert_eq!(shown["group_type"], group_type);
    assert_eq!(shown["availability_zone"], "nova");
    assert_eq!(shown["volume_types"].as_array().unwrap().len(), 1);
    let by_id = world.member().at("3.71").post("/groups", body(json!({"group_type": group_type}))).await;
    by_id.expect(202);
    assert_counted(&world).await;
}

#[tokio::test]
async fn what_is_named_has_to_be_there() {
    let world = World::new().await;
    add_type(&world, "plain", json!({})).await;
    let member = world.member().at("3.71");
    for (fields, code, message) in [
        (json!({"group_type": "x"}), 404, "Group type with name x could not be found.".to_owned()),
        (json!({"group_type": NOBODY}), 404, format!("Group type {NOBODY} could not be found.")),
        (json!({"volume_types": ["x"]}), 404, "Volume type with name x could not be found.".to_owned()),
        (json!({"volume_types": [NOBODY]}), 404, format!("Volume type {NOBODY} could not be found.")),
        (
            json!({"availability_zone": "x"}),
            400,
            "Invalid input received: Availability zone 'x' is invalid.".to_owned(),
        ),
    ] {
        assert_eq!(member.post("/groups", body(fields.clone())).await.fault(code), message, "{fields}");
    }
    let refused =
        member.post("/groups", body(json!({"group_type": "default_cgsnapshot_type"}))).await.fault(400);
    assert!(refused.starts_with("Group_type "), "{refused}");
    assert!(
        refused.ends_with(
            " is reserved for migrating CGs to groups. Migrated group can only be operated by CG APIs."
        ),
        "{refused}"
    );
    assert_eq!(
        world.reader().at("3.71").post("/groups", body(json!({}))).await.fault(403),
        "Policy doesn't allow group:create to be performed."
    );
    world.member().at("3.12").post("/groups", body(json!({}))).await.fault(404);
}

#[tokio::test]
async fn groups_are_counted() {
    let world = World::with(|settings| {
        settings.quota_defaults.insert("groups".to_owned(), 1);
    })
    .await;
    let group = plain(&world).await;
    member(&world, group).await;
    let client = world.member().at("3.71");
    let told = "GroupLimitExceeded: Maximum number of groups allowed (1) exceeded";
    assert_eq!(client.post("/groups", body(json!({}))).await.fault(413), told);
    let copy = json!({"create-from-src": {"source_group_id": group.to_string()}});
    assert_eq!(client.post("/groups/action", copy).await.fault(413), told);
    let used =
        client.get(&format!("/os-quota-sets/{}?usage=True", crate::support::PROJECT)).await.expect(200);
    assert_eq!(used["quota_set"]["groups"]["in_use"], 1);
    assert_counted(&world).await;
}

#[tokio::test]
async fn a_copy_has_a_volume_for_each_of_the_source() {
    let world = World::new().await;
    let group = plain(&world).await;
    let volumes = [member(&world, group).await, member(&world, group).await];
    let client = world.member().at("3.71");
    let body = json!({"create-from-src": {"source_group_id": group.to_string(), "name": " n "}});
    let made = client.post("/groups/action", body).await.expect(202);
    let id = made["group"]["id"].as_str().unwrap();
    assert_eq!(made, json!({"group": {"id": id, "name": "n"}}));
    let shown = client.get(&format!("/groups/{id}?list_volume=true")).await.expect(200);
    assert_eq!(shown["group"]["source_group_id"], group.to_string());
    assert_eq!(shown["group"]["group_snapshot_id"], Value::Null);
    let copies = shown["group"]["volumes"].as_array().unwrap();
    assert_eq!(copies.len(), 2);
    for copy in copies {
        let volume = client.get(&format!("/volumes/{}", copy.as_str().unwrap())).await.expect(200);
        assert_eq!(volume["volume"]["status"], "creating");
        assert_eq!(volume["volume"]["group_id"], id);
        let source = volume["volume"]["source_volid"].as_str().unwrap();
        assert!(volumes.iter().any(|id| id.to_string() == source));
    }
    assert_counted(&world).await;
}

#[tokio::test]
async fn a_group_is_made_from_a_snapshot_of_one() {
    let world = World::new().await;
    let group = plain(&world).await;
    member(&world, group).await;
    let whole = taken(&world, group).await;
    let client = world.member().at("3.71");
    let body = json!({"create-from-src": {"group_snapshot_id": whole.to_string()}});
    let made = client.post("/groups/action", body.clone()).await.expect(202);
    let path = format!("/groups/{}", made["group"]["id"].as_str().unwrap());
    let shown = client.get(&format!("{path}?list_volume=1")).await.expect(200);
    assert_eq!(shown["group"]["group_snapshot_id"], whole.to_string());
    assert_eq!(shown["group"]["volumes"].as_array().unwrap().len(), 1);
    assert_eq!(
        client.delete(&format!("/group_snapshots/{whole}")).await.fault(400),
        "Invalid GroupSnapshot: GroupSnapshot status must be available or error, and no Group can be currently using it \
         as source for its creation."
    );
    let part = world.read(move |conn| store::group_snapshots::parts(conn, whole)).await.remove(0);
    let edit = store::snapshots::Edit { status: Some(SnapshotStatus::Error), ..Default::default() };
    world.write(move |conn| store::snapshots::edit(conn, part.id, &edit)).await;
    assert_eq!(
        client.post("/groups/action", body).await.fault(400),
        "Invalid snapshot: Originating snapshot status must be one of 'available' values"
    );
    assert_counted(&world).await;
}

#[tokio::test]
async fn sources_that_do_not_do() {
    let world = World::new().await;
    let group = plain(&world).await;
    let client = world.member().at("3.71");
    let from = |key: &str, id: String| json!({"create-from-src": {key: id}});
    assert_eq!(
        client.post("/groups/action", from("source_group_id", group.to_string())).await.fault(400),
        "Invalid Group: Source Group is empty. No group will be created."
    );
    member(&world, group).await;
    let whole = taken(&world, group).await;
    world.write(|conn| conn.run("UPDATE snapshots SET group_snapshot_id = NULL", &[])).await;
    assert_eq!(
        client.post("/groups/action", from("group_snapshot_id", whole.to_string())).await.fault(400),
        "Invalid Group: Group snapshot is empty. No group will be created."
    );
    assert_eq!(
        client.post("/groups/action", from("source_group_id", NOBODY.to_owned())).await.fault(404),
        format!("Group {NOBODY} could not be found.")
    );
    assert_eq!(
        client.post("/groups/action", from("group_snapshot_id", NOBODY.to_owned())).await.fault(404),
        format!("GroupSnapshot {NOBODY} could not be found.")
    );
    let unplaced = create(&world, json!({})).await;
    let refused =
        client.post("/groups/action", from("source_group_id", unplaced.to_string())).await.fault(400);
    assert!(refused.starts_with("Invalid Group: No valid host to create group "), "{refused}");
    let busy = available(&world, json!({})).await;
    let volume = member(&world, busy).await;
    arrange::set_status(&world, volume, VolumeStatus::Error).await;
    assert_eq!(
        client.post("/groups/action", from("source_group_id", busy.to_string())).await.fault(400),
        "Invalid volume: Originating source volume status must be one of 'available, in-use' values"
    );
    assert_eq!(status(&world, busy).await, Some(model::GroupStatus::Available));
    let copy = from("source_group_id", busy.to_string());
    world.stranger().at("3.71").post("/groups/action", copy.clone()).await.fault(404);
    world.reader().at("3.71").post("/groups/action", copy.clone()).await.fault(403);
    world.member().at("3.13").post("/groups/action", copy).await.fault(404);
    assert_counted(&world).await;
}
