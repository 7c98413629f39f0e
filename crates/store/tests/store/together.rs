//! Many who write at once, in one process and in two: what they decide is as if they had come one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::ProjectId;
use model::quota::Counted;
use store::operations::{self, Claim, NewOperation};
use store::{Conn, Store, StoreError, params, pools, quotas, volumes};
use tokio::task::JoinSet;

use crate::admission::new;
use crate::bench::{Bench, volume};

/// Runs `job` so many times at once, over two processes; how it went each time.
async fn at_once<T: Send + 'static>(
    bench: &Bench,
    times: usize,
    job: impl Fn(usize, &Conn<'_>) -> Result<T, StoreError> + Clone + Send + 'static,
) -> Vec<Result<T, StoreError>> {
    let stores = [bench.store.clone(), bench.another()];
    let mut jobs = JoinSet::new();
    for number in 0..times {
        let (store, job) = (stores[number % 2].clone(), job.clone());
        jobs.spawn(async move { store.write(move |conn| job(number, conn)).await });
    }
    jobs.join_all().await
}

fn good<T>(outcomes: &[Result<T, StoreError>]) -> usize {
    for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert!(
            matches!(error, StoreError::Injected("refused") | StoreError::Duplicate(_)),
            "{}",
            error.chain()
        );
    }
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

