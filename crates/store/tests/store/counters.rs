//! Quotas and pools: counters that equal a recount, whatever is done.

use model::pool::{AtReport, Pool};
use model::quota::Counted;
use model::{ProjectId, Volume, VolumeStatus};
use store::retypes::Becomes;
use store::{Conn, StoreError, copies, params, pools, quotas, retypes, snapshots, volumes};

use crate::bench::{Bench, snapshot, volume};

const A: &str = "host@a#pool";
const B: &str = "host@b#pool";

async fn assert_counted(bench: &Bench) {
    let drifts = bench.read(quotas::recount).await;
    assert!(drifts.is_empty(), "{drifts:?}");
    let drifts = bench.read(pools::recount).await;
    assert!(drifts.is_empty(), "{drifts:?}");
}

async fn used(bench: &Bench, key: String) -> i64 {
    bench.read(move |conn| quotas::used(conn, &ProjectId::new("p"), &key)).await
}

/// The counters of the pool `host`, whether or not it ever reported.
fn pool(conn: &Conn<'_>, host: &str) -> Result<Pool, StoreError> {
    if pools::report_of(conn, host)?.is_empty() {
        pools::report(conn, host, "{}", AtReport::default())?;
    }
    let found = pools::list(conn)?.into_iter().find(|pool| pool.host == host);
    Ok(found.expect("a pool"))
}

async fn insert(bench: &Bench, new: &Volume, host: Option<&'static str>) {
    let new = new.clone();
    bench
        .write(move |conn| {
            volumes::insert(conn, &new)?;
            host.map_or(Ok(()), |host| volumes::place(conn, &new, host, "nova"))
        })
        .await;
}

#[tokio::test]
async fn every_change_of_rows_changes_the_counters_with_it() {
    let bench = Bench::new();
    let gold = bench.add_type("gold").await;
    let (one, other) = (volume("p", gold, 5), volume("p", gold, 7));
    insert(&bench, &one, Some(A)).await;
    insert(&bench, &other, None).await;
    assert_counted(&bench).await;
    assert_eq!(used(&bench, Counted::Gigabytes.usage_key(None)).await, 12);
    assert_eq!(used(&bench, Counted::Volumes.usage_key(Some(gold))).await, 2);

    let taken = snapshot(&one);
    let (row, id) = (taken.clone(), one.id);
    bench
        .write(move |conn| {
            snapshots::insert(conn, &row)?;
            volumes::charge(conn, id, 9)
        })
        .await;
    assert_counted(&bench).await;
    assert_eq!(used(&bench, Counted::Gigabytes.usage_key(None)).await, 21);
    assert_eq!(used(&bench, Counted::Snapshots.usage_key(None)).await, 1);

    bench
        .write(move |conn| {
            volumes::charge(conn, id, 5)?;
            snapshots::remove(conn, taken.id)?;
            snapshots::remove(conn, taken.id)?;
            volumes::remove(conn, id)?;
            volumes::remove(conn, id)?;
            volumes::remove(conn, other.id)
        })
        .await;
    assert_counted(&bench).await;
    assert_eq!(used(&bench, Counted::Gigabytes.usage_key(None)).await, 0);
}

#[tokio::test]
async fn what_consumes_no_quota_is_not_counted_in_it() {
    let bench = Bench::new();
    let gold = bench.add_type("gold").await;
    let hidden = Volume { consumes_quota: false, ..volume("p", gold, 5) };
    insert(&bench, &hidden, Some(A)).await;
    assert_eq!(used(&bench, "gigabytes".to_owned()).await, 0);
    assert_eq!(bench.write(|conn| pool(conn, A)).await.allocated_gib, 5);
    assert_counted(&bench).await;
    bench.write(move |conn| volumes::charge(conn, hidden.id, 9)).await;
    assert_counted(&bench).await;
    bench.write(move |conn| volumes::remove(conn, hidden.id)).await;
    assert_counted(&bench).await;
}

