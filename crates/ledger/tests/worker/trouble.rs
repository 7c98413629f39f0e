//! Panics, and a database that fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ledger::{Settings, Step};
use store::{StoreError, operations};

use crate::bench::{Bench, QUEUE, quick};

#[tokio::test]
async fn a_panic_is_a_failed_try_and_disturbs_nobody() {
    let bench = Bench::new();
    bench.work(|operation, _| {
        let (first, panics) = (operation.attempts == 0, operation.resource == "panics");
        if first && panics {
            panic!("before there is a future");
        }
        Box::pin(async { Step::done(|_| Ok(())) })
    });
    let (panics, quiet) = (bench.admit("panics").await, bench.admit("quiet").await);
    bench.ended(quiet).await;
    let row = bench.until(panics, |row| row.attempts == 1).await;
    assert_eq!(row.last_error.as_deref(), Some("the phase first panicked; the log says where"));
    assert_eq!(bench.ended(panics).await.state, "done");
}

#[tokio::test]
async fn a_panic_in_the_middle_of_a_phase_is_a_failed_try() {
    let bench = Bench::new();
    bench.work(|operation, _| {
        Box::pin(async move {
            tokio::task::yield_now().await;
            assert!(operation.attempts > 0, "the first try panics");
            Step::done(|_| Ok(()))
        })
    });
    let id = bench.admit("a").await;
    assert_eq!(bench.ended(id).await.state, "done");
}

#[tokio::test]
async fn a_panic_in_a_change_commits_nothing_and_is_no_reason_to_wait_for_the_lease() {
    let bench = Bench::new();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    bench.work_on(QUEUE, Settings { lease_ms: 3_600_000, ..quick("host/1") }, move |_, _| {
        let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        Box::pin(async move {
            Step::done(move |_| {
                assert!(!first, "the first change panics");
                Ok(())
            })
        })
    });
    let id = bench.admit("a").await;
    assert_eq!(bench.ended(id).await.state, "done");
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_change_that_can_never_be_committed_is_seen_to_fail() {
    let bench = Bench::new();
    bench.work(|_, _| Box::pin(async { Step::done(|_| Err(StoreError::Duplicate("a row".to_owned()))) }));
    let id = bench.admit("a").await;
    let row = bench.until(id, |row| row.attempts >= 2).await;
    assert!(row.last_error.is_some_and(|why| why.contains("a row")), "it says why");
}

#[tokio::test]
async fn a_full_disk_delays_and_loses_nothing() {
    let bench = Bench::new();
    let effects = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&effects);
    let disk_full = Arc::clone(&bench.disk_full);
    bench.work_on(QUEUE, Settings { lease_ms: 3_600_000, ..quick("host/1") }, move |_, _| {
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            disk_full.store(true, Ordering::SeqCst);
        }
        Box::pin(async { Step::done(|_| Ok(())) })
    });
    let id = bench.admit("a").await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!((bench.row(id).await.state.as_str(), effects.load(Ordering::SeqCst)), ("pending", 1));
    bench.disk_full.store(false, Ordering::SeqCst);
    assert_eq!(bench.ended(id).await.state, "done");
    assert_eq!(effects.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn only_what_has_ended_long_ago_is_forgotten() {
    let bench = Bench::new();
    bench.work(|operation, _| {
        Box::pin(async move {
            match operation.resource.as_str() {
                "pending" => Step::Retry { after: Duration::from_secs(3600), why: "later".to_owned() },
                _ => Step::done(|_| Ok(())),
            }
        })
    });
    let (first, second, pending) =
        (bench.admit("first").await, bench.admit("second").await, bench.admit("pending").await);
    bench.ended(first).await;
    bench.ended(second).await;
    let before_all = bench.row(first).await.created_at;
    assert_eq!(bench.write(move |conn| operations::prune(conn, before_all, 100)).await, 0);
    let forget = |conn: &store::Conn<'_>| operations::prune(conn, conn.now().plus_millis(1), 1);
    assert_eq!(bench.write(forget).await, 1);
    assert_eq!(bench.write(forget).await, 1);
    assert_eq!(bench.write(forget).await, 0);
    assert_eq!(bench.row(pending).await.state, "pending");
}