async fn assert_counted(bench: &Bench) {
    assert_eq!(bench.read(quotas::recount).await, []);
    assert_eq!(bench.read(pools::recount).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_is_filled_to_the_last_and_not_beyond() {
    let bench = Bench::new();
    let volume_type = bench.add_type("gold").await;
    let outcomes = at_once(&bench, 60, move |_, conn| {
        let used = quotas::used(conn, &ProjectId::new("p"), &Counted::Volumes.usage_key(None))?;
        match used < 20 {
            true => volumes::insert(conn, &volume("p", volume_type, 1)),
            false => Err(StoreError::Injected("refused")),
        }
    });
    assert_eq!(good(&outcomes.await), 20);
    assert_eq!(bench.read(|conn| conn.int("SELECT COUNT(*) FROM volumes", params![])).await, 20);
    assert_counted(&bench).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pools_are_filled_to_the_last_and_not_beyond() {
    let bench = Bench::new();
    let volume_type = bench.add_type("gold").await;
    let hosts = ["one@b#p", "two@b#p"];
    bench
        .write(move |conn| {
            hosts
                .iter()
                .try_for_each(|host| pools::report(conn, host, "{}", model::pool::AtReport::default()))
        })
        .await;
    let outcomes = at_once(&bench, 60, move |number, conn| {
        let volume = volume(&format!("p{}", number % 3), volume_type, 1);
        volumes::insert(conn, &volume)?;
        let all = pools::list(conn)?;
        let room = all.iter().filter(|pool| pool.allocated_gib < 15).min_by_key(|pool| pool.allocated_gib);
        let pool = room.ok_or(StoreError::Injected("refused"))?;
        volumes::place(conn, &volume, &pool.host, "nova")
    });
    assert_eq!(good(&outcomes.await), 30);
    let allocated = bench.read(pools::list).await;
    assert!(allocated.iter().all(|pool| (pool.allocated_gib, pool.volumes) == (15, 15)), "{allocated:?}");
    assert_counted(&bench).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_is_admitted_once_and_the_losers_see_who_holds_it() {
    let bench = Bench::new();
    let outcomes = at_once(&bench, 40, |_, conn| match operations::admit(conn, &new("volume/1", &[])) {
        Err(StoreError::Duplicate(_)) => {
            assert_eq!(operations::holder(conn, "volume/1")?.as_deref(), Some("test"));
            Err(StoreError::Injected("refused"))
        }
        admitted => admitted,
    });
    assert_eq!(good(&outcomes.await), 1);
    assert_eq!(bench.read(|conn| operations::list(conn, true, 100)).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_is_claimed_by_one() {
    let bench = Bench::new();
    let admit = |conn: &Conn<'_>| {
        (0..30).try_for_each(|n| operations::admit(conn, &new(&format!("volume/{n}"), &[])).map(drop))
    };
    bench.write(admit).await;
    let seen = bench.read(|conn| operations::due(conn, "queue", conn.now().plus_millis(1), 100)).await;
    assert_eq!(seen.len(), 30);
    let outcomes = at_once(&bench, 20, move |number, conn| {
        let owner = format!("host/{number}");
        let mut claimed = Vec::new();
        // Each begins elsewhere, so that they get in each other's way.
        for at in 0..seen.len() {
            let row = &seen[(at + number * 7) % seen.len()];
            if operations::claim(conn, row, &owner, conn.now().plus_millis(60_000))? {
                claimed.push(row.id);
            }
        }
        Ok(claimed)
    });
    let mut all: Vec<_> = outcomes.await.into_iter().flat_map(Result::unwrap).collect();
    all.sort_unstable_by_key(ToString::to_string);
    all.dedup();
    assert_eq!(all.len(), 30, "each by one, and by no two");
    assert!(bench.read(|conn| operations::list(conn, false, 100)).await.iter().all(|row| row.fence == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_locks_in_another_order_is_run_again() {
    let bench = Bench::new();
    let keys = ["a", "b", "c", "d"];
    let add = |conn: &Conn<'_>, key: &str| {
        let project = ProjectId::new(key);
        let was = quotas::limits(conn, &project)?.get("volumes").copied().unwrap_or(0);
        quotas::set_limit(conn, &project, "volumes", was + 1)
    };
    let outcomes = at_once(&bench, 24, move |number, conn| {
        let order = if number.is_multiple_of(2) { [0, 1, 2, 3] } else { [3, 2, 1, 0] };
        order.into_iter().try_for_each(|at| add(conn, keys[at]))
    });
    assert_eq!(good(&outcomes.await), 24);
    let sum = bench.read(|conn| conn.int("SELECT SUM(hard_limit) FROM quota_limits", params![])).await;
    assert_eq!(sum, 96);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_was_lost_writes_nothing() {
    let bench = Bench::new();
    let volume_type = bench.add_type("gold").await;
    let id = bench.write(|conn| operations::admit(conn, &new("volume/1", &[]))).await;
    let outcomes = at_once(&bench, 30, move |_, conn| {
        volumes::insert(conn, &volume("p", volume_type, 1))?;
        let ended = operations::end(conn, Claim { id, fence: 0 }, None)?;
        if ended { Ok(()) } else { Err(StoreError::Injected("refused")) }
    });
    assert_eq!(good(&outcomes.await), 1);
    assert_eq!(bench.read(|conn| conn.int("SELECT COUNT(*) FROM volumes", params![])).await, 1);
    assert_counted(&bench).await;
}

/// Adds one to a counter, again and again, until told to stop; how often it was told that it had, and that nobody knows.
async fn count(store: Store, stop: Arc<AtomicBool>) -> (i64, i64) {
    let (mut done, mut unknown) = (0, 0);
    while !stop.load(Ordering::SeqCst) {
        let add = |conn: &Conn<'_>| {
            let project = ProjectId::new("p");
            let was = quotas::limits(conn, &project)?.get("volumes").copied().unwrap_or(0);
            quotas::set_limit(conn, &project, "volumes", was + 1)
        };
        match store.write(add).await {
            Ok(()) => done += 1,
            Err(error) if error.chain().contains("not known") => unknown += 1,
            Err(error) => panic!("{}", error.chain()),
        }
    }
    (done, unknown)
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_lose_and_double_nothing() {
    let bench = Bench::new();
    let stop = Arc::new(AtomicBool::new(false));
    let stores = [bench.store.clone(), bench.another(), bench.store.clone()];
    let mut jobs = JoinSet::new();
    for store in stores {
        jobs.spawn(count(store, Arc::clone(&stop)));
    }
    for _ in 0..5 {
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        tokio::task::block_in_place(|| bench.database.cut_connections());
    }
    stop.store(true, Ordering::SeqCst);
    let told = jobs.join_all().await;
    let (done, unknown) = told.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let counted = bench.read(|conn| conn.int("SELECT hard_limit FROM quota_limits", params![])).await;
    assert!((done..=done + unknown).contains(&counted), "{done} done, {unknown} unknown, {counted} counted");
    assert!(done > 0);
}

#[tokio::test]
async fn an_admission_that_is_refused_goes_on_in_its_transaction() {
    let bench = Bench::new();
    bench.write(|conn| operations::admit(conn, &new("volume/1", &[]))).await;
    let turned = bench
        .write(|conn| match operations::admit(conn, &new("volume/1", &[])) {
            Err(StoreError::Duplicate(_)) => {
                let other = NewOperation { queue: "other".to_owned(), ..new("volume/2", &[]) };
                operations::admit(conn, &other)
            }
            admitted => admitted,
        })
        .await;
    let row = bench.read(move |conn| operations::get(conn, turned)).await.expect("an operation");
    assert_eq!(row.resource, "volume/2");
}