#[tokio::test]
async fn a_recount_notices_what_is_wrong() {
    let bench = Bench::new();
    let gold = bench.add_type("gold").await;
    insert(&bench, &volume("p", gold, 5), Some(A)).await;
    for sql in [
        "UPDATE quota_usages SET in_use = in_use + 1 WHERE resource = 'gigabytes'",
        "INSERT INTO quota_usages VALUES ('stranger', 'volumes', 1)",
        "DELETE FROM quota_usages WHERE resource LIKE 'volumes:%'",
    ] {
        let drifts = bench
            .write(move |conn| {
                conn.run("SAVEPOINT tampering", params![])?;
                conn.run(sql, params![])?;
                let drifts = quotas::recount(conn)?;
                conn.run("ROLLBACK TO tampering", params![])?;
                Ok(drifts)
            })
            .await;
        assert_eq!(drifts.len(), 1, "{sql}: {drifts:?}");
    }
    for sql in ["UPDATE pools SET allocated_gib = 4", "UPDATE pools SET volumes = 2", "DELETE FROM pools"] {
        let drifts = bench
            .write(move |conn| {
                conn.run("SAVEPOINT tampering", params![])?;
                conn.run(sql, params![])?;
                let drifts = pools::recount(conn)?;
                conn.run("ROLLBACK TO tampering", params![])?;
                Ok(drifts)
            })
            .await;
        assert_eq!(drifts.len(), 1, "{sql}: {drifts:?}");
    }
    assert_counted(&bench).await;
}

#[tokio::test]
async fn a_volume_that_moves_takes_its_charge_along() {
    let bench = Bench::new();
    let gold = bench.add_type("gold").await;
    let moves = volume("p", gold, 5);
    insert(&bench, &moves, Some(A)).await;
    let id = moves.id;
    let (left, entered) = bench
        .write(move |conn| {
            let placed = volumes::get(conn, id)?.expect("a volume");
            volumes::place(conn, &placed, B, "elsewhere")?;
            Ok((pool(conn, A)?, pool(conn, B)?))
        })
        .await;
    assert_eq!((left.allocated_gib, left.volumes), (0, 0));
    assert_eq!((entered.allocated_gib, entered.volumes, entered.placed_gib), (5, 1, 5));
    assert_counted(&bench).await;
}

#[tokio::test]
async fn growing_takes_the_difference_and_nothing_more_off_what_was_reported_free() {
    let bench = Bench::new();
    let gold = bench.add_type("gold").await;
    let grows = Volume { status: VolumeStatus::Available, ..volume("p", gold, 50) };
    insert(&bench, &grows, Some(A)).await;
    let id = grows.id;
    let (before, grown, back) = bench
        .write(move |conn| {
            volumes::set_provisioned(conn, id, None, None)?;
            let at = pools::counters(conn, "host@a")?.remove(0).1;
            pools::report(conn, A, "{}", at)?;
            let before = pool(conn, A)?;
            volumes::charge(conn, id, 60)?;
            let grown = pool(conn, A)?;
            volumes::charge(conn, id, 50)?;
            Ok((before, grown, pool(conn, A)?))
        })
        .await;
    assert_eq!((before.unseen_gib(), before.allocated_gib), (0, 50));
    assert_eq!((grown.unseen_gib(), grown.allocated_gib), (10, 60));
    assert_eq!(back.allocated_gib, 50);
    assert_counted(&bench).await;
}

#[tokio::test]
async fn what_a_report_could_not_see_is_taken_off_what_it_found() {
    let bench = Bench::new();
    let gold = bench.add_type("gold").await;
    let (made, being_made, after) = (volume("p", gold, 1), volume("p", gold, 20), volume("p", gold, 300));
    insert(&bench, &made, Some(A)).await;
    insert(&bench, &being_made, Some(A)).await;
    let id = made.id;
    bench
        .write(move |conn| {
            volumes::set_provisioned(conn, id, None, None)?;
            let at = pools::counters(conn, "host@a")?.remove(0).1;
            assert_eq!(at.pending_gib, 20);
            pools::report(conn, A, "{}", at)
        })
        .await;
    insert(&bench, &after, Some(A)).await;
    assert_eq!(bench.write(|conn| pool(conn, A)).await.unseen_gib(), 320);
    // The next report is begun when all of them are there.
    let seen = bench
        .write(move |conn| {
            volumes::set_provisioned(conn, being_made.id, None, None)?;
            volumes::set_provisioned(conn, after.id, None, None)?;
            let at = pools::counters(conn, "host@a")?.remove(0).1;
            pools::report(conn, A, "{}", at)?;
            pool(conn, A)
        })
        .await;
    assert_eq!(seen.unseen_gib(), 0);
}

