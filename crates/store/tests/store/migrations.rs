//! The schema: made once, brought up to date, never taken back.

use std::sync::Barrier;

use store::{Options, Store, StoreError, params};
use tempfile::TempDir;

const FIRST: &str = include_str!("../../migrations/sqlite/0001_block_storage.sql");

fn version(path: &std::path::Path) -> i64 {
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_second_start_changes_nothing() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("besser.db");
    let first = Store::open(Options::file(&path)).unwrap();
    let project = model::ProjectId::new("p");
    first.write(move |conn| store::quotas::set_limit(conn, &project, "volumes", 3)).await.unwrap();
    drop(first);
    let made = version(&path);
    let second = Store::open(Options::file(&path)).unwrap();
    let kept = second.read(|conn| conn.int("SELECT hard_limit FROM quota_limits", params![])).await;
    assert_eq!(kept.unwrap_or_else(|error: StoreError| panic!("{error}")), 3);
    drop(second);
    assert_eq!(version(&path), made);
}

#[test]
fn an_older_database_is_brought_up_to_date() {
    let directory = TempDir::new().unwrap();
    let (old, new) = (directory.path().join("old.db"), directory.path().join("new.db"));
    let conn = rusqlite::Connection::open(&old).unwrap();
    conn.execute_batch(&format!("{FIRST} PRAGMA user_version = 101;")).unwrap();
    conn.execute("INSERT INTO quota_limits VALUES ('p', 'volumes', 3)", []).unwrap();
    drop(conn);
    drop(Store::open(Options::file(&old)).unwrap());
    drop(Store::open(Options::file(&new)).unwrap());
    assert_eq!(version(&old), version(&new));
    let schema = |path| {
        let conn = rusqlite::Connection::open(path).unwrap();
        let mut found = conn.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
        let rows = found.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<Vec<(String, Option<String>)>, _>>().unwrap()
    };
    assert_eq!(schema(&old), schema(&new));
    let kept: i64 = rusqlite::Connection::open(&old)
        .unwrap()
        .query_row("SELECT hard_limit FROM quota_limits", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 3);
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("besser.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 1000;").unwrap();
    let Err(error) = Store::open(Options::file(&path)) else { panic!("opened") };
    assert!(matches!(error, StoreError::TooNew { found: 1000, .. }), "{error}");
    assert_eq!(version(&path), 1000);
}

#[test]
fn a_database_from_before_the_first_release_is_left_alone() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("besser.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 26;").unwrap();
    let Err(error) = Store::open(Options::file(&path)) else { panic!("opened") };
    assert!(matches!(error, StoreError::Unreleased { found: 26 }), "{error}");
    assert_eq!(version(&path), 26);
}

#[test]
fn processes_that_start_together_make_it_once() {
    const TOGETHER: usize = 8;
    for _ in 0..5 {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("besser.db");
        let all_there = Barrier::new(TOGETHER);
        std::thread::scope(|scope| {
            let open = || {
                all_there.wait();
                Store::open(Options::file(&path)).map(drop).map_err(|error| error.chain())
            };
            let openers: Vec<_> = (0..TOGETHER).map(|_| scope.spawn(open)).collect();
            for opener in openers {
                assert_eq!(opener.join().unwrap(), Ok(()));
            }
        });
    }
}

#[test]
fn what_is_no_database_is_refused_by_its_name() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("besser.db");
    std::fs::write(&path, "this is a text, and a long one, and not a database at all. ".repeat(100)).unwrap();
    assert!(Store::open(Options::file(&path)).is_err());
    let Err(error) = Store::open(Options::file(directory.path().join("no/such.db"))) else {
        panic!("opened")
    };
    assert!(error.chain().contains("no/such.db"), "{}", error.chain());
}
