//! Reads: one snapshot each, and never a write.

use std::sync::mpsc;

use store::{Conn, StoreError, params};
use tokio::task::JoinSet;

use crate::bench::Bench;

fn set(conn: &Conn<'_>, limit: i64) -> Result<(), StoreError> {
    store::quotas::set_limit(conn, &model::ProjectId::new("p"), "volumes", limit)
}

fn get(conn: &Conn<'_>) -> Result<i64, StoreError> {
    conn.int("SELECT hard_limit FROM quota_limits", params![])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_sees_one_moment() {
    let bench = Bench::new();
    bench.write(|conn| set(conn, 1)).await;
    let (looked, has_looked) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel();
    let store = bench.store.clone();
    let mut reads = JoinSet::new();
    reads.spawn(async move {
        let job = move |conn: &Conn<'_>| {
            let first = get(conn)?;
            looked.send(()).unwrap();
            goes_on.recv().unwrap();
            Ok::<_, StoreError>((first, get(conn)?))
        };
        store.read(job).await
    });
    tokio::task::block_in_place(|| has_looked.recv().unwrap());
    bench.write(|conn| set(conn, 2)).await;
    go_on.send(()).unwrap();
    assert_eq!(reads.join_next().await.unwrap().unwrap().unwrap(), (1, 1));
    assert_eq!(bench.read(get).await, 2);
}

#[tokio::test]
async fn a_read_cannot_write() {
    let bench = Bench::new();
    bench.store.read(|conn| set(conn, 1)).await.unwrap_err();
    bench.write(|conn| set(conn, 1)).await;
}

#[tokio::test]
async fn a_read_that_fails_or_panics_disturbs_nobody() {
    let bench = Bench::new();
    for _ in 0..20 {
        let refused: Result<(), _> = bench.store.read(|_| Err(StoreError::Injected("refused"))).await;
        assert!(matches!(refused, Err(StoreError::Injected(_))));
        let panicked: Result<(), StoreError> = bench.store.read(|_| panic!("a read panics")).await;
        assert!(matches!(panicked, Err(StoreError::Closed)));
    }
    bench.write(|conn| set(conn, 4)).await;
    assert_eq!(bench.read(get).await, 4);
}

#[tokio::test]
async fn a_column_that_holds_something_else_is_named() {
    let bench = Bench::new();
    let error = bench
        .store
        .read(|conn| {
            conn.row("SELECT 1, 'x'", params![], |columns| {
                Ok((columns.take::<i64>()?, columns.take::<i64>()?))
            })
        })
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "column 1 holds \"x\": a whole number belongs here");
}
