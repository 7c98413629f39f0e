//! Backup rows: chains, dependents, and the quota that goes with them.

use model::quota::Counted;
use model::{Backup, BackupId, BackupStatus, Metadata, ProjectId, Timestamp, UserId, VolumeId};
use store::{StoreError, backups, quotas};

use crate::bench::Bench;

pub(crate) fn backup(volume: VolumeId, parent: Option<BackupId>, at: i64) -> Backup {
    Backup {
        id: BackupId::random(),
        project_id: ProjectId::new("p"),
        user_id: UserId::new("u"),
        volume_id: volume,
        snapshot_id: None,
        parent_id: parent,
        name: Some("b".to_owned()),
        description: None,
        size_gib: 3,
        status: BackupStatus::Available,
        fail_reason: None,
        availability_zone: "nova".to_owned(),
        host: "host".to_owned(),
        container: None,
        service: None,
        service_metadata: None,
        object_count: 0,
        data_timestamp: Timestamp(at),
        temp_snapshot_id: None,
        restore_volume_id: None,
        encryption_key_id: None,
        metadata: Metadata::default(),
        dependents: 0,
        created_at: Timestamp(at),
        updated_at: None,
    }
}

#[tokio::test]
async fn a_chain_is_found_and_its_dependents_are_counted() {
    let bench = Bench::new();
    let volume = VolumeId::random();
    let full = backup(volume, None, 1);
    let middle = backup(volume, Some(full.id), 2);
    let last = backup(volume, Some(middle.id), 3);
    let rows = [full.clone(), middle.clone(), last.clone()];
    bench.write(move |conn| rows.iter().try_for_each(|row| backups::insert(conn, row))).await;
    let (first, end) = (full.id, last.id);
    let found = bench.read(move |conn| backups::get(conn, first)).await.unwrap();
    assert_eq!(found, Backup { dependents: 1, ..full.clone() });
    let chain = bench.read(move |conn| backups::chain(conn, end)).await.unwrap();
    assert_eq!(chain.iter().map(|it| it.id).collect::<Vec<_>>(), [full.id, middle.id, last.id]);
    let of_volume = bench.read(move |conn| backups::of_volume(conn, volume, &ProjectId::new("p"))).await;
    assert_eq!(of_volume.first().map(|it| it.id), Some(last.id));

    bench.write(move |conn| backups::remove(conn, middle.id)).await;
    assert_eq!(bench.read(move |conn| backups::chain(conn, end)).await, None);
    assert_eq!(bench.read(move |conn| backups::get(conn, first)).await.unwrap().dependents, 0);
}

#[tokio::test]
async fn the_quota_follows_the_rows() {
    let bench = Bench::new();
    let row = backup(VolumeId::random(), None, 1);
    let id = row.id;
    let used = |counted: Counted| {
        let key = counted.usage_key(None);
        bench.read(move |conn| quotas::used(conn, &ProjectId::new("p"), &key))
    };
    bench.write(move |conn| backups::insert(conn, &row)).await;
    assert_eq!((used(Counted::Backups).await, used(Counted::BackupGigabytes).await), (1, 3));
    assert_eq!(bench.read(quotas::recount).await, []);
    bench
        .write(move |conn| {
            let edit = backups::Edit {
                status: Some(BackupStatus::Error),
                fail_reason: Some(Some("full".to_owned())),
                ..backups::Edit::default()
            };
            backups::edit(conn, id, &edit)?;
            let lost =
                backups::set_status_from(conn, id, &[BackupStatus::Creating], BackupStatus::Available)?;
            assert!(!lost);
            Ok::<_, StoreError>(())
        })
        .await;
    let found = bench.read(move |conn| backups::get(conn, id)).await.unwrap();
    assert_eq!((found.status, found.fail_reason.as_deref()), (BackupStatus::Error, Some("full")));
    bench.write(move |conn| backups::remove(conn, id).and_then(|()| backups::remove(conn, id))).await;
    assert_eq!((used(Counted::Backups).await, used(Counted::BackupGigabytes).await), (0, 0));
    assert_eq!(bench.read(quotas::recount).await, []);
}
