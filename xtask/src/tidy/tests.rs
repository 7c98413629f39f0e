use serde_json::{Value, json};

use super::tree::Tree;
use super::{Finding, decisions, imports, links, paths, sizes, words};

fn told(findings: Vec<Finding>) -> Vec<String> {
    findings.iter().map(Finding::to_string).collect()
}

fn lines(count: usize) -> String {
    "//\n".repeat(count)
}

#[test]
fn a_file_is_read_in_one_sitting() {
    let (fits, long, test) = (lines(500), lines(501), lines(800));
    let tree = Tree::of(&[
        ("crates/a/src/fits.rs", &fits),
        ("crates/a/src/long.rs", &long),
        ("crates/a/src/b/tests.rs", &test),
        ("crates/a/tests/c.rs", &test),
        ("data/long.csv", &lines(5000)),
    ]);
    assert_eq!(told(sizes::check(&tree)), ["crates/a/src/long.rs: 501 lines; 500 are the most"]);
}

#[test]
fn unfinished_work_is_found_and_its_lookalikes_are_not() {
    let bad = format!("fn a() {{\n    {}!()\n}}\n// {}: later\n", concat!("to", "do"), concat!("TO", "DO"));
    let good = "// METODOS, todoist, the_TODOS\nlet todo = 1;\n";
    let found = told(words::check(&Tree::of(&[("a.rs", &bad), ("b.rs", good)])));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("a.rs:2:") && found[1].starts_with("a.rs:4:"), "{found:?}");
}

#[test]
fn no_test_is_ignored() {
    let tree = Tree::of(&[("a.rs", "#[ignore = \"needs a SAN\"]\n#[test]\n    #[ignore]\n")]);
    let why = "an ignored test, which nobody counts";
    assert_eq!(told(words::check(&tree)), [format!("a.rs:1: {why}"), format!("a.rs:3: {why}")]);
}

#[test]
fn paths_of_one_machine_are_found() {
    let home = concat!("/ho", "me/");
    let bad = format!("let a = \"{home}me/project\";\n");
    let good = format!("see https://example.org{home}page and ${{X}}{home}\n");
    let found = told(paths::check(&Tree::of(&[("a.rs", &bad), ("b.md", &good)])));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("a.rs:1:"));
}

#[test]
fn links_lead_somewhere() {
    let text = "[a](docs/a.md#part) [b](docs) [c](https://example.org/x) [d](#here)\n\
                `[code](nowhere.md)`\n```\n[code](nowhere.md)\n```\n[e](docs/missing.md) [f](../above.md)\n";
    let below = "[up](../README.md) [beside](b.md \"with a title\")\n";
    let tree = Tree::of(&[("README.md", text), ("docs/a.md", below), ("docs/b.md", "")]);
    assert_eq!(
        told(links::check(&tree)),
        ["README.md:6: a link to nowhere: docs/missing.md", "README.md:6: a link to nowhere: ../above.md"]
    );
}

#[test]
fn decisions_are_in_their_index() {
    let tree = Tree::of(&[
        ("docs/adr/README.md", "- [first](0001-first.md)\n"),
        ("docs/adr/0001-first.md", ""),
        ("docs/adr/0002-second.md", ""),
    ]);
    assert_eq!(
        told(decisions::check(&tree)),
        ["docs/adr/0002-second.md: docs/adr/README.md does not link to it"]
    );
    let without_index = Tree::of(&[("docs/adr/0001-first.md", "")]);
    assert_eq!(decisions::check(&without_index), Vec::new());
}

fn workspace(packages: &[(&str, &[Value])]) -> Value {
    let packages =
        packages.iter().map(|(name, dependencies)| json!({"name": name, "dependencies": dependencies}));
    json!({ "packages": packages.collect::<Vec<_>>() })
}

fn ours(name: &str, kind: Option<&str>) -> Value {
    json!({"name": name, "kind": kind, "path": "somewhere"})
}

fn theirs(name: &str) -> Value {
    json!({"name": name, "kind": null})
}

#[test]
fn short_cuts_between_crates_are_refused() {
    let good = workspace(&[
        ("model", &[theirs("serde"), ours("testkit", Some("dev"))]),
        ("store", &[ours("model", None), theirs("rusqlite"), theirs("tokio")]),
        ("api", &[ours("operations", None), theirs("axum")]),
        ("bench", &[ours("server", None), theirs("hyper")]),
    ]);
    assert_eq!(imports::check(&good), Vec::new());

    let bad = workspace(&[
        ("model", &[ours("store", None), theirs("tokio")]),
        ("api", &[ours("backends", None), theirs("rusqlite")]),
        ("operations", &[ours("testkit", None), ours("testkit", Some("build"))]),
        ("newcomer", &[]),
    ]);
    assert_eq!(
        told(imports::check(&bad)),
        [
            "the manifest of model: model may not import store",
            "the manifest of model: model may not import tokio",
            "the manifest of api: api may not import backends",
            "the manifest of api: api may not import rusqlite",
            "the manifest of operations: operations may not import testkit",
            "the manifest of operations: operations may not import testkit",
            "the manifest of newcomer: the import table does not know this crate",
        ]
    );
}

#[test]
fn the_crates_of_this_workspace_keep_to_the_table() {
    let metadata = crate::commands::metadata().expect("what cargo says of this workspace");
    assert_eq!(told(imports::check(&metadata)), Vec::<String>::new());
}
