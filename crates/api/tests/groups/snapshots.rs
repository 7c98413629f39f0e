//! `/group_snapshots`.

use model::{GroupSnapshotStatus, GroupStatus, SnapshotStatus, VolumeStatus};
use serde_json::{Value, json};

use crate::support::arrange::{self, NOBODY, attach};
use crate::support::{PROJECT, World};
use crate::{add_type, assert_counted, available, member, plain, set_status, snapshot, taken};

#[tokio::test]
async fn every_volume_gets_one() {
    let world = World::new().await;
    let group = plain(&world).await;
    let volumes = [member(&world, group).await, member(&world, group).await];
    attach(&world, volumes[1]).await;
    let client = world.member().at("3.14");
    let body = json!({"group_snapshot": {"group_id": group.to_string(), "name": "s", "description": "d"}});
    let made = client.post("/group_snapshots", body).await.expect(202);
    let id = made["group_snapshot"]["id"].as_str().unwrap();
    assert_eq!(made["group_snapshot"].as_object().unwrap().len(), 3);
    assert_eq!(made["group_snapshot"]["name"], "s");
    let shown = client.get(&format!("/group_snapshots/{id}")).await.expect(200);
    assert_eq!(shown["group_snapshot"]["group_id"], group.to_string());
    assert_eq!(shown["group_snapshot"]["status"], "creating");
    assert!(shown["group_snapshot"].get("project_id").is_none());
    let admin = world.admin().at("3.58").get(&format!("/group_snapshots/{id}")).await.expect(200);
    assert_eq!(admin["group_snapshot"]["project_id"], PROJECT);
    let parts = client.get("/snapshots/detail").await.expect(200);
    let parts = parts["snapshots"].as_array().unwrap().clone();
    assert_eq!(parts.len(), 2);
    for part in parts {
        assert_eq!((&part["name"], &part["description"]), (&json!("s"), &json!("d")));
        assert_eq!((&part["status"], &part["group_snapshot_id"]), (&json!("creating"), &json!(id)));
        assert!(volumes.iter().any(|volume| part["volume_id"] == volume.to_string()));
    }
    let old = world.member().at("3.13").get("/snapshots/detail").await.expect(200);
    assert!(old["snapshots"][0].get("group_snapshot_id").is_none());
    assert_counted(&world).await;
}

#[tokio::test]
async fn what_is_in_the_way() {
    let world = World::with(|settings| {
        settings.quota_defaults.insert("snapshots".to_owned(), 1);
    })
    .await;
    let group = plain(&world).await;
    let volumes = [member(&world, group).await, member(&world, group).await];
    let client = world.member().at("3.71");
    let body = json!({"group_snapshot": {"group_id": group.to_string()}});
    assert_eq!(
        client.post("/group_snapshots", body.clone()).await.fault(413),
        "SnapshotLimitExceeded: Maximum number of snapshots allowed (1) exceeded"
    );
    assert!(world.read(move |conn| store::snapshots::of_volume(conn, volumes[0])).await.is_empty());
    arrange::set_status(&world, volumes[0], VolumeStatus::Error).await;
    assert_eq!(
        client.post("/group_snapshots", body.clone()).await.fault(400),
        "Invalid volume: The snapshot cannot be created when the volume is in error status."
    );
    arrange::set_status(&world, volumes[0], VolumeStatus::Extending).await;
    assert_eq!(
        client.post("/group_snapshots", body.clone()).await.fault(400),
        format!(
            "Invalid volume: Volume {} status must be available, in-use, but current status is: extending.",
            volumes[0]
        )
    );
    set_status(&world, group, GroupStatus::Deleting).await;
    assert_eq!(
        client.post("/group_snapshots", body.clone()).await.fault(400),
        format!("Invalid Group: Group {group} cannot be snapshot: its current status is deleting.")
    );
    let missing = json!({"group_snapshot": {"group_id": NOBODY}});
    assert_eq!(
        client.post("/group_snapshots", missing).await.fault(404),
        format!("Group {NOBODY} could not be found.")
    );
    world.reader().at("3.71").post("/group_snapshots", body.clone()).await.fault(403);
    world.stranger().at("3.71").post("/group_snapshots", body).await.fault(404);
    assert_counted(&world).await;
}

