//! The schema of an engine that is a server: made once, brought up to date, and refused when it is of another time.

use std::sync::Barrier;

use store::engine::Dialect;
use store::{Store, StoreError, params, schema};

use crate::bench::Bench;

#[test]
fn processes_that_start_together_make_it_once() {
    let database = testdb::TestDatabase::new();
    let all_there = Barrier::new(4);
    std::thread::scope(|scope| {
        let sync = || {
            all_there.wait();
            schema::sync(&database.options()).map_err(|error| error.chain())
        };
        let syncs: Vec<_> = (0..4).map(|_| scope.spawn(sync)).collect();
        let before: Vec<i64> = syncs.into_iter().map(|sync| sync.join().unwrap().unwrap().database).collect();
        assert!(before.contains(&0), "{before:?}");
    });
    let now = schema::versions(&database.options()).unwrap();
    assert_eq!(now.database, now.binary);
    assert!(now.check().is_ok());
}

/// What only a server has: a file has one process at a time, whose tests are in `migrations`.
mod server {
    use super::*;

    /// Sets what the database says of its version.
    async fn pretend(bench: &Bench, version: i64, begun: i64, needs: i64) {
        let sql = "UPDATE schema_version SET version = ?, begun = ?, needs = ?";
        bench.write(move |conn| conn.run(sql, params![version, begun, needs])).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn another_version_is_refused_unless_it_only_adds() {
        let bench = Bench::new();
        if bench.database.server().is_none() {
            return skips::report("no server of a database was given");
        }
        let open = || Store::open_beside(bench.database.options()).map(drop);
        let newest = schema::versions(&bench.database.options()).unwrap().binary;
        pretend(&bench, newest + 2, -1, newest).await;
        open().unwrap();
        pretend(&bench, newest + 2, -1, newest + 1).await;
        assert!(matches!(open(), Err(StoreError::TooNew { .. })));
        assert!(matches!(schema::sync(&bench.database.options()), Err(StoreError::TooNew { .. })));
        pretend(&bench, newest - 1, -1, 0).await;
        let error = open().unwrap_err();
        assert!(error.to_string().contains("besser db sync"), "{error}");
    }

    /// MariaDB commits with every statement that changes the schema: a process that dies leaves half of a file.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_of_which_a_half_was_done_is_finished() {
        let bench = Bench::new();
        if bench.database.server().is_none_or(|server| server.dialect != Dialect::MariaDb) {
            return skips::report("only MariaDB leaves halves");
        }
        let all = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()";
        let made = bench.read(move |conn| conn.rows(all, &[], |row| row.take::<String>())).await.len();
        // Of the first file, two statements were made, and the second was noted as begun.
        let kept = ["volume_types", "volume_type_projects", "schema_version"];
        bench
            .write(move |conn| {
                conn.run("SET foreign_key_checks = 0", &[])?;
                for table in conn.rows(all, &[], |row| row.take::<String>())? {
                    if !kept.contains(&table.as_str()) {
                        conn.run(&format!("DROP TABLE {table}"), &[])?;
                    }
                }
                // What later files have added to the tables that are kept.
                conn.run("DROP INDEX volume_types_by_qos_specs ON volume_types", &[])?;
                conn.run("SET foreign_key_checks = 1", &[])
            })
            .await;
        pretend(&bench, 0, 1, 0).await;
        schema::sync(&bench.database.options()).unwrap();
        assert_eq!(bench.read(move |conn| conn.rows(all, &[], |row| row.take::<String>())).await.len(), made);
        // What nothing had noted as begun is somebody else's.
        pretend(&bench, 0, -1, 0).await;
        let error = schema::sync(&bench.database.options()).unwrap_err().chain();
        assert!(error.contains("already exists"), "{error}");
    }
}
