//! The end of the process.

use std::time::{Duration, Instant};

use ledger::{Next, Step, Supervisor};

use crate::bench::{Bench, QUEUE, quick};

#[tokio::test]
async fn what_runs_ends_its_phase_and_is_given_back() {
    let bench = Bench::new();
    bench.work(|operation, _| {
        assert_eq!(operation.phase, "first", "no phase is begun after the end");
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Step::phase("second")
        })
    });
    let id = bench.admit("a").await;
    bench.until(id, |row| row.owner.is_some()).await;
    assert!(bench.supervisor.stop(Duration::from_secs(10)).await);
    let row = bench.row(id).await;
    assert_eq!((row.phase.as_str(), row.owner.as_deref(), row.state.as_str()), ("second", None, "pending"));

    let next = Bench { supervisor: Supervisor::default(), ..bench };
    next.work_on(QUEUE, quick("host/2"), |_, _| Box::pin(async { Step::done(|_| Ok(())) }));
    assert_eq!(next.ended(id).await.state, "done");
}

#[tokio::test]
async fn nothing_is_claimed_after_the_end() {
    let bench = Bench::new();
    bench.work(|_, _| Box::pin(async { Step::done(|_| Ok(())) }));
    assert!(bench.supervisor.stop(Duration::from_secs(10)).await);
    let id = bench.admit("a").await;
    bench.hints.give(QUEUE);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let row = bench.row(id).await;
    assert_eq!((row.owner, row.fence), (None, 0));
}

#[tokio::test]
async fn what_takes_too_long_is_cut_off_and_stays_claimed() {
    let bench = Bench::new();
    bench.work(|_, _| Box::pin(std::future::pending()));
    let id = bench.admit("a").await;
    bench.until(id, |row| row.owner.is_some()).await;
    let begun = Instant::now();
    assert!(!bench.supervisor.stop(Duration::from_millis(50)).await);
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(bench.row(id).await.owner.as_deref(), Some("host/1"));
}

#[tokio::test]
async fn a_full_worker_stops_too() {
    let bench = Bench::new();
    bench.work_on(QUEUE, ledger::Settings { concurrency: 1, ..quick("host/1") }, |_, _| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Step::Advance { next: Next::Phase("first"), args: None, change: Box::new(|_| Ok(())) }
        })
    });
    let (id, waiting) = (bench.admit("a").await, bench.admit("b").await);
    bench.until(id, |row| row.owner.is_some()).await;
    assert!(bench.supervisor.stop(Duration::from_secs(10)).await);
    for id in [id, waiting] {
        assert_eq!(bench.row(id).await.owner, None);
    }
}
