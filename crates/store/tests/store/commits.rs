//! Commits in groups, and jobs that fail in the middle of one.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, mpsc};

use store::{Conn, StoreError, params};
use tokio::task::JoinSet;

use crate::bench::Bench;

fn set(conn: &Conn<'_>, project: &str, limit: i64) -> Result<(), StoreError> {
    store::quotas::set_limit(conn, &model::ProjectId::new(project), "volumes", limit)
}

async fn limit(bench: &Bench, project: &'static str) -> Option<i64> {
    let limits = bench.read(move |conn| store::quotas::limits(conn, &model::ProjectId::new(project))).await;
    limits.get("volumes").copied()
}

/// Keeps the writer busy until the sender is dropped, so that whatever is asked meanwhile falls into one group.
fn busy(bench: &Bench, jobs: &mut JoinSet<Result<(), StoreError>>) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel();
    let released = Arc::new(Mutex::new(released));
    let (store, (begun, has_begun)) = (bench.store.clone(), mpsc::channel());
    jobs.spawn(async move {
        let job = move |_: &Conn<'_>| {
            begun.send(()).unwrap();
            released.lock().unwrap().recv().unwrap_err();
            Ok(())
        };
        store.write(job).await
    });
    tokio::task::block_in_place(|| has_begun.recv().unwrap());
    release
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_or_panics_disturbs_nobody_in_its_group() {
    let bench = Bench::new();
    let mut jobs = JoinSet::new();
    let release = busy(&bench, &mut jobs);
    for number in 0..30 {
        let store = bench.store.clone();
        jobs.spawn(async move {
            let project = ["good", "refused", "panicked"][number % 3];
            let answer = store.write(move |conn| {
                set(conn, &format!("{project}{number}"), 1)?;
                match project {
                    "good" => Ok(()),
                    "refused" => Err(StoreError::Injected("refused")),
                    _ => panic!("a job panics"),
                }
            });
            match (project, answer.await) {
                ("good", Ok(())) => Ok(()),
                ("refused", Err(StoreError::Injected("refused"))) => Ok(()),
                ("panicked", Err(StoreError::Closed)) => Ok(()),
                (_, other) => panic!("{project}: {other:?}"),
            }
        });
    }
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    drop(release);
    while let Some(done) = jobs.join_next().await {
        done.unwrap().unwrap();
    }
    let kept = bench.read(|conn| conn.int("SELECT COUNT(*) FROM quota_limits", params![])).await;
    assert_eq!(kept, 10);
    let good = "SELECT COUNT(*) FROM quota_limits WHERE project_id LIKE 'good%'";
    assert_eq!(bench.read(|conn| conn.int(good, params![])).await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_is_the_failure_of_all_and_of_nobody_later() {
    let bench = Bench::new();
    let mut jobs = JoinSet::new();
    let release = busy(&bench, &mut jobs);
    *bench.fails.lock().unwrap() = Some("store.commit.before");
    for number in 0..5 {
        let store = bench.store.clone();
        jobs.spawn(async move { store.write(move |conn| set(conn, &format!("p{number}"), 1)).await });
    }
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    drop(release);
    while let Some(done) = jobs.join_next().await {
        let error = done.unwrap().unwrap_err().chain();
        assert_eq!(error, "committing: injected: store.commit.before");
    }
    *bench.fails.lock().unwrap() = None;
    assert_eq!(limit(&bench, "p0").await, None);
    bench.write(|conn| set(conn, "later", 7)).await;
    assert_eq!(limit(&bench, "later").await, Some(7));
}

#[tokio::test]
async fn a_lost_answer_is_an_error_but_the_commit_stands() {
    let bench = Bench::new();
    *bench.fails.lock().unwrap() = Some("store.commit.after");
    bench.store.write(|conn| set(conn, "p", 3)).await.unwrap_err();
    *bench.fails.lock().unwrap() = None;
    assert_eq!(limit(&bench, "p").await, Some(3));
}

#[tokio::test]
async fn what_was_asked_is_done_though_nobody_waits() {
    let bench = Bench::new();
    for number in 0..10 {
        let asked = bench.store.write(move |conn| set(conn, &format!("p{number}"), number));
        let _ = tokio::time::timeout(std::time::Duration::ZERO, asked).await;
    }
    for _ in 0..100 {
        if bench.read(|conn| conn.int("SELECT COUNT(*) FROM quota_limits", params![])).await == 10 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("not all was done");
}

#[tokio::test]
async fn a_statement_that_breaks_a_unique_key_says_so() {
    let bench = Bench::new();
    let (one, other) = (crate::bench::volume_type("gold"), crate::bench::volume_type("gold"));
    bench.write(move |conn| store::volume_types::insert(conn, &one)).await;
    let error = bench.store.write(move |conn| store::volume_types::insert(conn, &other)).await.unwrap_err();
    assert!(matches!(error, StoreError::Duplicate(_)), "{error:?}");
}

/// What SQLite's one writer does, and nobody may rely on elsewhere.
mod sqlite {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn whatever_waits_shares_one_commit() {
        let bench = Bench::new();
        let mut jobs = JoinSet::new();
        let release = busy(&bench, &mut jobs);
        let before = bench.commits.load(Ordering::SeqCst);
        for number in 0..100 {
            let store = bench.store.clone();
            jobs.spawn(
                async move { store.write(move |conn| set(conn, &format!("p{number}"), number)).await },
            );
        }
        // The jobs are queued by their first poll.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        drop(release);
        while let Some(done) = jobs.join_next().await {
            done.unwrap().unwrap();
        }
        assert_eq!(bench.commits.load(Ordering::SeqCst) - before, 1);
        assert_eq!((limit(&bench, "p0").await, limit(&bench, "p99").await), (Some(0), Some(99)));
    }

    /// As SQLite does by itself when the disk is full in the middle of a statement.
    #[tokio::test]
    async fn an_engine_that_rolls_everything_back_loses_the_group_and_nothing_else() {
        let bench = Bench::new();
        let lost = bench.store.write(|conn| {
            set(conn, "p", 3)?;
            conn.run("ROLLBACK", params![]).map(drop)
        });
        lost.await.unwrap_err();
        assert_eq!(limit(&bench, "p").await, None);
        bench.write(|conn| set(conn, "later", 7)).await;
        assert_eq!(limit(&bench, "later").await, Some(7));
    }

    #[tokio::test]
    async fn jobs_run_in_the_order_in_which_they_were_asked_and_see_each_other() {
        let bench = Bench::new();
        let count = |conn: &Conn<'_>| conn.int("SELECT COUNT(*) FROM quota_limits", params![]);
        let (first, second) = tokio::join!(
            bench.store.write(move |conn| {
                set(conn, "a", 1)?;
                count(conn)
            }),
            bench.store.write(move |conn| {
                set(conn, "b", 1)?;
                count(conn)
            })
        );
        assert_eq!((first.unwrap(), second.unwrap()), (1, 2));
    }
}

#[tokio::test]
async fn what_has_had_its_time_can_be_forgotten_on_every_engine() {
    let bench = Bench::new();
    let forgotten = bench.write(|conn| {
        let now = conn.now();
        Ok((
            store::messages::prune(conn, now, 10)?,
            store::image_tasks::prune(conn, now, 10)?,
            store::operations::prune(conn, now, 10)?,
        ))
    });
    assert_eq!(forgotten.await, (0, 0, 0));
}
