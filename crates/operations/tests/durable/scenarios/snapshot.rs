//! Snapshots.

use model::SnapshotStatus;
use testkit::crash::{Ending, Scenario, Things};
use testkit::{BackendOptions, Options, Process, content, from_snapshot, invariants};

use super::{SEED, assert_written, snapshot_of, written_volume};

pub(crate) const CREATE: Scenario = Scenario {
    name: "taking a snapshot",
    kinds: &["snapshot.create"],
    options: || Options::with([BackendOptions::thick("a", 4)]),
    prepare: |process| Things { volumes: vec![written_volume(process, 1)], ..Things::default() },
    act: |process, things| process.snapshot(things.volumes[0]).map(drop),
    ending: created,
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const CREATE_WITHOUT_ROOM: Scenario = Scenario {
    name: "taking a snapshot for which there is no room",
    kinds: &["snapshot.create"],
    options: || Options::with([BackendOptions::thick("a", 5)]),
    prepare: |process| Things { volumes: vec![written_volume(process, 3)], ..Things::default() },
    act: |process, things| process.snapshot(things.volumes[0]).map(drop),
    ending: created,
    steady: true,
    expected: Ending::Failed,
    refused_once: |_| Ending::Failed,
};

pub(crate) const DELETE: Scenario = Scenario {
    name: "deleting a snapshot",
    kinds: &["snapshot.delete"],
    options: Options::default,
    prepare: |process| {
        let volume = written_volume(process, 1);
        Things { volumes: vec![volume], snapshots: vec![snapshot_of(process, volume)] }
    },
    act: |process, things| process.delete_snapshot(things.snapshots[0], false),
    ending: |process, things| {
        assert_written(process, things.volumes[0], 1);
        let id = things.snapshots[0];
        match process.snapshot_row(id).map(|snapshot| snapshot.status) {
            None => Ending::Done,
            Some(SnapshotStatus::ErrorDeleting) => Ending::Failed,
            Some(SnapshotStatus::Available) if process.told(&id.to_string()).is_empty() => Ending::Never,
            Some(SnapshotStatus::Available) => Ending::Failed,
            Some(status) => panic!("{status} is no way to end"),
        }
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const DELETE_WHILE_CREATING: Scenario = Scenario {
    name: "deleting by force a snapshot that is being taken",
    kinds: &["snapshot.create", "snapshot.delete"],
    options: Options::default,
    prepare: |process| Things { volumes: vec![written_volume(process, 1)], ..Things::default() },
    act: |process, things| {
        let id = process.snapshot(things.volumes[0])?;
        process.delete_snapshot(id, true)
    },
    ending: |process, things| {
        assert_written(process, things.volumes[0], 1);
        let (_, snapshots) = invariants::everything(process);
        let begun = process.operations().iter().any(|operation| operation.kind.starts_with("snapshot."));
        match snapshots.as_slice() {
            [] if begun => Ending::Done,
            [] => Ending::Never,
            [id] => match process.snapshot_row(*id).map(|snapshot| snapshot.status) {
                Some(SnapshotStatus::ErrorDeleting) => Ending::Failed,
                _ => Ending::InPart,
            },
            more => panic!("one snapshot was asked for, not {}", more.len()),
        }
    },
    steady: false,
    expected: Ending::Done,
    refused_once: |_| Ending::Done,
};

/// A snapshot that is there gives its content to a volume.
fn created(process: &Process, things: &Things) -> Ending {
    let origin = process.volume(things.volumes[0]).expect("a volume");
    assert_written(process, origin.id, origin.size_gib);
    let (_, snapshots) = invariants::everything(process);
    let [id] = snapshots.as_slice() else { return Ending::Never };
    let snapshot = process.snapshot_row(*id).expect("a snapshot");
    match snapshot.status {
        SnapshotStatus::Available => {
            let copy = process.create(from_snapshot(origin.size_gib, *id)).expect("a volume");
            process.settle();
            let copy = process.volume(copy).expect("a volume");
            content::check(process, &copy, Some(SEED), origin.size_gib).unwrap();
            Ending::Done
        }
        SnapshotStatus::Error => Ending::Failed,
        status => panic!("{status} is no way to end"),
    }
}
