//! Making, changing and deleting backups.

use model::service::Binary;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::arrange::{NOBODY, available};
use crate::support::busy::{Busy, id};
use crate::{backup, body, volume};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_shown_changed_and_deleted() {
    let busy = Busy::new().await;
    let disk = volume(&busy).await;
    let fields = json!({"name": " b ", "description": "d", "metadata": {"k": "v"}, "container": "box"});
    let path = backup(&busy, &disk, fields).await;
    busy.wait(&disk, json!("available")).await;
    let shown = busy.member().get(&path).await.expect(200);
    let shown = &shown["backup"];
    assert_eq!((shown["name"].as_str(), shown["container"].as_str()), (Some("b"), Some("box")));
    assert_eq!((shown["size"].as_u64(), shown["object_count"].as_u64()), (Some(1), Some(4)));
    assert_eq!(shown["metadata"], json!({"k": "v"}));
    assert_eq!((&shown["is_incremental"], &shown["has_dependent_backups"]), (&json!(false), &json!(false)));
    assert_eq!(shown["data_timestamp"], shown["created_at"]);
    assert!(shown.get("user_id").is_none() && shown.get("os-backup-project-attr:project_id").is_none());
    let seen = busy.world.admin().at("3.71").get(&path).await.expect(200);
    assert!(seen["backup"]["user_id"].is_string());
    assert!(seen["backup"]["os-backup-project-attr:project_id"].is_string());
    assert!(busy.member().at("3.42").get(&path).await.expect(200)["backup"].get("metadata").is_none());

    let changes = json!({"backup": {"name": "renamed", "metadata": {"x": "y"}}});
    let changed = busy.member().put(&path, changes).await.expect(200);
    assert_eq!(changed["backup"]["name"], "renamed");
    let shown = busy.member().get(&path).await.expect(200);
    assert_eq!(shown["backup"]["metadata"], json!({"x": "y"}));
    busy.member().delete(&path).await.expect(202);
    busy.wait(&path, Value::Null).await;
    busy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_increment_keeps_its_parent() {
    let busy = Busy::new().await;
    let disk = volume(&busy).await;
    let refused = busy.member().post("/backups", body(&disk, json!({"incremental": true}))).await;
    assert_eq!(refused.fault(400), "Invalid backup: No backups available to do an incremental backup.");
    let full = backup(&busy, &disk, json!({})).await;
    let increment = backup(&busy, &disk, json!({"incremental": "yes"})).await;
    let shown = busy.member().get(&increment).await.expect(200);
    assert_eq!(shown["backup"]["is_incremental"], true);
    assert_eq!(shown["backup"]["object_count"], 0);
    let shown = busy.member().get(&full).await.expect(200);
    assert_eq!(shown["backup"]["has_dependent_backups"], true);
    let why = "Invalid backup: Incremental backups exist for this backup.";
    assert_eq!(busy.member().delete(&full).await.fault(400), why);
    let force = json!({"os-force_delete": {}});
    assert_eq!(busy.world.admin().post(&format!("{full}/action"), force).await.fault(400), why);
    busy.member().delete(&increment).await.expect(202);
    busy.wait(&increment, Value::Null).await;
    busy.member().delete(&full).await.expect(202);
    busy.wait(&full, Value::Null).await;
    busy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_can_be_backed_up() {
    let busy = Busy::new().await;
    let disk = volume(&busy).await;
    let snapshot = busy.create("snapshots", json!({"snapshot": {"volume_id": id(&disk)}})).await;
    let taken = busy.wait(&snapshot, json!("available")).await;
    let grow = json!({"os-extend": {"new_size": 2}});
    busy.member().post(&format!("{disk}/action"), grow).await.expect(202);
    busy.wait(&disk, json!("available")).await;
    let path = backup(&busy, &disk, json!({"snapshot_id": id(&snapshot)})).await;
    busy.wait(&snapshot, json!("available")).await;
    let shown = busy.member().get(&path).await.expect(200);
    assert_eq!(shown["backup"]["size"], 1, "that of the snapshot");
    assert_eq!(shown["backup"]["snapshot_id"], id(&snapshot));
    assert_eq!(shown["backup"]["data_timestamp"], taken["created_at"]);
    let other = volume(&busy).await;
    let refused = busy.member().post("/backups", body(&other, json!({"snapshot_id": id(&snapshot)}))).await;
    let (ours, theirs) = (id(&other), id(&disk));
    let why = format!("Invalid volume: Volume {ours} does not match with snapshot.volume_id {theirs}.");
    assert_eq!(refused.fault(400), why);
    busy.stop().await;
}

#[tokio::test]
async fn a_volume_in_use_needs_force_and_a_service_has_to_live() {
    let world = World::new().await;
    let disk = available(&world).await.to_string();
    let member = world.member().at("3.71");
    let refused = member.post("/backups", body(&disk, json!({}))).await;
    assert_eq!(refused.fault(503), "Service cinder-backup could not be found.");
    world.add_service(Binary::Backup, "node", "nova").await;
    let elsewhere = member.post("/backups", body(&disk, json!({"availability_zone": "mars"}))).await;
    assert_eq!(elsewhere.fault(503), "Service cinder-backup could not be found.");
    crate::support::arrange::attach(&world, disk.parse().unwrap()).await;
    let refused = member.post("/backups", body(&disk, json!({}))).await;
    assert_eq!(refused.fault(400), "Invalid volume: Backing up an in-use volume must use the force flag.");
    member.post("/backups", body(&disk, json!({"force": true}))).await.expect(202);
    let refused = member.post("/backups", body(&disk, json!({"force": true}))).await.fault(400);
    let why = "Invalid volume: Volume to be backed up must be available or in-use, but the current status is \
               \"backing-up\".";
    assert_eq!(refused, why);
}

#[tokio::test]
async fn containers_lead_nowhere_else_and_the_quota_counts() {
    let world = World::new().await;
    world.add_service(Binary::Backup, "node", "nova").await;
    let disk = available(&world).await.to_string();
    let member = world.member().at("3.71");
    for odd in ["../up", "/etc", "a//b", ".hidden"] {
        let refused = member.post("/backups", body(&disk, json!({"container": odd}))).await.fault(400);
        assert!(refused.contains("cannot be the name of a container"), "{refused}");
    }
    let path = format!("/os-quota-sets/{}", crate::support::PROJECT);
    world.admin().put(&path, json!({"quota_set": {"backups": 0}})).await.expect(200);
    let refused = member.post("/backups", body(&disk, json!({}))).await.fault(413);
    assert_eq!(refused, "BackupLimitExceeded: Maximum number of backups allowed (0) exceeded");
    let limits = json!({"quota_set": {"backups": 5, "backup_gigabytes": 0}});
    world.admin().put(&path, limits).await.expect(200);
    let refused = member.post("/backups", body(&disk, json!({}))).await.fault(413);
    let why = "VolumeBackupSizeExceedsAvailableQuota: Requested backup exceeds allowed Backup gigabytes quota. Requested \
               1G, quota is 0G and 0G has been consumed.";
    assert_eq!(refused, why);
    assert_eq!(
        member.post("/backups", body(NOBODY, json!({}))).await.fault(404),
        format!("Volume {NOBODY} could not be found.")
    );
}
