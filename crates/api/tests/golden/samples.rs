//! The published samples of replies have the shape of recorded replies: the same keys, with values of the same types.
//! A recording is the truth, since it is replayed; `samples/known.txt` says where a sample is otherwise.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::recorded::{Recorded, of_route, recorded};

/// Keys below which callers and drivers choose the keys.
const FREE: &[&str] = &[
    "metadata",
    "meta",
    "extra_specs",
    "group_specs",
    "specs",
    "connection_info",
    "connector",
    "properties",
    "volume_image_metadata",
    "capabilities",
    "levels",
];

/// A published reply, its values replaced by the names of their types.
struct Sample {
    name: String,
    method: String,
    path: String,
    /// The key of the request, on paths that end in `/action`.
    action: Option<String>,
    minor: u32,
    body: Value,
}

impl Sample {
    fn parse(line: &str) -> Self {
        let mut sample: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| sample[key].as_str().unwrap().to_owned();
        let (name, method, path) = (text("name"), text("method"), text("path"));
        let minor = sample["minor"].as_u64().unwrap().try_into().unwrap();
        let action = sample["action"].as_str().map(str::to_owned);
        Self { name, method, path, action, minor, body: sample["body"].take() }
    }
}

/// Every sample is like a recording, or is listed with what is otherwise; and nothing else is listed.
pub(crate) fn compare() {
    let recorded = recorded();
    let samples = std::fs::read_to_string("tests/golden/samples/replies.jsonl").unwrap();
    let samples = samples.lines().map(Sample::parse);
    let found: BTreeSet<String> = samples.filter_map(|sample| verdict(&sample, &recorded)).collect();
    let known = std::fs::read_to_string("tests/golden/samples/known.txt").unwrap();
    let known = known.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let known: BTreeSet<String> = known.map(str::to_owned).collect();
    let new: Vec<_> = found.difference(&known).map(String::as_str).collect();
    let stale: Vec<_> = known.difference(&found).map(String::as_str).collect();
    assert!(
        new.is_empty() && stale.is_empty(),
        "not listed:\n{}\nlisted, but not so:\n{}",
        new.join("\n"),
        stale.join("\n")
    );
}

/// What is otherwise than in the most similar recording of the nearest revision; none if nothing is.
fn verdict(sample: &Sample, recorded: &[Recorded]) -> Option<String> {
    let same = of_route(recorded, &sample.method, &sample.path, sample.action.as_deref());
    let granted = same.into_iter().filter(|other| other.is_granted());
    let candidates: Vec<_> = granted.filter_map(|other| Some((other.minor, other.shape()?))).collect();
    let minors = candidates.iter().map(|(minor, _)| *minor);
    let distance = |minor: &u32| (*minor > sample.minor, minor.abs_diff(sample.minor));
    let Some(nearest) = minors.min_by_key(distance) else {
        return Some(format!("{}: not recorded", sample.name));
    };
    let candidates = candidates.iter().filter(|(minor, _)| *minor == nearest);
    let differences = candidates.map(|(_, body)| differences("", &sample.body, body));
    let shows_nothing = |found: &[String]| found.iter().any(|place| place.ends_with("[]"));
    let differences = differences.min_by_key(|found| (shows_nothing(found), found.len()));
    let differences = differences.filter(|found| !found.is_empty())?;
    Some(format!("{} @{nearest}: {}", sample.name, differences.join(" ")))
}

/// `+key` is only in the sample, `-key` only in the recording, `~key` is of another type.
fn differences(place: &str, sample: &Value, recorded: &Value) -> Vec<String> {
    match (sample, recorded) {
        (Value::Null, _) | (_, Value::Null) => Vec::new(),
        (Value::Object(sample), Value::Object(recorded)) => {
            let at = |key: &str| format!("{place}.{key}");
            let mut found = Vec::new();
            for (key, value) in sample {
                match recorded.get(key) {
                    Some(_) if FREE.contains(&key.as_str()) => {}
                    Some(other) => found.extend(differences(&at(key), value, other)),
                    None => found.push(format!("+{}", at(key))),
                }
            }
            let missing = recorded.keys().filter(|key| !sample.contains_key(*key));
            found.extend(missing.map(|key| format!("-{}", at(key))));
            found
        }
        (Value::Array(sample), Value::Array(recorded)) => {
            let place = format!("{place}[]");
            let most_similar = |item| {
                let found = recorded.iter().map(|other| differences(&place, item, other));
                found.min_by_key(Vec::len).unwrap_or_else(|| vec![format!("+{place}")])
            };
            let found: BTreeSet<String> = sample.iter().flat_map(most_similar).collect();
            found.into_iter().collect()
        }
        (sample, recorded) if sample == recorded => Vec::new(),
        _ => vec![format!("~{place}")],
    }
}
