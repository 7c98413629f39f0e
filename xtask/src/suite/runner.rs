//! Running Rust tests: with nextest where it is installed, with `cargo test` where it is not.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::reasons;
use super::tally::{Tally, read_libtest, read_nextest};
use crate::commands::{cargo, is_installed, show, target_dir};

/// What `cargo nextest` is told about time limits and about tests that want the machine for themselves.
const NEXTEST_CONFIG: &str = "xtask/nextest.toml";

/// The crates whose tests run on every engine, in the database that `BESSER_TEST_DATABASE` names.
const DATABASES: [&str; 2] = ["--package", "store"];
/// Those of its tests that are not about SQLite.
const OF_DATABASES: &str = "kind(test) - test(/sqlite/)";

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
    let filtered = matches!(tests, Tests::BlackBox(Some(_)) | Tests::Databases);
    let sums = if nextest { read_nextest(&lines, filtered) } else { read_libtest(&lines) };
    tally.runner(name, sums, content, read_skips(&skips));
    tally.explain(reasons::of(&lines));
    Ok(())
}

fn in_nextest(tests: &Tests<'_>) -> Command {
    let mut command = cargo();
    command.args(["nextest", "run", "--no-fail-fast", "--no-tests", "pass", "--config-file", NEXTEST_CONFIG]);
    match tests {
        Tests::Units => command.args(["--workspace", "--exclude", "blackbox"]),
        Tests::Databases => command.args(DATABASES).args(["--filterset", OF_DATABASES]),
        Tests::BlackBox(None) => command.args(["--package", "blackbox"]),
        Tests::BlackBox(Some(stories)) => {
            let any: Vec<String> = stories.iter().map(|story| format!("test(/^{story}::/)")).collect();
            command.args(["--package", "blackbox", "--filterset", &any.join(" | ")])
        }
    };
    command
}

fn in_cargo_test(tests: &Tests<'_>) -> Command {
    let mut command = cargo();
    command.args(["test", "--no-fail-fast"]);
    match tests {
        Tests::Units => command.args(["--workspace", "--exclude", "blackbox", "--lib", "--bins", "--tests"]),
        Tests::Databases => command.args(DATABASES).args(["--tests", "--", "--skip", "sqlite"]),
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
    lines.map(|(test, reason)| (test.to_owned(), reason.to_owned())).collect()
}
