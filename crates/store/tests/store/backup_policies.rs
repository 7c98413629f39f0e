//! Policies of backups: what they say, what they are going to do, and what they made.

use model::backup_policy::{Chore, Proof, Targets, Terms, Verdict, VerifyBy};
use model::retention::Keep;
use model::{BackupPolicy, BackupPolicyId, ProjectId, Timestamp, UserId, VolumeId, VolumeTypeId};
use store::backup_policies::{self, due, made};
use store::{StoreError, backups};

use crate::backups::backup;
use crate::bench::Bench;

fn policy(next_run_at: i64) -> BackupPolicy {
    let keep = Keep { last: 1, hourly: 2, daily: 3, weekly: 4, monthly: 5, yearly: 6 };
    let weekly = Some("@weekly".parse().unwrap());
    let terms = Terms::new("0 2 * * *".parse().unwrap());
    BackupPolicy {
        id: BackupPolicyId::random(),
        project_id: ProjectId::new("p"),
        user_id: UserId::new("u"),
        terms: Terms { name: Some("n".to_owned()), keep, verify_schedule: weekly, ..terms },
        next_run_at: Some(Timestamp(next_run_at)),
        next_verify_at: None,
        last_run_at: None,
        created_at: Timestamp(1),
        updated_at: None,
    }
}

#[tokio::test]
async fn what_a_policy_says_is_kept_and_it_is_due_when_its_time_has_come() {
    let bench = Bench::new();
    let (row, rests) = (policy(10), policy(10));
    let id = row.id;
    let rests = BackupPolicy { terms: Terms { enabled: false, ..rests.terms.clone() }, ..rests };
    let rows = [row.clone(), rests];
    bench.write(move |conn| rows.iter().try_for_each(|row| backup_policies::insert(conn, row))).await;
    assert_eq!(bench.read(move |conn| backup_policies::get(conn, id)).await, Some(row.clone()));
    assert_eq!(bench.read(|conn| backup_policies::count(conn, &ProjectId::new("p"))).await, 2);
    assert_eq!(bench.write(|conn| backup_policies::due(conn, Timestamp(9))).await, []);
    assert_eq!(bench.write(|conn| backup_policies::due(conn, Timestamp(10))).await, [row]);

    let gone = Targets { volumes: vec![VolumeId::random()], types: vec![VolumeTypeId::random()] };
    bench.write(move |conn| backup_policies::set_targets(conn, id, &gone)).await;
    assert_eq!(bench.read(move |conn| backup_policies::targets(conn, id)).await, Targets::default());
}

#[tokio::test]
async fn what_is_due_waits_once_is_put_off_and_taken_once() {
    let bench = Bench::new();
    let row = policy(10);
    let id = row.id;
    let (chore, volume) = (Chore::BackUp, VolumeId::random().to_string());
    bench
        .write(move |conn| {
            backup_policies::insert(conn, &row)?;
            due::add(conn, id, chore, volume.clone(), Timestamp(10))?;
            due::add(conn, id, chore, volume, Timestamp(20))
        })
        .await;
    let to_try = |now| bench.read(move |conn| due::to_try(conn, chore, Timestamp(now), 9));
    let first = to_try(10).await;
    assert_eq!((first.len(), first[0].due_at, &first[0].why), (1, Timestamp(10), &None));
    for now in [11, 12] {
        let put_off = first[0].clone();
        bench
            .write(move |conn| due::put_off(conn, &put_off, Timestamp(now), Timestamp(30), "it is in use"))
            .await;
    }
    assert_eq!(to_try(29).await, []);
    let again = to_try(30).await;
    assert_eq!((again[0].refused_at, again[0].why.as_deref()), (Some(Timestamp(11)), Some("it is in use")));
    let take = again[0].clone();
    let taken =
        bench.write(move |conn| Ok::<_, StoreError>((due::take(conn, &take)?, due::take(conn, &take)?)));
    assert_eq!(taken.await, (true, false));
}

#[tokio::test]
async fn what_was_made_and_proven_goes_with_the_backup_and_the_policy() {
    let bench = Bench::new();
    let (row, volume) = (policy(10), VolumeId::random());
    let (id, full) = (row.id, backup(volume, None, 1));
    let increment = backup(volume, Some(full.id), 2);
    let (first, last) = (full.id, increment.id);
    let proof = |verdict| Proof {
        backup_id: last,
        checked_at: Timestamp(5),
        verify_by: VerifyBy::Restore,
        verdict,
        why: None,
    };
    let (before, after) = (proof(Verdict::Unknown), proof(Verdict::Good));
    bench
        .write(move |conn| {
            backup_policies::insert(conn, &row)?;
            for backup in [full, increment] {
                backups::insert(conn, &backup)?;
                made::note(conn, id, backup.id)?;
            }
            made::prove(conn, &before)?;
            made::prove(conn, &after)
        })
        .await;
    let by = || bench.read(move |conn| made::by(conn, id));
    let found: Vec<_> =
        by().await.iter().map(|it| (it.id, it.dependents, it.verdict, it.checked_at)).collect();
    let proven = (last, 0, Some(Verdict::Good), Some(Timestamp(5)));
    assert_eq!(found, [proven, (first, 1, None, None)]);
    let gone = proof(Verdict::Damaged);
    bench.write(move |conn| backups::remove(conn, last).and_then(|()| made::prove(conn, &gone))).await;
    assert_eq!(by().await.len(), 1);
    bench.write(move |conn| backup_policies::remove(conn, id)).await;
    assert_eq!(by().await, []);
    assert!(bench.read(move |conn| backups::get(conn, first)).await.is_some(), "backups stay");
}
