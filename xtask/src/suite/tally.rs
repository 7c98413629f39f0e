//! Counting, over test runners that all count in their own words.

use std::fmt;

/// How many tests ended in which way, and what is to be said of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: usize,
    failed: usize,
    skips: Vec<(String, String)>,
    failures: Vec<String>,
    /// Skipped by a runner that did not say why.
    unexplained: usize,
}

/// The sums of one run of a test runner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// Ignored tests, which are told at compile time; those left out by a filter are not meant.
    pub(crate) ignored: usize,
}

impl Tally {
    /// Counts one check that is not a test runner.
    pub(crate) fn check(&mut self, name: &str, good: bool) {
        if good {
            self.passed += 1;
        } else {
            self.fail(name);
        }
    }

    /// Counts one failure of something.
    pub(crate) fn fail(&mut self, what: &str) {
        self.failed += 1;
        self.failures.push(what.to_owned());
    }

    /// Counts one thing that this machine cannot do.
    pub(crate) fn skip(&mut self, what: &str, reason: &str) {
        self.skips.push((what.to_owned(), reason.to_owned()));
    }

    /// Counts a run of a test runner: its sums, whether it was content, and what its tests reported as skipped. A skipped
    /// test has passed in the eyes of its runner.
    pub(crate) fn runner(&mut self, name: &str, sums: Sums, content: bool, skips: Vec<(String, String)>) {
        self.passed += sums.passed.saturating_sub(skips.len());
        self.failed += sums.failed;
        self.unexplained += sums.ignored;
        self.skips.extend(skips);
        match (content, sums.failed) {
            (true, _) => {}
            (false, 0) => self.fail(&format!("{name} did not come to an end")),
            (false, failed) => self.failures.push(format!("{failed} in {name}")),
        }
    }

    /// Says more about what failed.
    pub(crate) fn explain(&mut self, reasons: Vec<String>) {
        self.failures.extend(reasons);
    }

    pub(crate) fn is_good(&self) -> bool {
        self.failed == 0
    }

    pub(crate) fn skips(&self) -> &[(String, String)] {
        &self.skips
    }

    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = self.skips.len() + self.unexplained;
        write!(formatter, "{} passed, {} failed, {skipped} skipped", self.passed, self.failed)
    }
}

/// Reads nextest's one summary. What failed tests printed stands above it, with the words of libtest in it.
pub(crate) fn read_nextest(lines: &[String]) -> Sums {
    let mut sums = Sums::default();
    if let Some(counts) = lines.iter().rev().find_map(|line| nextest_counts(line)) {
        add_nextest(&mut sums, counts);
    }
    sums
}

/// Reads libtest's summaries, one for each test binary.
pub(crate) fn read_libtest(lines: &[String]) -> Sums {
    let mut sums = Sums::default();
    for counts in lines.iter().filter_map(|line| line.strip_prefix("test result: ")) {
        add_libtest(&mut sums, counts);
    }
    sums
}

/// `Summary [ 33.855s] 9 tests run: 3 passed (1 slow), 6 failed, 109 skipped`: what comes after the colon.
fn nextest_counts(line: &str) -> Option<&str> {
    let (_, rest) = line.trim_start().strip_prefix("Summary [")?.split_once(']')?;
    let (run, counts) = rest.split_once(':')?;
    run.contains("run").then_some(counts)
}

fn add_nextest(sums: &mut Sums, counts: &str) {
    for (count, word) in numbers_with_words(&without_parentheses(counts), ',') {
        match word.as_str() {
            "passed" => sums.passed += count,
            // Those that a filter left out: no test here is ignored, which `cargo xtask tidy` sees to.
            "skipped" => {}
            _ => sums.failed += count,
        }
    }
}

/// `ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s`.
fn add_libtest(sums: &mut Sums, counts: &str) {
    let counts = counts.split_once(". ").map_or(counts, |(_, counts)| counts);
    for (count, word) in numbers_with_words(counts, ';') {
        match word.as_str() {
            "passed" => sums.passed += count,
            "failed" => sums.failed += count,
            "ignored" => sums.ignored += count,
            _ => {}
        }
    }
}

fn numbers_with_words(text: &str, separator: char) -> impl Iterator<Item = (usize, String)> {
    text.split(separator).filter_map(|part| {
        let (number, words) = part.trim().split_once(' ')?;
        Some((number.parse().ok()?, words.trim().to_owned()))
    })
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0_usize;
    let keep = |c: &char| match c {
        '(' => {
            depth += 1;
            false
        }
        ')' => {
            depth = depth.saturating_sub(1);
            false
        }
        _ => depth == 0,
    };
    text.chars().filter(keep).collect()
}
