//! Conversations that Cinder 29 had are had again with Besser: the same statuses, the same bodies. See README.md.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod complete;
mod differ;
mod given;
mod normal;
mod recorded;
mod replay;
mod samples;
mod statuses;
mod transcript;

/// One test for each recording.
macro_rules! recordings {
    ($($name:ident)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            replay::replay(concat!(stringify!($name), ".txt")).await;
        })*

        const REPLAYED: &[&str] = &[$(stringify!($name)),*];
    };
}

recordings! {
    admin
    attachments
    backups
    before
    clusters
    consistency_groups
    discovery
    encryption_types
    filters
    group_types
    group_replication
    groups
    images
    legacy_attach
    manage
    migration
    older_names
    qos_specs
    quotas
    refusals
    refusals_of_attachments
    refusals_of_requests
    reimage
    replication
    revisions_backups
    revisions_groups
    revisions_others
    revisions_volumes
    sample_requests
    snapshots
    transfers
    types
    volume_actions
    volumes
}

/// A recording that no test replays proves nothing.
#[test]
fn every_recording_is_replayed() {
    let files = std::fs::read_dir("tests/golden").unwrap().map(|entry| entry.unwrap().path());
    let recorded = files.filter(|path| path.extension().is_some_and(|extension| extension == "txt"));
    for path in recorded {
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(REPLAYED.contains(&name), "{name}.txt is not replayed");
    }
}

/// One test for each table of what may be asked in which status.
macro_rules! statuses {
    ($($test:ident $name:ident)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            statuses::compare(stringify!($name)).await;
        })*
    };
}

statuses! {
    statuses_of_backups backups
    statuses_of_group_snapshots group_snapshots
    statuses_of_groups groups
    statuses_of_snapshots snapshots
    statuses_of_volumes volumes
}

/// What is published of the API has the shape of what was recorded.
#[test]
fn samples_are_like_recordings() {
    samples::compare();
}

/// Every route is recorded, on both sides of every revision that changes it.
#[test]
fn recordings_are_complete() {
    complete::check();
}
