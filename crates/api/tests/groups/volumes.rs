//! Volumes that are made in a group.

use model::GroupStatus;
use model::volume_type::DEFAULT_TYPE_NAME;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::arrange::NOBODY;
use crate::{create, plain, set_status};

fn body(fields: Value) -> Value {
    let mut volume = json!({"size": 1});
    volume.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({ "volume": volume })
}

#[tokio::test]
async fn a_volume_joins_a_group_that_takes_its_type() {
    let world = World::new().await;
    let group = plain(&world).await.to_string();
    let client = world.member().at("3.13");
    let made =
        client.post("/volumes", body(json!({"group_id": group, "volume_type": DEFAULT_TYPE_NAME}))).await;
    assert_eq!(made.expect(202)["volume"]["group_id"], group);
    assert_eq!(
        client.post("/volumes", body(json!({"group_id": group}))).await.fault(400),
        "Invalid input received: volume_type must be provided when creating a volume in a group."
    );
    let gold = world.add_type("gold", &[]).await;
    assert_eq!(
        client.post("/volumes", body(json!({"group_id": group, "volume_type": "gold"}))).await.fault(400),
        format!(
            "Invalid input received: Invalid volume_type provided: {gold} (requested type must be supported by this group)."
        )
    );
    for id in ["x", NOBODY] {
        let fields = json!({"group_id": id, "volume_type": DEFAULT_TYPE_NAME});
        let missing = client.post("/volumes", body(fields)).await.fault(404);
        assert_eq!(missing, format!("Group {id} could not be found."));
    }
    let fields = json!({"group_id": group, "volume_type": DEFAULT_TYPE_NAME});
    world.stranger().at("3.13").post("/volumes", body(fields)).await.fault(404);
}

#[tokio::test]
async fn a_group_that_is_being_made_may_be_joined_and_others_not() {
    let world = World::new().await;
    let group = plain(&world).await;
    let fields = json!({"group_id": group.to_string(), "volume_type": DEFAULT_TYPE_NAME});
    for (status, code) in
        [(GroupStatus::Creating, 202), (GroupStatus::Error, 400), (GroupStatus::Deleting, 400)]
    {
        set_status(&world, group, status).await;
        let answer = world.member().at("3.71").post("/volumes", body(fields.clone())).await;
        if code == 400 {
            assert_eq!(
                answer.fault(400),
                "Invalid Group: Originating group status must be one of 'available, creating' values"
            );
        } else {
            answer.expect(code);
        }
    }
    let unplaced = create(&world, json!({})).await;
    let fields = json!({"group_id": unplaced.to_string(), "volume_type": DEFAULT_TYPE_NAME});
    world.member().at("3.71").post("/volumes", body(fields)).await.expect(202);
}
