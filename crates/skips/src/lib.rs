//! Tests that this machine cannot run. Rust's test runners know only "passed" and "failed" at run time, so a test that has
//! to give up says why in a file, and `cargo xtask test` counts it as skipped instead of passed.

#![allow(clippy::expect_used, reason = "a test that cannot say why it does not run must fail")]

use std::fs::OpenOptions;
use std::io::Write;

/// Names the file that collects skipped tests, one `test<TAB>reason` a line.
const SKIPS_VARIABLE: &str = "BESSER_SKIPS";

/// Reports that the running test cannot run here, and why; the test then returns.
pub fn report(reason: &str) {
    let test = running_test();
    eprintln!("SKIPPED {test}: {reason}");
    let Some(path) = std::env::var_os(SKIPS_VARIABLE) else { return };
    let line = format!("{test}\t{}\n", reason.replace('\n', " "));
    // One write in append mode, so that tests in other processes do not cut the line.
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    written.expect("the file that collects skipped tests can be written");
}

fn running_test() -> String {
    std::env::var("NEXTEST_TEST_NAME")
        .ok()
        .or_else(|| std::thread::current().name().map(str::to_owned))
        .unwrap_or_else(|| "a test".to_owned())
}
