//! `GET /groups/{id}`, and what can be done to one group beside changing it.

use model::GroupStatus;
use serde_json::json;

use crate::support::arrange::NOBODY;
use crate::support::{PROJECT, World};
use crate::{member, plain, status};

#[tokio::test]
async fn each_revision_shows_more() {
    let world = World::new().await;
    let group = plain(&world).await;
    let volume = member(&world, group).await;
    let path = format!("/groups/{group}?list_volume=true");
    let mut keys = vec![
        "id",
        "status",
        "availability_zone",
        "created_at",
        "name",
        "description",
        "group_type",
        "volume_types",
    ];
    let shown = world.admin().at("3.13").get(&path).await.expect(200);
    assert_eq!(shown["group"].as_object().unwrap().keys().collect::<Vec<_>>().len(), keys.len());
    for (version, more) in [
        ("3.14", vec!["group_snapshot_id", "source_group_id"]),
        ("3.25", vec!["volumes"]),
        ("3.38", vec!["replication_status"]),
        ("3.58", vec!["project_id"]),
    ] {
        keys.extend(more);
        let shown = world.admin().at(version).get(&path).await.expect(200);
        let mut ours: Vec<&str> = shown["group"].as_object().unwrap().keys().map(String::as_str).collect();
        let mut theirs = keys.clone();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs, "{version}");
    }
    let shown = world.admin().at("3.71").get(&path).await.expect(200);
    assert_eq!(shown["group"]["volumes"], json!([volume.to_string()]));
    assert_eq!(shown["group"]["replication_status"], "disabled");
    assert_eq!(shown["group"]["project_id"], PROJECT);
    let plain = world.member().at("3.71").get(&format!("/groups/{group}")).await.expect(200);
    assert!(plain["group"].get("volumes").is_none() && plain["group"].get("project_id").is_none());
}

#[tokio::test]
async fn others_do_not_find_it() {
    let world = World::new().await;
    let group = plain(&world).await;
    let missing = format!("Group {group} could not be found.");
    assert_eq!(world.stranger().at("3.71").get(&format!("/groups/{group}")).await.fault(404), missing);
    world.reader().at("3.71").get(&format!("/groups/{group}")).await.expect(200);
    assert_eq!(world.member().at("3.71").get("/groups/x").await.fault(404), "Group x could not be found.");
    world.member().at("3.71").get(&format!("/groups/{NOBODY}")).await.fault(404);
    for path in ["groups", "consistencygroups"] {
        world.admin().at("3.71").delete(&format!("/{path}/{group}")).await.fault(404);
    }
}

#[tokio::test]
async fn administrators_set_the_status() {
    let world = World::new().await;
    let group = plain(&world).await;
    let path = format!("/groups/{group}/action");
    let body = json!({"reset_status": {"status": "Error"}});
    world.admin().at("3.20").post(&path, body.clone()).await.expect(202);
    assert_eq!(status(&world, group).await, Some(GroupStatus::Error));
    assert_eq!(
        world.member().at("3.71").post(&path, body.clone()).await.fault(403),
        "Policy doesn't allow group:reset_status to be performed."
    );
    world.admin().at("3.19").post(&path, body).await.fault(404);
    let unknown = json!({"reset_status": {"status": "x"}});
    assert!(
        world.admin().at("3.71").post(&path, unknown).await.fault(400).starts_with("Invalid Group Status: ")
    );
}
