//! Texts: what is the same, what comes first, and what is kept as it was.

use store::volume_types;

use crate::bench::{Bench, volume_type};

#[tokio::test]
async fn names_differ_by_their_case_their_accents_and_their_blanks() {
    let bench = Bench::new();
    let names =
        ["gold", "Gold", "GOLD", "gold ", " gold", "göld", "Göld", "gold\u{301}", "g", "👍", "ß", "ss"];
    for name in names {
        bench.add_type(name).await;
    }
    for name in names {
        let found = bench.read(move |conn| volume_types::by_name(conn, name)).await;
        assert_eq!(found.map(|found| found.name).as_deref(), Some(name));
    }
    let again = volume_type("gold ");
    let error = bench.store.write(move |conn| volume_types::insert(conn, &again)).await.unwrap_err();
    assert!(matches!(error, store::StoreError::Duplicate(_)), "{error:?}");
}

#[tokio::test]
async fn texts_are_ordered_by_their_bytes() {
    let bench = Bench::new();
    let mut names = ["b", "a", "B", "A", "ä", "_", "-", "aa", "a b", "a-b", "~", "é", "z", "👍", "\u{ffff}"];
    for name in names {
        bench.add_type(name).await;
    }
    let sql = "SELECT name FROM volume_types ORDER BY name";
    let found: Vec<String> = bench.read(move |conn| conn.rows(sql, &[], |columns| columns.take())).await;
    names.sort_unstable();
    assert_eq!(found, names);
}

#[tokio::test]
async fn what_would_be_sql_is_text() {
    let bench = Bench::new();
    for name in [
        "'",
        "''",
        "\\",
        "\\'",
        "a\\nb",
        "?",
        "$1",
        "--",
        ";",
        "\"",
        "`",
        "%",
        "_",
        "\r\n\t",
        "' OR 1 = 1 --",
    ] {
        bench.add_type(name).await;
        let found = bench.read(move |conn| volume_types::by_name(conn, name)).await;
        assert_eq!(found.map(|found| found.name).as_deref(), Some(name));
    }
}

#[tokio::test]
async fn long_texts_are_kept_whole() {
    let bench = Bench::new();
    let long = "ü".repeat(1_000_000);
    let (mut wanted, kept) = (volume_type("long"), long.clone());
    wanted.description = Some(long);
    let id = wanted.id;
    bench.write(move |conn| volume_types::insert(conn, &wanted)).await;
    let found = bench.read(move |conn| volume_types::get(conn, id)).await.expect("a type");
    assert!(found.description == Some(kept));
}
