//! Deleting groups, and what may not be deleted because of them.

use model::{GroupStatus, VolumeStatus};
use serde_json::json;

use crate::support::World;
use crate::support::arrange::{self, attach};
use crate::{assert_counted, available, create, member, plain, set_status, snapshot, status, taken};

const PLAIN: &str = r#"{"delete": {}}"#;
const WITH_VOLUMES: &str = r#"{"delete": {"delete-volumes": true}}"#;

async fn delete(world: &World, id: model::GroupId, body: &str) -> crate::support::Answer {
    world.member().at("3.71").ask("POST", &format!("/groups/{id}/action"), Some(body.to_owned())).await
}

#[tokio::test]
async fn with_its_volumes() {
    let world = World::new().await;
    let group = plain(&world).await;
    let volume = member(&world, group).await;
    delete(&world, group, WITH_VOLUMES).await.expect(202);
    assert_eq!(status(&world, group).await, Some(GroupStatus::Deleting));
    assert_eq!(arrange::status(&world, volume).await, Some(VolumeStatus::Deleting));
    assert_counted(&world).await;
}

#[tokio::test]
async fn one_that_was_never_placed_is_gone_at_once() {
    let world = World::new().await;
    crate::add_type(&world, "plain", json!({})).await;
    let group = create(&world, json!({})).await;
    delete(&world, group, PLAIN).await.expect(202);
    assert_eq!(status(&world, group).await, None);
    assert_counted(&world).await;
}

/// Such a group never got a backend, though it has a volume that did.
#[tokio::test]
async fn one_that_was_never_placed_takes_its_volumes_along() {
    let world = World::new().await;
    crate::add_type(&world, "plain", json!({})).await;
    let group = create(&world, json!({})).await;
    let volume = member(&world, group).await;
    let unplaced = arrange::create(
        &world.member().at("3.71"),
        json!({"group_id": group.to_string(), "volume_type": "__DEFAULT__"}),
    )
    .await;
    let told = delete(&world, group, PLAIN).await.fault(400);
    assert!(told.contains("current status is: creating"), "{told}");
    delete(&world, group, WITH_VOLUMES).await.expect(202);
    assert_eq!(arrange::status(&world, volume).await, Some(VolumeStatus::Deleting));
    assert_ne!(arrange::status(&world, unplaced).await, Some(VolumeStatus::Creating));
    assert_counted(&world).await;
}

#[tokio::test]
async fn what_is_in_the_way() {
    let world = World::new().await;
    let group = plain(&world).await;
    let volume = member(&world, group).await;
    let refuse = async |body| {
        let message = delete(&world, group, body).await.fault(400);
        message.strip_prefix("Invalid Group: ").unwrap().to_owned()
    };
    assert_eq!(
        refuse(PLAIN).await,
        format!("Group {group} still contains volumes. The delete-volumes flag is required to delete it.")
    );
    set_status(&world, group, GroupStatus::Updating).await;
    assert_eq!(
        refuse(PLAIN).await,
        "Group status must be available or error, but current status is: updating"
    );
    attach(&world, volume).await;
    assert_eq!(
        refuse(WITH_VOLUMES).await,
        format!("Volume in group {group} is attached. Need to detach first.")
    );
    let edit = store::volumes::Edit {
        status: Some(VolumeStatus::Available),
        attach_status: Some(model::AttachStatus::Detached),
        ..Default::default()
    };
    world.write(move |conn| store::volumes::edit(conn, volume, &edit)).await;
    let single = world.add_snapshot(volume).await;
    assert_eq!(refuse(WITH_VOLUMES).await, "Volume in group still has dependent snapshots.");
    world.write(move |conn| store::snapshots::remove(conn, single)).await;
    set_status(&world, group, GroupStatus::Available).await;
    snapshot(&world, group).await;
    assert_eq!(refuse(WITH_VOLUMES).await, "Group has existing snapshots.");
    let source = available(&world, json!({})).await;
    let member = member(&world, source).await;
    let copy = json!({"create-from-src": {"source_group_id": source.to_string()}});
    world.member().at("3.71").post("/groups/action", copy).await.expect(202);
    assert_eq!(
        delete(&world, source, WITH_VOLUMES).await.fault(400),
        format!(
            "Invalid Group: Cannot delete group {source}. Group status must be available or error and must not have \
             dependent group snapshots, and it cannot be the source for an ongoing group or group snapshot creation."
        )
    );
    // It is a source even when it has become empty.
    world.write(move |conn| store::groups::put(conn, member, None)).await;
    let told = delete(&world, source, PLAIN).await.fault(400);
    assert!(told.contains("Group must not have attached volumes, volumes with snapshots, or"), "{told}");
    world
        .stranger()
        .at("3.71")
        .post(&format!("/groups/{group}/action"), json!({"delete": {}}))
        .await
        .fault(404);
    assert_eq!(
        world
            .reader()
            .at("3.71")
            .post(&format!("/groups/{group}/action"), json!({"delete": {}}))
            .await
            .fault(403),
        "Policy doesn't allow group:delete to be performed."
    );
}

#[tokio::test]
async fn members_and_parts_go_with_their_wholes_only() {
    let world = World::new().await;
    let group = plain(&world).await;
    let volume = member(&world, group).await;
    let whole = taken(&world, group).await;
    let part = world.read(move |conn| store::group_snapshots::parts(conn, whole)).await.remove(0).id;
    let client = world.admin().at("3.71");
    for path in [format!("/volumes/{volume}"), format!("/volumes/{volume}?cascade=true")] {
        let refused = client.delete(&path).await.fault(400);
        assert!(refused.contains("belong to a group"), "{refused}");
    }
    assert_eq!(
        client.delete(&format!("/snapshots/{part}")).await.fault(400),
        "Invalid snapshot: Snapshot status must be available or error and must not be part of a group."
    );
    let force = json!({"os-force_delete": {}});
    assert_eq!(
        client.post(&format!("/snapshots/{part}/action"), force).await.fault(400),
        "Invalid snapshot: Snapshot  must not be part of a group."
    );
    // Out of the group, it still has a snapshot that is part of one.
    world.write(move |conn| store::groups::put(conn, volume, None)).await;
    client.delete(&format!("/volumes/{volume}?cascade=true")).await.fault(400);
}
