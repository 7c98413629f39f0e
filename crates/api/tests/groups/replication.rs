//! Replication of single groups: who may ask, what is refused, and what is so when it is accepted.

use model::GroupId;
use model::service::Binary;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::arrange::placed;
use crate::{add_type, available, plain};

const ACTIONS: [&str; 4] =
    ["enable_replication", "disable_replication", "failover_replication", "list_replication_targets"];

/// A group that asks for replication, on a backend that can do what its report says.
async fn mirrored(world: &World, report: Value) -> GroupId {
    add_type(world, "pairs", json!({"consistent_group_replication_enabled": "<is> True"})).await;
    world.add_type("mirrored", &[("replication_enabled", "<is> True")]).await;
    world.add_service(Binary::Volume, "node@backend", "nova").await;
    world.add_pool("node@backend#pool", report).await;
    available(world, json!({"group_type": "pairs", "volume_types": ["mirrored"]})).await
}

/// What a volume says of its replication.
async fn of_volume(world: &World, id: &str) -> Value {
    world.admin().at("3.71").get(&format!("/volumes/{id}")).await.expect(200)["volume"]["replication_status"]
        .take()
}

#[tokio::test]
async fn the_group_type_has_to_ask_for_it() {
    let world = World::new().await;
    let group = plain(&world).await;
    for action in ACTIONS {
        let (path, body) = (format!("/groups/{group}/action"), json!({action: {}}));
        assert_eq!(
            world.member().at("3.38").post(&path, body.clone()).await.fault(400),
            format!("Invalid group type: Group {group} is not a replication group type."),
            "{action}"
        );
        world.stranger().at("3.38").post(&path, body.clone()).await.fault(404);
        world.reader().at("3.38").post(&path, body.clone()).await.fault(403);
        world.member().at("3.37").post(&path, body).await.fault(404);
    }
}

#[tokio::test]
async fn the_backend_has_to_be_able_to() {
    let world = World::new().await;
    let group = mirrored(&world, json!({"replication_targets": ["there"]})).await;
    let (client, path) = (world.member().at("3.38"), format!("/groups/{group}/action"));
    assert_eq!(
        client.post(&path, json!({"enable_replication": {}})).await.fault(400),
        format!("Invalid Group: Group {group} cannot be replicated by its backend (node@backend).")
    );
    assert_eq!(
        client.post(&path, json!({"list_replication_targets": {}})).await.expect(200),
        json!({"replication_targets": [{"backend_id": "there"}]})
    );
}

#[tokio::test]
async fn it_begins_with_the_volumes_that_are_there() {
    let world = World::new().await;
    let group = mirrored(&world, json!({"group_replication_enabled": true})).await;
    let member = placed(&world, json!({"group_id": group.to_string(), "volume_type": "mirrored"})).await;
    let alone = placed(&world, json!({"volume_type": "mirrored"})).await;
    let (member, alone) = (member.to_string(), alone.to_string());
    assert_eq!(of_volume(&world, &member).await, "disabled", "it waits for its group");
    assert_eq!(of_volume(&world, &alone).await, "enabled");

    let (client, path) = (world.member().at("3.38"), format!("/groups/{group}"));
    let action = format!("{path}/action");
    client.post(&action, json!({"enable_replication": {}})).await.expect(202);
    assert_eq!(client.get(&path).await.expect(200)["group"]["replication_status"], "enabling");
    assert_eq!(of_volume(&world, &member).await, "enabling");
    assert_eq!(of_volume(&world, &alone).await, "enabled");
    assert_eq!(
        client.post(&action, json!({"disable_replication": {}})).await.fault(400),
        format!(
            "Invalid Group: Group {group} replication status must be ['enabled', 'error'], but current status is: \
             enabling. Cannot disable replication."
        )
    );
    let join = json!({"group": {"add_volumes": alone}});
    let refused = client.put(&path, join).await.fault(400);
    assert_eq!(refused, "Invalid Group: Group status must be available.", "one thing at a time");
}
