//! Running Rust tests: with nextest where it is installed, with `cargo test` where it is not.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::reasons;
use super::tally::{Tally, read_libtest, read_nextest};
use crate::commands::{cargo, is_installed, show, target_dir};

/// What `cargo nextest` is told about time limits and about tests that want the machine for themselves.
const NEXTEST_CONFIG: &str = "xtask/nextest.toml";

/// The crates whose tests run on every engine, in the database that `BESSER_TEST_DATABASE` names.
const ON_DATABASES: [&str; 3] = ["store", "ledger", "api"];
/// Those of them that are about SQLite.
const ABOUT_SQLITE: &str = "sqlite";
/// Of the tests of operations, those that say most about an engine in a short time: races for claims and for room, and
/// some verbs killed at every point.
const OF_OPERATIONS: &str = "binary(durable) & test(/^races::(capacity|claims)::|^crash::(create_blank|extend_plain|\
     attachment_connect|group_create)::ends_well_when_(killed_at|a_commit)/)";
/// Tests of the guest's storage have a step of their own.
const NOT_IN_THE_LAB: &str = "not binary(lab)";
/// Takes the time for every test of operations, and for every pair of crashes in each.
const THOROUGH: &str = "BESSER_TEST_THOROUGH";

/// Which tests of the workspace.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tests<'a> {
    /// Those of every crate.
    Units,
    /// Those that are about the database.
    Databases,
    /// The black-box tests: all of them, or those in the files of these names.
    BlackBox(Option<&'a [String]>),
}

/// Runs tests in an environment and counts them. A test may report in the file that `BESSER_SKIPS` names that it cannot
/// run here, as `test<TAB>reason`.
pub(crate) fn run(
    tally: &mut Tally,
    name: &str,
    tests: &Tests<'_>,
    environment: &[(&str, PathBuf)],
) -> io::Result<()> {
    let skips = target_dir()?.join(format!("{name}.skips"));
    let _ = fs::remove_file(&skips);
    let nextest = is_installed("cargo-nextest");
    let mut command = if nextest { in_nextest(tests) } else { in_cargo_test(tests) };
    command.envs(environment.iter().map(|(name, value)| (name, value))).env("BESSER_SKIPS", &skips);
    let (content, lines) = show(&mut command)?;
    let sums = if nextest { read_nextest(&lines) } else { read_libtest(&lines) };
    tally.runner(name, sums, content, read_skips(&skips));
    tally.explain(reasons::of(&lines));
    Ok(())
}

/// Does `prepare` while the tests are built: the one mostly waits, and the other computes. Whether they can be built at all is
/// told by who runs them.
pub(crate) fn while_building<T>(tests: &Tests<'_>, prepare: impl FnOnce() -> T) -> T {
    if !is_installed("cargo-nextest") {
        return prepare();
    }
    thread::scope(|scope| {
        scope.spawn(|| show(in_nextest(tests).arg("--no-run")));
        prepare()
    })
}

fn in_nextest(tests: &Tests<'_>) -> Command {
    let mut command = cargo();
    // That a failure ends nothing stands in the file: as an argument, it is refused beside `--no-run`.
    command.args(["nextest", "run", "--no-tests", "pass", "--config-file", NEXTEST_CONFIG]);
    command.args(["--test-threads", &one_more_than_processors()]);
    match tests {
        Tests::Units => command.args(["--workspace", "--exclude", "blackbox", "--filterset", NOT_IN_THE_LAB]),
        // Of the whole workspace: with some packages of it, everything would be built again, with fewer features.
        Tests::Databases => {
            command.args(["--workspace", "--exclude", "blackbox", "--filterset", &of_databases()])
        }
        Tests::BlackBox(None) => command.args(["--package", "blackbox", "--filterset", NOT_IN_THE_LAB]),
        Tests::BlackBox(Some(stories)) => {
            let any: Vec<String> = stories.iter().map(|story| format!("test(/^{story}::/)")).collect();
            command.args(["--package", "blackbox", "--filterset", &any.join(" | ")])
        }
    };
    command
}

/// A test waits as often as it works.
fn one_more_than_processors() -> String {
    std::thread::available_parallelism().map_or(2, |processors| processors.get() + 1).to_string()
}

/// The tests that run on every engine, in nextest's words.
fn of_databases() -> String {
    let packages: Vec<String> = ON_DATABASES.iter().map(|package| format!("package({package})")).collect();
    let of_operations = if std::env::var_os(THOROUGH).is_some() { "all()" } else { OF_OPERATIONS };
    let all = format!("{} | (package(operations) & {of_operations})", packages.join(" | "));
    format!("kind(test) & ({all}) - test(/{ABOUT_SQLITE}/)")
}

fn in_cargo_test(tests: &Tests<'_>) -> Command {
    let mut command = cargo();
    command.args(["test", "--no-fail-fast"]);
    match tests {
        Tests::Units => command.args(["--workspace", "--exclude", "blackbox", "--lib", "--bins", "--tests"]),
        Tests::Databases => {
            command.args(ON_DATABASES.iter().flat_map(|package| ["--package", package]));
            command.args(["--tests", "--", "--skip", ABOUT_SQLITE])
        }
        Tests::BlackBox(None) => command.args(["--package", "blackbox", "--lib", "--tests"]),
        Tests::BlackBox(Some(stories)) => {
            let names = stories.iter().map(|story| format!("{story}::"));
            command.args(["--package", "blackbox", "--test", "suite", "--"]).args(names)
        }
    };
    command
}

fn read_skips(path: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    let mut skips: Vec<(String, String)> = Vec::new();
    for (test, reason) in lines {
        match skips.iter_mut().find(|(known, _)| known == test) {
            // A test that cannot do several things is one test.
            Some((_, reasons)) => *reasons = format!("{reasons}; {reason}"),
            None => skips.push((test.to_owned(), reason.to_owned())),
        }
    }
    skips
}
