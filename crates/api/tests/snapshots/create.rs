//! `POST /snapshots`.

use model::{Metadata, MigrationStatus, SnapshotId, SnapshotStatus, VolumeId, VolumeStatus};
use serde_json::{Value, json};
use store::volumes::Edit;

use crate::set_status as taken_now;
use crate::support::World;
use crate::support::arrange::{NOBODY, attach, available, create, placed, set_status};

fn body(volume: impl ToString, fields: Value) -> Value {
    let mut snapshot = json!({"volume_id": volume.to_string()});
    snapshot.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"snapshot": snapshot})
}

#[tokio::test]
async fn a_snapshot_is_accepted_and_shown() {
    let world = World::new().await;
    let volume = placed(&world, json!({"size": 2})).await;
    let fields = json!({"name": " s ", "description": "d", "metadata": {"k": "v"}});
    let reply = world.member().at("3.71").post("/snapshots", body(volume, fields)).await.expect(202);
    let snapshot = &reply["snapshot"];
    assert_eq!(snapshot["status"], "creating");
    assert_eq!(snapshot["volume_id"], volume.to_string());
    assert_eq!(snapshot["name"], "s");
    assert_eq!(snapshot["size"], 2);
    assert_eq!(snapshot["metadata"], json!({"k": "v"}));
    assert_eq!(snapshot["consumes_quota"], true);
    assert!(snapshot.get("os-extended-snapshot-attributes:progress").is_none());
}

#[tokio::test]
async fn it_remembers_the_image_of_a_bootable_volume_for_the_volumes_made_from_it() {
    let world = World::new().await;
    let member = world.member().at("3.71");
    for (bootable, expected) in [(true, vec![("os", "linux")]), (false, vec![])] {
        let volume = available(&world).await;
        let path = format!("/volumes/{volume}/action");
        let remembers = |os: &str| json!({"os-set_image_metadata": {"metadata": {"os": os}}});
        member.post(&path, json!({"os-set_bootable": {"bootable": bootable}})).await.expect(200);
        member.post(&path, remembers("linux")).await.expect(200);
        let taken = member.post("/snapshots", body(volume, json!({}))).await.expect(202);
        let id: SnapshotId = taken["snapshot"]["id"].as_str().unwrap().parse().unwrap();
        taken_now(&world, id, SnapshotStatus::Available).await;
        member.post(&path, remembers("other")).await.expect(200);
        let copy = json!({"volume": {"snapshot_id": id.to_string()}});
        let made = member.post("/volumes", copy).await.expect(202);
        let made: VolumeId = made["volume"]["id"].as_str().unwrap().parse().unwrap();
        let made = world.read(move |conn| store::volumes::get(conn, made)).await.unwrap();
        let pairs: Metadata =
            expected.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        assert_eq!((made.bootable, made.image_metadata), (bootable, pairs));
    }
}

#[tokio::test]
async fn an_attached_volume_needs_force_before_3_66() {
    let world = World::new().await;
    let volume = available(&world).await;
    attach(&world, volume).await;
    let member = world.member().at("3.65");
    assert_eq!(
        member.post("/snapshots", body(volume, json!({}))).await.fault(400),
        format!("Invalid volume: Volume {volume} status must be available, but current status is: in-use.")
    );
    member.post("/snapshots", body(volume, json!({"force": true}))).await.expect(202);
    let member = world.member().at("3.66");
    member.post("/snapshots", body(volume, json!({}))).await.expect(202);
    member.post("/snapshots", body(volume, json!({"force": "yes"}))).await.expect(202);
    assert_eq!(
        member.post("/snapshots", body(volume, json!({"force": false}))).await.fault(400),
        "Since microversion 3.66 the 'force' flag is invalid for this request.  For backward compatability, however, \
         when the 'force' flag is passed with a value evaluating to True, it is silently ignored."
    );
}

#[tokio::test]
async fn volumes_that_cannot_be_snapshot() {
    let world = World::new().await;
    let member = world.member().at("3.71");
    let unplaced = create(&member, json!({})).await;
    assert_eq!(
        member.post("/snapshots", body(unplaced, json!({}))).await.fault(400),
        "Invalid volume: The snapshot cannot be created because volume has not been scheduled to any host."
    );
    let volume = available(&world).await;
    for (status, message) in [
        (
            VolumeStatus::Creating,
            format!(
                "Invalid volume: Volume {volume} status must be available, in-use, but current status is: creating."
            ),
        ),
        (
            VolumeStatus::Error,
            "Invalid volume: The snapshot cannot be created when the volume is in error status.".to_owned(),
        ),
        (
            VolumeStatus::Maintenance,
            "Invalid volume: The snapshot cannot be created when the volume is in maintenance mode."
                .to_owned(),
        ),
    ] {
        set_status(&world, volume, status).await;
        assert_eq!(member.post("/snapshots", body(volume, json!({}))).await.fault(400), message);
    }
    let migrating = Edit {
        status: Some(VolumeStatus::Available),
        migration_status: Some(Some(MigrationStatus::Migrating)),
        ..Edit::default()
    };
    world.write(move |conn| store::volumes::edit(conn, volume, &migrating)).await;
    assert_eq!(
        member.post("/snapshots", body(volume, json!({}))).await.fault(400),
        "Invalid volume: Snapshot cannot be created while volume is migrating."
    );
    assert_eq!(
        member.post("/snapshots", body(NOBODY, json!({}))).await.fault(404),
        format!("Volume {NOBODY} could not be found.")
    );
}

#[tokio::test]
async fn only_those_who_may() {
    let world = World::new().await;
    let volume = available(&world).await;
    assert_eq!(
        world.reader().post("/snapshots", body(volume, json!({}))).await.fault(403),
        "Policy doesn't allow volume:create_snapshot to be performed."
    );
    world.stranger().post("/snapshots", body(volume, json!({}))).await.fault(404);
}

#[tokio::test]
async fn snapshots_are_counted() {
    let world = World::with(|settings| {
        settings.quota_defaults.insert("snapshots".to_owned(), 1);
    })
    .await;
    let volume = available(&world).await;
    world.member().post("/snapshots", body(volume, json!({}))).await.expect(202);
    assert_eq!(
        world.member().post("/snapshots", body(volume, json!({}))).await.fault(413),
        "SnapshotLimitExceeded: Maximum number of snapshots allowed (1) exceeded"
    );
    let world = World::with(|settings| {
        settings.quota_defaults.insert("gigabytes".to_owned(), 1);
    })
    .await;
    let volume = available(&world).await;
    assert_eq!(
        world.member().post("/snapshots", body(volume, json!({}))).await.fault(413),
        "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested 1G, \
         quota is 1G and 1G has been consumed."
    );
    let drifts = world.read(store::quotas::recount).await;
    assert!(drifts.is_empty(), "{drifts:?}");
}
