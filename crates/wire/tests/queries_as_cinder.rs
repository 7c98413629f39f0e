//! Replays list queries that were put to Cinder 29, and compares what each side says to them.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use serde::Deserialize;
use wire::query::messages::MessageQuery;
use wire::query::pools::PoolQuery;
use wire::query::snapshots::SnapshotQuery;
use wire::query::types::TypeQuery;
use wire::query::volumes::VolumeQuery;
use wire::query::{Asker, Params, ResourceFilters};
use wire::{Fault, Microversion};

/// One line of the recording.
#[derive(Deserialize)]
struct Case {
    list: String,
    admin: bool,
    query: String,
    /// The minor parts of the microversions that were tried.
    at: Vec<u32>,
    /// The refusal, or nothing.
    says: Option<String>,
}

fn parse(case: &Case, minor: u32) -> Result<(), Fault> {
    let resource_filters = ResourceFilters::default();
    let asker = Asker {
        version: Microversion::v3(minor),
        is_admin: case.admin,
        resource_filters: &resource_filters,
        max_limit: 1000,
    };
    let params = Params::parse(&case.query)?;
    match case.list.as_str() {
        "volumes" => VolumeQuery::parse(&params, &asker).map(drop),
        "snapshots" => SnapshotQuery::parse(&params, &asker).map(drop),
        "types" => TypeQuery::parse(&params, &asker).map(drop),
        "messages" => MessageQuery::parse(&params, &asker).map(drop),
        "get_pools" => PoolQuery::parse(&params, &asker).map(drop),
        unknown => panic!("the recording has {unknown}"),
    }
}

#[test]
fn says_what_cinder_says() {
    let recording = std::fs::read_to_string("tests/golden/queries.jsonl").unwrap();
    let mut differences = Vec::new();
    for line in recording.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        for minor in &case.at {
            let ours = parse(&case, *minor).err().map(|fault| fault.message.into_owned());
            if ours != case.says {
                differences.push(format!("3.{minor} {line}\n    ours: {ours:?}"));
            }
        }
    }
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}
