//! Conversations that Cinder 29 had are had again with Besser: the same statuses, the same bodies. See README.md.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod differ;
mod normal;
mod replay;
mod samples;
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
    consistency_groups
    encryption_types
    group_types
    groups
    legacy_attach
    manage
    qos_specs
    quotas
    reimage
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

/// What is published of the API has the shape of what was recorded.
#[test]
fn samples_are_like_recordings() {
    samples::compare();
}
