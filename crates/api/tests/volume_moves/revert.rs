//! `revert`.

use model::{SnapshotId, SnapshotStatus, VolumeId, VolumeStatus};
use serde_json::{Value, json};

use crate::support::{World, arrange};
use crate::{act, status};

fn revert(snapshot: impl Into<Value>) -> Value {
    json!({"revert": {"snapshot_id": snapshot.into()}})
}

async fn snapshot_status(world: &World, id: SnapshotId) -> SnapshotStatus {
    world.read(move |conn| Ok(store::snapshots::get(conn, id)?.expect("a snapshot").status)).await
}

async fn set(world: &World, volume: VolumeId, snapshot: SnapshotId, to: (VolumeStatus, SnapshotStatus)) {
    let edit = store::snapshots::Edit { status: Some(to.1), ..Default::default() };
    world
        .write(move |conn| {
            store::volumes::set_status(conn, volume, to.0)?;
            store::snapshots::edit(conn, snapshot, &edit)
        })
        .await;
}

#[tokio::test]
async fn goes_back_to_the_latest_snapshot_only() {
    let world = World::new().await;
    let id = arrange::available(&world).await;
    let none = SnapshotId::random();
    assert_eq!(
        act(&world.member().at("3.40"), id, revert(none.to_string())).await.fault(400),
        format!("Volume {id} doesn't have any snapshots.")
    );
    let older = world.add_snapshot(id).await;
    let latest = world.add_snapshot(id).await;
    for (named, shown) in [(json!(older.to_string()), older.to_string()), (Value::Null, "None".to_owned())] {
        assert_eq!(
            act(&world.member().at("3.40"), id, revert(named)).await.fault(400),
            format!("Specified snapshot {shown} is None or not the latest one of volume {id}.")
        );
    }
    act(&world.member().at("3.39"), id, revert(latest.to_string())).await.fault(404);
    act(&world.member().at("3.40"), id, revert(latest.to_string())).await.expect(202);
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Reverting));
    assert_eq!(snapshot_status(&world, latest).await, SnapshotStatus::Restoring);
    act(&world.member().at("3.40"), id, revert(latest.to_string())).await.fault(409);
}

#[tokio::test]
async fn what_is_busy_is_a_conflict_and_stays_as_it_is() {
    let world = World::new().await;
    let id = arrange::available(&world).await;
    let snapshot = world.add_snapshot(id).await;
    let cannot = format!("Can't revert volume {id} to its latest snapshot {snapshot}.");

    set(&world, id, snapshot, (VolumeStatus::InUse, SnapshotStatus::Available)).await;
    assert_eq!(
        act(&world.member().at("3.40"), id, revert(snapshot.to_string())).await.fault(409),
        format!("Invalid volume: {cannot} Volume's status must be 'available'.")
    );
    set(&world, id, snapshot, (VolumeStatus::Available, SnapshotStatus::BackingUp)).await;
    assert_eq!(
        act(&world.member().at("3.40"), id, revert(snapshot.to_string())).await.fault(409),
        format!("Invalid snapshot: {cannot} Snapshot's status must be 'available'.")
    );
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Available));

    set(&world, id, snapshot, (VolumeStatus::Available, SnapshotStatus::Available)).await;
    world.write(move |conn| store::volumes::set_size(conn, id, 7)).await;
    assert_eq!(
        act(&world.member().at("3.40"), id, revert(snapshot.to_string())).await.fault(400),
        format!("{cannot} The volume size must be equal to the snapshot size.")
    );
}

#[tokio::test]
async fn is_for_members_of_its_project() {
    let world = World::new().await;
    let id = arrange::available(&world).await;
    let snapshot = world.add_snapshot(id).await;
    let action = || revert(snapshot.to_string());
    assert_eq!(
        act(&world.reader().at("3.40"), id, action()).await.fault(403),
        "Policy doesn't allow volume:revert_to_snapshot to be performed."
    );
    act(&world.stranger().at("3.40"), id, action()).await.fault(404);
    act(&world.member().at("3.40"), VolumeId::random(), action()).await.fault(404);
    act(&world.member().at("3.40"), id, json!({"revert": {"snapshot_id": 1}})).await.fault(400);
}
