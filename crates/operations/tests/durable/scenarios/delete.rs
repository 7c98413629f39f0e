//! Deleting volumes.

use model::VolumeStatus;
use operations::volume::delete::Options as How;
use testkit::crash::{Ending, Scenario, Things};
use testkit::{BackendOptions, Options, Process, blank};

use super::{assert_written, newcomer, snapshot_of, status, written_volume};

const KINDS: &[&str] = &["volume.delete"];
const CASCADING: How = How { cascade: true, force: false };
const FORCED: How = How { cascade: false, force: true };

pub(crate) const PLAIN: Scenario = Scenario {
    name: "deleting a volume",
    kinds: KINDS,
    options: Options::default,
    prepare: |process| Things { volumes: vec![written_volume(process, 1)], ..Things::default() },
    act: |process, things| process.delete(things.volumes[0], How::default()),
    ending,
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const CASCADE: Scenario = Scenario {
    name: "deleting a volume with its snapshots",
    kinds: KINDS,
    options: Options::default,
    prepare: |process| {
        let volume = written_volume(process, 1);
        let snapshots = vec![snapshot_of(process, volume), snapshot_of(process, volume)];
        Things { volumes: vec![volume], snapshots }
    },
    act: |process, things| process.delete(things.volumes[0], CASCADING),
    ending: |process, things| {
        let ending = ending(process, things);
        let left = things.snapshots.iter().filter(|id| process.snapshot_row(**id).is_some()).count();
        match ending {
            Ending::Never => assert_eq!(left, 2),
            Ending::Done => assert_eq!(left, 0),
            _ => {}
        }
        ending
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

/// The creation was accepted and nothing else yet: it gives up, and the deletion takes its turn.
pub(crate) const WHILE_CREATING: Scenario = Scenario {
    name: "deleting by force what is being created",
    kinds: &["volume.create", "volume.delete"],
    options: Options::default,
    prepare: |_| Things::default(),
    act: |process, _| {
        let id = process.create(blank(1))?;
        process.delete(id, FORCED)
    },
    ending: |process, things| match newcomer(process, &things.volumes).map(|made| made.status) {
        // Whether the first request was lost, or both were carried out, nobody can tell any more.
        None => {
            if process.pending().is_empty() && process.operations().is_empty() {
                Ending::Never
            } else {
                Ending::Done
            }
        }
        Some(VolumeStatus::Available | VolumeStatus::Error) => Ending::InPart,
        Some(VolumeStatus::ErrorDeleting) => Ending::Failed,
        Some(status) => panic!("{status} is no way to end"),
    },
    steady: false,
    expected: Ending::Done,
    refused_once: |_| Ending::Done,
};

/// A volume that no backend ever had goes with the request itself.
pub(crate) const NEVER_PLACED: Scenario = Scenario {
    name: "deleting a volume that was never placed",
    kinds: KINDS,
    options: || Options::with([BackendOptions::thick("a", 1)]),
    prepare: |process| {
        let id = process.create(blank(2)).expect("a volume");
        process.settle();
        assert_eq!(status(process, id), Some(VolumeStatus::Error));
        Things { volumes: vec![id], ..Things::default() }
    },
    act: |process, things| process.delete(things.volumes[0], How::default()),
    ending: |process, things| match status(process, things.volumes[0]) {
        None => Ending::Done,
        Some(VolumeStatus::Error) => Ending::Never,
        Some(status) => panic!("{status} is no way to end"),
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Done,
};

fn ending(process: &Process, things: &Things) -> Ending {
    let id = things.volumes[0];
    match status(process, id) {
        None => Ending::Done,
        Some(VolumeStatus::ErrorDeleting) => Ending::Failed,
        // Given back because something uses it, or never touched.
        Some(VolumeStatus::Available) => {
            assert_written(process, id, 1);
            if process.told(&id.to_string()).is_empty() { Ending::Never } else { Ending::Failed }
        }
        Some(status) => panic!("{status} is no way to end"),
    }
}
