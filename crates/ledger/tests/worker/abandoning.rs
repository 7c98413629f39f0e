//! Giving up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ledger::{Next, Settings, Step};
use store::operations;

use crate::bench::{Bench, Phase, QUEUE, quick};

/// A phase that fails when it is given up, and otherwise takes for ever.
fn endless(operation: &store::operations::OperationRow, dropped: Arc<AtomicUsize>) -> Phase {
    struct Dropped(Arc<AtomicUsize>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    if operation.abandoned {
        return Box::pin(async {
            Step::Decide(Box::new(|_| Ok((Next::Failed("given up".to_owned()), None))))
        });
    }
    let guard = Dropped(dropped);
    Box::pin(async move {
        let _guard = guard;
        std::future::pending().await
    })
}

/// The lease is far longer than this test may take: nobody waits for it.
#[tokio::test]
async fn a_phase_that_runs_is_stopped_and_begun_again_to_give_up() {
    let bench = Bench::new();
    let dropped = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&dropped);
    bench.work_on(QUEUE, Settings { lease_ms: 3_600_000, ..quick("host/1") }, move |operation, _| {
        endless(&operation, Arc::clone(&counted))
    });
    let id = bench.admit("a").await;
    bench.until(id, |row| row.owner.is_some()).await;
    assert!(bench.write(move |conn| operations::abandon(conn, id)).await);
    let row = bench.ended(id).await;
    assert_eq!((row.state.as_str(), row.last_error.as_deref()), ("failed", Some("given up")));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn who_waits_to_try_again_does_not_wait_to_give_up() {
    let bench = Bench::new();
    bench.work(|operation, _| {
        Box::pin(async move {
            match operation.abandoned {
                false => Step::Retry { after: Duration::from_secs(3600), why: "later".to_owned() },
                true => Step::Decide(Box::new(|_| Ok((Next::Failed("given up".to_owned()), None)))),
            }
        })
    });
    let id = bench.admit("a").await;
    bench.until(id, |row| row.attempts == 1).await;
    assert!(bench.write(move |conn| operations::abandon(conn, id)).await);
    assert_eq!(bench.ended(id).await.state, "failed");
    assert!(!bench.write(move |conn| operations::abandon(conn, id)).await, "it has ended");
}

#[tokio::test]
async fn who_is_given_up_during_a_try_that_fails_does_not_wait_either() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench.work(move |operation, _| {
        let store = store.clone();
        Box::pin(async move {
            if operation.abandoned {
                return Step::done(|_| Ok(()));
            }
            store.write(move |conn| operations::abandon(conn, operation.id)).await.unwrap();
            Step::Retry { after: Duration::from_secs(3600), why: "later".to_owned() }
        })
    });
    let id = bench.admit("a").await;
    bench.ended(id).await;
}

#[tokio::test]
async fn the_next_phase_knows_that_it_is_given_up() {
    let bench = Bench::new();
    let store = bench.store.clone();
    bench.work(move |operation, _| {
        let store = store.clone();
        Box::pin(async move {
            match operation.phase.as_str() {
                "first" => {
                    store.write(move |conn| operations::abandon(conn, operation.id)).await.unwrap();
                    Step::phase("second")
                }
                _ if operation.abandoned => Step::done(|_| Ok(())),
                _ => panic!("nobody said that it was given up"),
            }
        })
    });
    let id = bench.admit("a").await;
    bench.ended(id).await;
}

#[tokio::test]
async fn whoever_waits_for_its_turn_gets_it_when_the_holder_has_given_up() {
    let bench = Bench::new();
    let dropped = Arc::new(AtomicUsize::new(0));
    bench.work_on(QUEUE, Settings { lease_ms: 150, ..quick("host/1") }, move |operation, _| {
        if operation.phase == "first" {
            return endless(&operation, Arc::clone(&dropped));
        }
        Box::pin(async move {
            Step::Decide(Box::new(move |conn| {
                let next = match operations::take_turn(conn, operation.id, &operation.resource)? {
                    true => Next::Done,
                    false => Next::Wait { after: Duration::from_millis(5), what: "its turn".to_owned() },
                };
                Ok((next, None))
            }))
        })
    });
    let first = bench.admit("a").await;
    let second = bench
        .write(|conn| {
            let new = operations::NewOperation {
                kind: "test",
                resource: "a".to_owned(),
                project_id: model::ProjectId::new("project"),
                user_id: model::UserId::new("user"),
                request_id: None,
                queue: QUEUE.to_owned(),
                phase: "turn",
                args: "{}".to_owned(),
                reads: Vec::new(),
            };
            operations::admit_after(conn, &new)
        })
        .await;
    assert_eq!(bench.ended(second).await.state, "done");
    assert_eq!(bench.row(first).await.state, "failed");
}
