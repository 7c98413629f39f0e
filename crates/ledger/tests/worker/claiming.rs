//! Who may work, and who no longer may.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ledger::{Settings, Step};
use model::OperationId;
use store::operations;

use crate::bench::{Bench, QUEUE, quick};

/// Claims an operation for `owner` until `lease_ms` from now, as a process elsewhere would.
async fn claim(bench: &Bench, id: OperationId, owner: &'static str, lease_ms: i64) -> bool {
    let seen = bench.row(id).await;
    bench.write(move |conn| operations::claim(conn, &seen, owner, conn.now().plus_millis(lease_ms))).await
}

#[tokio::test]
async fn a_claim_is_left_alone_until_its_lease_is_over() {
    let bench = Bench::new();
    let id = bench.admit("a").await;
    let begun = Instant::now();
    assert!(claim(&bench, id, "elsewhere/1", 150).await);
    bench.work(|_, _| Box::pin(async { Step::done(|_| Ok(())) }));
    bench.ended(id).await;
    assert!(begun.elapsed() >= Duration::from_millis(150), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_started_process_takes_back_what_earlier_lives_had_and_nothing_else() {
    let bench = Bench::new();
    let (own, others) = (bench.admit("own").await, bench.admit("others").await);
    assert!(claim(&bench, own, "host/1", 60_000).await);
    assert!(claim(&bench, others, "host2/1", 60_000).await);
    let released = bench.write(|conn| operations::release_host(conn, "host")).await;
    assert_eq!(released, 1);
    bench.work_on(QUEUE, quick("host/2"), |_, _| Box::pin(async { Step::done(|_| Ok(())) }));
    bench.ended(own).await;
    let row = bench.row(others).await;
    assert_eq!((row.state.as_str(), row.owner.as_deref()), ("pending", Some("host2/1")));
}

#[tokio::test]
async fn one_of_two_who_saw_the_same_gets_it() {
    let bench = Bench::new();
    let id = bench.admit("a").await;
    let seen = bench.row(id).await;
    let claims = bench
        .write(move |conn| {
            let until = conn.now().plus_millis(1000);
            let first = operations::claim(conn, &seen, "one/1", until)?;
            Ok((first, operations::claim(conn, &seen, "other/1", until)?))
        })
        .await;
    assert_eq!(claims, (true, false));
    assert_eq!(bench.row(id).await.owner.as_deref(), Some("one/1"));
}

#[tokio::test]
async fn what_was_given_up_since_it_was_seen_is_seen_again_first() {
    let bench = Bench::new();
    let id = bench.admit("a").await;
    let seen = bench.row(id).await;
    bench.write(move |conn| operations::abandon(conn, id)).await;
    let claimed = bench.write(move |conn| operations::claim(conn, &seen, "one/1", conn.now())).await;
    assert!(!claimed);
}

#[tokio::test]
async fn who_has_lost_the_claim_writes_nothing_and_is_stopped() {
    let bench = Bench::new();
    let (ran_on, began) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (end, begin) = (Arc::clone(&ran_on), Arc::clone(&began));
    bench.work_on(QUEUE, Settings { lease_ms: 300, ..quick("slow/1") }, move |_, _| {
        let end = Arc::clone(&end);
        begin.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(500)).await;
            end.fetch_add(1, Ordering::SeqCst);
            Step::done(|_| Ok(()))
        })
    });
    let id = bench.admit("a").await;
    bench.until(id, |row| row.owner.is_some()).await;
    assert!(claim(&bench, id, "thief/1", 60_000).await);
    tokio::time::sleep(Duration::from_millis(700)).await;
    let row = bench.row(id).await;
    assert_eq!((row.state.as_str(), row.owner.as_deref()), ("pending", Some("thief/1")));
    assert_eq!(began.load(Ordering::SeqCst), 1);
    assert_eq!(ran_on.load(Ordering::SeqCst), 0, "the phase went on without a claim");
}

