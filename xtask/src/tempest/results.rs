//! What tempest printed, as results: `{0} name [1.2s] ... ok`, `... SKIPPED: reason`, `... FAILED`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How each test ended, by its name without tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Results {
    passed: BTreeSet<String>,
    failed: BTreeSet<String>,
    skipped: BTreeMap<String, String>,
    must_pass: BTreeSet<String>,
}

impl Results {
    /// Reads all lines of a run.
    pub(crate) fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut results = Self::default();
        for (name, end) in lines.into_iter().filter_map(split) {
            match end.split_once(": ") {
                _ if end == "ok" => drop(results.passed.insert(name)),
                Some(("SKIPPED", reason)) => drop(results.skipped.insert(name, reason.to_owned())),
                _ if end.starts_with("SKIPPED") => {
                    drop(results.skipped.insert(name, "no reason given".to_owned()))
                }
                _ => drop(results.failed.insert(name)),
            }
        }
        results
    }

    /// The same results, and the names of tests that are to be among those that passed.
    pub(crate) fn with_those_that_must_pass(mut self, names: &[&str]) -> Self {
        self.must_pass = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// The same results, in which a test has failed that was skipped for a reason with none of these words in it.
    pub(crate) fn with_excuses(mut self, excuses: &[&str]) -> Self {
        let is_excused = |reason: &str| excuses.iter().any(|excuse| reason.contains(excuse));
        let (kept, denied) = self.skipped.into_iter().partition(|(_, reason)| is_excused(reason));
        self.skipped = kept;
        let denied: BTreeMap<String, String> = denied;
        self.failed.extend(denied.into_iter().map(|(test, reason)| format!("{test} (skipped: {reason})")));
        self
    }

    /// What had to pass and did not.
    pub(crate) fn missing(&self) -> Vec<&str> {
        self.must_pass.difference(&self.passed).map(String::as_str).collect()
    }

    pub(crate) fn passed(&self) -> usize {
        self.passed.len()
    }

    /// The skipped tests with their reasons.
    pub(crate) fn skipped(&self) -> impl Iterator<Item = (&str, &str)> {
        self.skipped.iter().map(|(test, reason)| (test.as_str(), reason.as_str()))
    }

    pub(crate) fn failed(&self) -> impl Iterator<Item = &str> {
        self.failed.iter().map(String::as_str)
    }

    /// The skipped tests under each reason.
    pub(crate) fn skipped_by_reason(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (test, reason) in &self.skipped {
            reasons.entry(reason).or_default().push(test);
        }
        reasons
    }

    /// Whether something ran and nothing failed.
    pub(crate) fn is_good(&self) -> bool {
        self.failed.is_empty() && !self.passed.is_empty()
    }
}

impl fmt::Display for Results {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passed, failed, skipped) = (self.passed.len(), self.failed.len(), self.skipped.len());
        write!(formatter, "{passed} passed, {failed} failed, {skipped} skipped")?;
        match self.missing().len() {
            0 => Ok(()),
            missing => write!(formatter, ", {missing} that must pass did not"),
        }
    }
}

/// The name and the end of a test; whole classes that were skipped or failed bear the name `setUpClass (class)`.
fn split(line: &str) -> Option<(String, &str)> {
    let rest = line.strip_prefix('{')?;
    let (worker, rest) = rest.split_once("} ")?;
    worker.parse::<u32>().ok()?;
    let (test, end) = rest.rsplit_once(" ... ")?;
    let (test, _seconds) = test.rsplit_once(" [").unwrap_or((test, ""));
    let name = test.split_once('[').map_or(test, |(name, _tags)| name);
    Some((name.trim().to_owned(), end.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
{0} tempest.api.volume.test_a.A.test_one [0.123456s] ... ok
{1} tempest.api.volume.test_a.A.test_two[id-5f3,smoke] [1.5s] ... FAILED
{0} setUpClass (tempest.api.volume.test_b.B) [0.0s] ... SKIPPED: Nova is required
{1} tempest.api.volume.test_a.A.test_three [0.0s] ... SKIPPED: a reason: with a colon
Captured traceback:
{braces} in a log line ... ok
 - Passed: 1";

    #[test]
    fn each_test_ends_in_one_way() {
        let results = Results::read(PRINTED.lines());
        assert_eq!(results.passed(), 1);
        assert_eq!(results.failed().collect::<Vec<_>>(), ["tempest.api.volume.test_a.A.test_two"]);
        let reasons = results.skipped_by_reason();
        assert_eq!(reasons["Nova is required"], ["setUpClass (tempest.api.volume.test_b.B)"]);
        assert_eq!(reasons["a reason: with a colon"], ["tempest.api.volume.test_a.A.test_three"]);
        assert_eq!(results.to_string(), "1 passed, 1 failed, 2 skipped");
        assert!(!results.is_good());
    }

    #[test]
    fn who_is_skipped_without_an_excuse_has_failed() {
        let results = Results::read(PRINTED.lines()).with_excuses(&["Nova"]);
        let failed: Vec<_> = results.failed().collect();
        assert_eq!(failed.len(), 2, "{failed:?}");
        assert_eq!(failed[0], "tempest.api.volume.test_a.A.test_three (skipped: a reason: with a colon)");
        assert_eq!(results.skipped().count(), 1);
    }

    #[test]
    fn what_must_pass_is_missed_whether_it_failed_or_never_ran() {
        let names =
            ["tempest.api.volume.test_a.A.test_one", "tempest.api.volume.test_a.A.test_two", "never.ran"];
        let results = Results::read(PRINTED.lines()).with_those_that_must_pass(&names);
        assert_eq!(results.missing(), ["never.ran", "tempest.api.volume.test_a.A.test_two"]);
    }

    #[test]
    fn a_run_of_nothing_is_not_good() {
        assert!(!Results::read(["no tests"]).is_good());
    }
}