#[tokio::test]
async fn a_pool_that_is_gone_keeps_its_counters_and_loses_its_report() {
    let bench = Bench::new();
    let gold = bench.add_type("gold").await;
    insert(&bench, &volume("p", gold, 5), Some(A)).await;
    let left = bench
        .write(|conn| {
            pools::report(conn, A, "{}", AtReport::default())?;
            pools::retire(conn, "host@a", &[])?;
            pools::list(conn)
        })
        .await;
    assert!(left.is_empty(), "{left:?}");
    assert_counted(&bench).await;
}

#[tokio::test]
async fn a_volume_that_moves_is_charged_in_both_places_and_of_both_types() {
    let bench = Bench::new();
    let (gold, silver) = (bench.add_type("gold").await, bench.add_type("silver").await);
    for moved in [false, true] {
        let row = volume("p", gold, 5);
        let id = row.id;
        insert(&bench, &row, Some(A)).await;
        bench
            .write(move |conn| {
                let volume = volumes::get(conn, id)?.expect("a volume");
                copies::place(conn, &volume, on(B))?;
                retypes::begin(conn, &volume, silver)
            })
            .await;
        assert_counted(&bench).await;
        let (gib, volumes_of) = (Counted::Gigabytes, Counted::Volumes);
        assert_eq!(used(&bench, gib.usage_key(None)).await, 5);
        for of_type in [gold, silver] {
            assert_eq!(used(&bench, gib.usage_key(Some(of_type))).await, 5);
            assert_eq!(used(&bench, volumes_of.usage_key(Some(of_type))).await, 1);
        }
        for host in [A, B] {
            let pool = bench.write(move |conn| pool(conn, host)).await;
            assert_eq!((pool.allocated_gib, pool.volumes), (5, 1));
        }
        assert!(bench.read(move |conn| volumes::any_of_type(conn, silver)).await);
        bench
            .write(move |conn| {
                let volume = volumes::get(conn, id)?.expect("a volume");
                if moved {
                    copies::set_made(conn, id, Some("there"), Some("it"))?;
                    let copy = copies::get(conn, id)?.expect("a copy");
                    copies::exchange(conn, &volume, &copy, "elsewhere")?;
                    retypes::finish(conn, &volume, Becomes { multiattach: true, replication: None })?;
                }
                copies::remove(conn, id)?;
                copies::remove(conn, id)?;
                retypes::give_up(conn, id)?;
                retypes::give_up(conn, id)
            })
            .await;
        assert_counted(&bench).await;
        let after = bench.read(move |conn| volumes::get(conn, id)).await.expect("a volume");
        if moved {
            let place = (after.host.as_deref(), after.availability_zone.as_str());
            assert_eq!(place, (Some(B), "elsewhere"));
            assert_eq!((after.provider_location.as_deref(), after.volume_type_id), (Some("there"), silver));
            assert!(after.multiattach);
        } else {
            assert_eq!((after.host.as_deref(), after.volume_type_id), (Some(A), gold));
        }
        bench.write(move |conn| volumes::remove(conn, id)).await;
        assert_counted(&bench).await;
        assert_eq!(used(&bench, gib.usage_key(Some(silver))).await, 0);
    }
}

#[tokio::test]
async fn a_volume_takes_its_copy_with_it() {
    let bench = Bench::new();
    let (gold, silver) = (bench.add_type("gold").await, bench.add_type("silver").await);
    let row = volume("p", gold, 5);
    let id = row.id;
    insert(&bench, &row, Some(A)).await;
    bench
        .write(move |conn| {
            let volume = volumes::get(conn, id)?.expect("a volume");
            copies::place(conn, &volume, on(B))?;
            retypes::begin(conn, &volume, silver)?;
            volumes::remove(conn, id)
        })
        .await;
    assert_counted(&bench).await;
    assert!(bench.read(copies::list).await.is_empty());
}

/// A copy there, under the volume's name.
const fn on(host: &str) -> copies::Wanted<'_> {
    copies::Wanted { host, name_id: None, own_key: false }
}
