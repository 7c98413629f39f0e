//! From phase to phase.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ledger::{Next, Step};
use store::operations;

use crate::bench::{Bench, QUEUE, quick};

#[tokio::test]
async fn phases_follow_each_other_and_hand_their_facts_on() {
    let bench = Bench::new();
    bench.work(|operation, _| {
        Box::pin(async move {
            match operation.phase.as_str() {
                "first" => Step::Advance {
                    next: Next::Phase("second"),
                    args: Some("42".to_owned()),
                    change: Box::new(|_| Ok(())),
                },
                _ if operation.args == "42" => Step::done(|_| Ok(())),
                _ => panic!("{operation:?}"),
            }
        })
    });
    let id = bench.admit("a").await;
    let row = bench.ended(id).await;
    assert_eq!((row.state.as_str(), row.phase.as_str(), row.args.as_str()), ("done", "second", "42"));
    assert_eq!((row.queue, row.owner, row.last_error), (None, None, None));
    let holding = bench.store.read(operations::holding_after_end).await.unwrap();
    assert!(holding.is_empty(), "{holding:?}");
    bench.admit("a").await;
}

#[tokio::test]
async fn an_operation_is_handed_to_another_queue() {
    let bench = Bench::new();
    bench.work(|operation, _| {
        Box::pin(async move {
            if operation.attempts == 0 {
                return Step::Retry { after: Duration::ZERO, why: "not yet".to_owned() };
            }
            let next = Next::Hand { queue: "other".to_owned(), phase: "second" };
            Step::Advance { next, args: None, change: Box::new(|_| Ok(())) }
        })
    });
    let id = bench.admit("a").await;
    let handed = bench.until(id, |row| row.phase == "second").await;
    assert_eq!((handed.queue.as_deref(), handed.owner, handed.attempts), (Some("other"), None, 0));
    bench.work_on("other", quick("host/1"), |operation, _| {
        assert_eq!(operation.phase, "second");
        Box::pin(async { Step::done(|_| Ok(())) })
    });
    assert_eq!(bench.ended(id).await.state, "done");
}

#[tokio::test]
async fn a_change_and_its_step_are_committed_together_or_not_at_all() {
    let bench = Bench::new();
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    bench.work_on(QUEUE, ledger::Settings { lease_ms: 3_600_000, ..quick("host/1") }, move |operation, _| {
        let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        Box::pin(async move {
            Step::done(move |conn| {
                let done = operations::tally(conn)?.len();
                assert_eq!(done, 1, "nothing of the first try is left");
                operations::hurry(conn, operation.id)?;
                if first { Err(store::StoreError::Injected("this change")) } else { Ok(()) }
            })
        })
    });
    let id = bench.admit("a").await;
    let row = bench.ended(id).await;
    assert_eq!((row.state.as_str(), tries.load(Ordering::SeqCst)), ("done", 2));
}

#[tokio::test]
async fn a_failed_try_waits_and_is_counted_until_the_next_phase() {
    let bench = Bench::new();
    let begun = Instant::now();
    bench.work(|operation, _| {
        Box::pin(async move {
            match (operation.phase.as_str(), operation.attempts) {
                ("first", 0..3) => {
                    Step::Retry { after: Duration::from_millis(40), why: "not yet".to_owned() }
                }
                ("first", _) => Step::phase("second"),
                (_, 0) => Step::Retry { after: Duration::ZERO, why: "not yet".to_owned() },
                (_, 1) => Step::done(|_| Ok(())),
                (_, attempts) => panic!("{attempts} tries of a new phase"),
            }
        })
    });
    let id = bench.admit("a").await;
    let row = bench.ended(id).await;
    assert!(begun.elapsed() >= Duration::from_millis(120), "{:?}", begun.elapsed());
    assert_eq!((row.state.as_str(), row.last_error.as_deref()), ("done", Some("not yet")));
}

#[tokio::test]
async fn waiting_for_something_else_is_no_failed_try() {
    let bench = Bench::new();
    let looks = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&looks);
    bench.work(move |operation, _| {
        assert_eq!(operation.attempts, 0);
        let look = counted.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            Step::Decide(Box::new(move |_| {
                let next = match look {
                    0..5 => Next::Wait { after: Duration::from_millis(5), what: "the others".to_owned() },
                    _ => Next::Done,
                };
                Ok((next, Some(look.to_string())))
            }))
        })
    });
    let id = bench.admit("a").await;
    let waiting = bench.until(id, |row| row.last_error.is_some()).await;
    assert_eq!(waiting.last_error.as_deref(), Some("waiting for the others"));
    let row = bench.ended(id).await;
    assert_eq!((row.args.as_str(), looks.load(Ordering::SeqCst)), ("5", 6));
}

#[tokio::test]
async fn a_failure_says_why_and_lets_go() {
    let bench = Bench::new();
    bench.work(|_, _| {
        Box::pin(async { Step::Decide(Box::new(|_| Ok((Next::Failed("no luck".to_owned()), None)))) })
    });
    let id = bench.admit("a").await;
    let row = bench.ended(id).await;
    assert_eq!((row.state.as_str(), row.last_error.as_deref()), ("failed", Some("no luck")));
    bench.admit("a").await;
}

#[tokio::test]
async fn no_more_than_the_allowed_number_run_at_once() {
    let bench = Bench::new();
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, peak) = (Arc::clone(&running), Arc::clone(&most));
    bench.work_on(QUEUE, ledger::Settings { concurrency: 3, ..quick("host/1") }, move |_, _| {
        let (now, peak) = (Arc::clone(&now), Arc::clone(&peak));
        Box::pin(async move {
            peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(5)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Step::done(|_| Ok(()))
        })
    });
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(bench.admit(&number.to_string()).await);
    }
    for id in ids {
        assert_eq!(bench.ended(id).await.state, "done");
    }
    assert_eq!((most.load(Ordering::SeqCst), running.load(Ordering::SeqCst)), (3, 0));
}