/// Counts when it goes.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn who_cannot_renew_the_claim_is_stopped_before_anybody_else_may_begin() {
    let bench = Bench::new();
    let (began, gone) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (begin, go) = (Arc::clone(&began), Arc::clone(&gone));
    bench.work_on(QUEUE, Settings { lease_ms: 1_000, ..quick("host/1") }, move |_, _| {
        let (is_first, guard) = (begin.fetch_add(1, Ordering::SeqCst) == 0, Dropped(Arc::clone(&go)));
        Box::pin(async move {
            let _guard = guard;
            if is_first {
                std::future::pending::<()>().await;
            }
            Step::done(|_| Ok(()))
        })
    });
    let id = bench.admit("a").await;
    bench.until(id, |_| began.load(Ordering::SeqCst) == 1).await;
    bench.disk_full.store(true, Ordering::SeqCst);
    let row = bench.until(id, |_| gone.load(Ordering::SeqCst) == 1).await;
    assert_eq!((began.load(Ordering::SeqCst), row.owner.as_deref()), (1, Some("host/1")));
    bench.disk_full.store(false, Ordering::SeqCst);
    assert_eq!(bench.ended(id).await.state, "done");
    assert_eq!(began.load(Ordering::SeqCst), 2, "it was not begun again");
}

#[tokio::test]
async fn a_step_that_ends_after_the_claim_was_lost_is_rolled_back() {
    let bench = Bench::new();
    let (stolen, steal) = tokio::sync::oneshot::channel::<()>();
    let steal = Arc::new(tokio::sync::Mutex::new(Some(steal)));
    // The lease is long: nothing but the fence can notice.
    bench.work(move |_, _| {
        let steal = Arc::clone(&steal);
        Box::pin(async move {
            if let Some(stolen) = steal.lock().await.take() {
                stolen.await.unwrap();
            }
            Step::done(|conn| operations::prune(conn, conn.now(), 100).map(drop))
        })
    });
    let ended = bench.admit("ended").await;
    bench
        .write(move |conn| {
            let row = operations::get(conn, ended)?.expect("an operation");
            assert!(operations::claim(conn, &row, "x/1", conn.now())?);
            operations::end(conn, operations::Claim { id: ended, fence: row.fence + 1 }, None)
        })
        .await;
    let id = bench.admit("a").await;
    bench.until(id, |row| row.owner.is_some()).await;
    assert!(claim(&bench, id, "thief/1", 60_000).await);
    stolen.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(bench.row(id).await.state, "pending");
    assert_eq!(bench.row(ended).await.state, "done", "the loser's change was committed");
}

#[tokio::test]
async fn a_long_phase_keeps_its_claim_and_says_how_far_it_is() {
    let bench = Bench::new();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let script = move |_, progress: &ledger::Progress| -> crate::bench::Phase {
        counted.fetch_add(1, Ordering::SeqCst);
        progress.watch(|| Some(40));
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(1800)).await;
            Step::done(|_| Ok(()))
        })
    };
    bench.work_on(QUEUE, Settings { lease_ms: 450, ..quick("host/1") }, script);
    let id = bench.admit("a").await;
    assert_eq!(bench.until(id, |row| row.progress.is_some()).await.progress, Some(40));
    assert_eq!(bench.ended(id).await.state, "done");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_lost_hint_costs_one_poll() {
    let bench = Bench::new();
    bench.work(|_, _| Box::pin(async { Step::done(|_| Ok(())) }));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let id = bench.admit("a").await;
    bench.ended(id).await;
}

#[tokio::test]
async fn a_hint_is_followed_at_once() {
    let bench = Bench::new();
    let settings = Settings { poll: Duration::from_secs(3600), ..quick("host/1") };
    bench.work_on(QUEUE, settings, |_, _| Box::pin(async { Step::done(|_| Ok(())) }));
    tokio::time::sleep(Duration::from_millis(50)).await;
    let id = bench.admit("a").await;
    bench.hints.give(QUEUE);
    bench.ended(id).await;
}

#[tokio::test]
async fn what_becomes_due_later_is_found_without_a_hint_or_a_poll() {
    let bench = Bench::new();
    let settings = Settings { poll: Duration::from_secs(3600), ..quick("host/1") };
    bench.work_on(QUEUE, settings, |operation, _| {
        Box::pin(async move {
            match operation.attempts {
                0 => Step::Retry { after: Duration::from_millis(50), why: "not yet".to_owned() },
                _ => Step::done(|_| Ok(())),
            }
        })
    });
    let id = bench.admit("a").await;
    bench.hints.give(QUEUE);
    bench.ended(id).await;
}
