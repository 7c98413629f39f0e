//! Groups: their quota, their volumes, and what keeps their types.

use model::group::CONSISTENCY_GROUP_TYPE;
use model::quota::Counted;
use model::service::ReplicationStatus;
use model::{
    Group, GroupId, GroupSnapshot, GroupSnapshotId, GroupSnapshotStatus, GroupStatus, GroupTypeId, ProjectId,
    Timestamp, UserId, VolumeTypeId,
};
use store::{group_snapshots, group_types, groups, quotas, volumes};

use crate::bench::{Bench, volume};

async fn reserved_type(bench: &Bench) -> GroupTypeId {
    let found = bench.read(|conn| group_types::by_name(conn, CONSISTENCY_GROUP_TYPE)).await;
    let found = found.expect("every database has it");
    assert!(found.is_of_consistency_groups() && found.wants_consistency() && found.created_at.0 > 0);
    found.id
}

fn group(group_type_id: GroupTypeId, volume_type_ids: Vec<VolumeTypeId>) -> Group {
    Group {
        id: GroupId::random(),
        project_id: ProjectId::new("p"),
        user_id: UserId::new("u"),
        name: None,
        description: None,
        status: GroupStatus::Creating,
        availability_zone: "nova".to_owned(),
        host: None,
        group_type_id,
        group_snapshot_id: None,
        source_group_id: None,
        replication_status: ReplicationStatus::Disabled,
        active_backend_id: None,
        volume_type_ids,
        created_at: Timestamp(1),
        updated_at: None,
    }
}

async fn used(bench: &Bench) -> i64 {
    let drifts = bench.read(quotas::recount).await;
    assert!(drifts.is_empty(), "{drifts:?}");
    bench.read(|conn| quotas::used(conn, &ProjectId::new("p"), &Counted::Groups.usage_key(None))).await
}

#[tokio::test]
async fn a_group_is_counted_and_keeps_the_order_of_its_types() {
    let bench = Bench::new();
    let reserved = reserved_type(&bench).await;
    let types = vec![bench.add_type("z").await, bench.add_type("a").await, bench.add_type("m").await];
    let new = group(reserved, types.clone());
    let (id, row) = (new.id, new.clone());
    bench.write(move |conn| groups::insert(conn, &row)).await;
    assert_eq!(bench.read(move |conn| groups::get(conn, id)).await, Some(new));
    assert_eq!(used(&bench).await, 1);
    assert!(bench.read(move |conn| groups::any_of_type(conn, reserved)).await);
    assert!(bench.read(move |conn| groups::any_with_volume_type(conn, types[1])).await);
    let removed = bench.store.write(move |conn| group_types::remove(conn, reserved)).await;
    assert!(removed.is_err(), "a type stays while a group has it");
    for _ in 0..2 {
        bench.write(move |conn| groups::remove(conn, id)).await;
        assert_eq!(used(&bench).await, 0);
    }
}

#[tokio::test]
async fn volumes_and_snapshots_are_found_by_their_group() {
    let bench = Bench::new();
    let gold = bench.add_type("gold").await;
    let new = group(reserved_type(&bench).await, vec![gold]);
    let (id, group_type_id) = (new.id, new.group_type_id);
    let (inside, outside) = (volume("p", gold, 1), volume("p", gold, 1));
    let (member, other) = (inside.id, outside.id);
    bench
        .write(move |conn| {
            groups::insert(conn, &new)?;
            volumes::insert(conn, &inside)?;
            volumes::insert(conn, &outside)?;
            groups::put(conn, member, Some(id))
        })
        .await;
    assert_eq!(bench.read(move |conn| groups::volume_ids(conn, id)).await, [member]);
    assert_eq!(bench.read(|conn| groups::ids_of_type(conn, CONSISTENCY_GROUP_TYPE)).await, [id]);
    assert_eq!(bench.read(move |conn| volumes::get(conn, other)).await.unwrap().group_id, None);

    let whole = GroupSnapshot {
        id: GroupSnapshotId::random(),
        group_id: id,
        project_id: ProjectId::new("p"),
        user_id: UserId::new("u"),
        name: Some("s".to_owned()),
        description: None,
        status: GroupSnapshotStatus::Available,
        group_type_id,
        created_at: Timestamp(1),
        updated_at: None,
    };
    let (snapshot, row) = (whole.id, whole.clone());
    bench.write(move |conn| group_snapshots::insert(conn, &row)).await;
    assert_eq!(bench.read(move |conn| group_snapshots::get(conn, snapshot)).await, Some(whole));
    assert!(bench.read(move |conn| group_snapshots::any_of_group(conn, id)).await);
    let removed = bench.store.write(move |conn| groups::remove(conn, id)).await;
    assert!(removed.is_err(), "a group stays while it has snapshots");
    let from = [GroupSnapshotStatus::Creating];
    let changed = bench.write(move |conn| {
        group_snapshots::set_status_from(conn, snapshot, &from, GroupSnapshotStatus::Error)
    });
    assert!(!changed.await);
    bench.write(move |conn| group_snapshots::remove(conn, snapshot)).await;
    bench.write(move |conn| groups::put(conn, member, None)).await;
    assert!(bench.read(move |conn| groups::volumes(conn, id)).await.is_empty());
}

#[tokio::test]
async fn a_group_says_how_it_is_replicated_and_is_found_by_its_backend() {
    let bench = Bench::new();
    let reserved = reserved_type(&bench).await;
    let at = |host: &str| Group { host: Some(host.to_owned()), ..group(reserved, Vec::new()) };
    let all = [at("h@b#pool"), at("h@b"), at("h@bb#pool"), group(reserved, Vec::new())];
    let rows = all.clone();
    bench.write(move |conn| rows.iter().try_for_each(|row| groups::insert(conn, row))).await;
    let mut found: Vec<GroupId> =
        bench.read(|conn| groups::on_backend(conn, "h@b")).await.into_iter().map(|found| found.id).collect();
    let mut wanted = vec![all[0].id, all[1].id];
    found.sort_by_key(ToString::to_string);
    wanted.sort_by_key(ToString::to_string);
    assert_eq!(found, wanted);
    let (id, now) = (all[0].id, ReplicationStatus::FailedOver);
    bench.write(move |conn| groups::set_replication(conn, id, now, Some("there"))).await;
    let changed = bench.read(move |conn| groups::get(conn, id)).await.expect("a group");
    assert_eq!((changed.replication_status, changed.active_backend_id.as_deref()), (now, Some("there")));
}