#[tokio::test]
async fn one_moment_needs_volumes_that_are_not_attached() {
    let world = World::new().await;
    add_type(&world, "plain", json!({"consistent_group_snapshot_enabled": "<is> True"})).await;
    let group = available(&world, json!({})).await;
    let volume = member(&world, group).await;
    attach(&world, volume).await;
    let body = json!({"group_snapshot": {"group_id": group.to_string()}});
    assert_eq!(
        world.member().at("3.71").post("/group_snapshots", body).await.fault(400),
        format!(
            "Invalid volume: Volume {volume} status must be available for a consistent snapshot of its group, but \
             current status is: in-use."
        )
    );
}

#[tokio::test]
async fn deleting_takes_its_parts() {
    let world = World::new().await;
    let group = plain(&world).await;
    member(&world, group).await;
    let whole = taken(&world, group).await;
    let path = format!("/group_snapshots/{whole}");
    world.reader().at("3.71").delete(&path).await.fault(403);
    world.stranger().at("3.71").delete(&path).await.fault(404);
    world.member().at("3.71").delete(&path).await.expect(202);
    let parts = world.read(move |conn| store::group_snapshots::parts(conn, whole)).await;
    assert!(parts.iter().all(|part| part.status == SnapshotStatus::Deleting));
    let shown = world.member().at("3.71").get(&path).await.expect(200);
    assert_eq!(shown["group_snapshot"]["status"], "deleting");
    world.member().at("3.71").delete(&path).await.fault(400);
    let missing = world.member().at("3.71").delete(&format!("/group_snapshots/{NOBODY}")).await.fault(404);
    assert_eq!(missing, format!("GroupSnapshot {NOBODY} could not be found."));
}

#[tokio::test]
async fn administrators_set_the_status() {
    let world = World::new().await;
    let group = plain(&world).await;
    member(&world, group).await;
    let whole = snapshot(&world, group).await;
    let path = format!("/group_snapshots/{whole}/action");
    let body = json!({"reset_status": {"status": "error"}});
    world.admin().at("3.18").post(&path, body.clone()).await.fault(404);
    world.member().at("3.19").post(&path, body.clone()).await.fault(403);
    world.admin().at("3.19").post(&path, body).await.expect(202);
    let found = world.read(move |conn| store::group_snapshots::get(conn, whole)).await.unwrap();
    assert_eq!(found.status, GroupSnapshotStatus::Error);
}

#[tokio::test]
async fn lists_have_pages_since_3_29() {
    let world = World::new().await;
    let group = plain(&world).await;
    let other = available(&world, json!({})).await;
    member(&world, group).await;
    member(&world, other).await;
    let (one, two) = (snapshot(&world, group).await, snapshot(&world, other).await);
    let ids = |list: Value| -> Vec<String> {
        let items = list["group_snapshots"].as_array().unwrap().clone();
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let old = world.member().at("3.28");
    assert_eq!(ids(old.get("/group_snapshots?limit=1").await.expect(200)).len(), 2);
    let client = world.member().at("3.71");
    let page = client.get("/group_snapshots/detail?limit=1").await.expect(200);
    assert!(page["group_snapshot_links"][0]["href"].as_str().unwrap().contains("marker="));
    assert_eq!(ids(page), [two.to_string()]);
    let after = client.get(&format!("/group_snapshots?marker={two}")).await.expect(200);
    assert_eq!(after["group_snapshots"][0].as_object().unwrap().len(), 2);
    assert_eq!(ids(after), [one.to_string()]);
    let of_group = client.get(&format!("/group_snapshots?group_id={group}")).await.expect(200);
    assert_eq!(ids(of_group), [one.to_string()]);
    assert_eq!(
        client.get("/group_snapshots?x=1").await.fault(400),
        "Invalid filters x are found in query options."
    );
    assert!(ids(world.stranger().at("3.71").get("/group_snapshots").await.expect(200)).is_empty());
}
