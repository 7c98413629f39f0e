//! The published samples of replies have the shape of recorded replies: the same keys, with values of the same types.
//! A recording is the truth, since it is replayed; `samples/known.txt` says where a sample is otherwise.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::transcript::{Step, parse};

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
];

/// A published reply, its values replaced by the names of their types.
struct Sample {
    name: String,
    method: String,
    path: String,
    minor: u32,
    body: Value,
}

impl Sample {
    fn parse(line: &str) -> Self {
        let mut sample: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| sample[key].as_str().unwrap().to_owned();
        let (name, method, path) = (text("name"), text("method"), text("path"));
        let minor = sample["minor"].as_u64().unwrap().try_into().unwrap();
        Self { name, method, path, minor, body: sample["body"].take() }
    }
}

/// A recorded reply that grants what was asked, in the form of a sample.
struct Recorded {
    method: String,
    path: String,
    minor: u32,
    body: Value,
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
    let same = |other: &&Recorded| other.method == sample.method && matches(&sample.path, &other.path);
    let candidates: Vec<&Recorded> = recorded.iter().filter(same).collect();
    let distance = |other: &&&Recorded| (other.minor > sample.minor, other.minor.abs_diff(sample.minor));
    let Some(nearest) = candidates.iter().min_by_key(distance).map(|other| other.minor) else {
        return Some(format!("{}: not recorded", sample.name));
    };
    let candidates = candidates.iter().filter(|other| other.minor == nearest);
    let differences = candidates.map(|other| differences("", &sample.body, &other.body));
    let differences = differences.min_by_key(Vec::len).filter(|found| !found.is_empty())?;
    Some(format!("{} @{nearest}: {}", sample.name, differences.join(" ")))
}

/// Whether a path belongs to a route such as `/volumes/{id}`.
fn matches(route: &str, path: &str) -> bool {
    let (route, path): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
    let same = |(route, path): (&&str, &&str)| route.starts_with('{') || route == path;
    route.len() == path.len() && route.iter().zip(&path).all(same)
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

/// Every granted reply of all recordings, at each of its revisions.
fn recorded() -> Vec<Recorded> {
    let files = crate::REPLAYED.iter().map(|name| format!("tests/golden/{name}.txt"));
    let texts = files.map(|file| std::fs::read_to_string(file).unwrap());
    let mut found = Vec::new();
    for step in texts.flat_map(|text| parse(&text)) {
        let Step::Ask(question) = step else { continue };
        let path = question.path.split('?').next().unwrap_or_default();
        for minor in &question.minors {
            let Some((status, body)) = question.expected(minor).split_once(' ') else { continue };
            let Ok(body) = serde_json::from_str(body) else { continue };
            if !status.starts_with('2') {
                continue;
            }
            found.push(Recorded {
                method: question.method.clone(),
                path: path.to_owned(),
                minor: minor.parse().unwrap(),
                body: shape(body),
            });
        }
    }
    found
}

/// Each value replaced by the name of its type; null, which any type may be, stays.
fn shape(value: Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => "bool".into(),
        Value::Number(_) => "number".into(),
        Value::String(text) if text == "<count>" => "number".into(),
        Value::String(_) => "string".into(),
        Value::Array(items) => items.into_iter().map(shape).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, shape(value))).collect(),
    }
}
