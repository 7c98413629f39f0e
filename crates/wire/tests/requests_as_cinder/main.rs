//! Replays bodies that were put to the schemas of Cinder 29, and compares what each side says to them.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod others;
mod volumes;

use std::fmt::Debug;

use serde::Deserialize;
use serde_json::Value;
use wire::Fault;

/// One line of a recording.
#[derive(Deserialize)]
struct Case {
    /// The request.
    to: String,
    /// The minor part of the microversion.
    at: u32,
    body: Value,
    /// The refusal, or nothing.
    says: Option<String>,
}

fn done<T: Debug>(parsed: Result<T, Fault>) -> Result<(), Fault> {
    parsed.map(|_| ())
}

/// Compares with a recording, but for what Cinder refuses `later`, with words that begin so, and for requests in which we do
/// not mind what it says these words of.
fn compare(file: &str, parse: fn(&Case) -> Result<(), Fault>, later: &[&str], left_out: &[(&str, &str)]) {
    let recording = std::fs::read_to_string(format!("tests/golden/{file}")).unwrap();
    let mut differences = Vec::new();
    for line in recording.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let ours = parse(&case).err().map(|fault| fault.message.into_owned());
        let same = match (&case.says, &ours) {
            (None, Some(ours)) => later.iter().any(|later| ours.starts_with(later)),
            (Some(theirs), _)
                if left_out.iter().any(|(to, words)| case.to == *to && theirs.contains(words)) =>
            {
                true
            }
            (theirs, ours) => theirs == ours,
        };
        if !same {
            differences.push(format!("{line}\n    ours: {ours:?}\n    theirs: {:?}", case.says));
        }
    }
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn says_what_cinder_says_of_volumes() {
    compare("requests.jsonl", volumes::parse, volumes::LATER, &[]);
}

#[test]
fn says_what_cinder_says_of_others() {
    compare("requests_of_others.jsonl", others::parse, others::LATER, others::LEFT_OUT);
}
