//! Reverting volumes.

use model::{SnapshotStatus, VolumeStatus};
use testkit::crash::{Ending, Scenario, Things};
use testkit::{BackendOptions, Options, Process, content};

use super::{assert_written, snapshot_of, written_volume};

/// What is in the volume before it goes back.
const LATER: u8 = 0x3C;

pub(crate) const PLAIN: Scenario = Scenario {
    name: "reverting a volume to its snapshot",
    kinds: &["volume.revert"],
    // No room for a third one: what is made takes the place of what is there.
    options: || Options::with([BackendOptions::thick("a", 4)]),
    prepare: |process| {
        let volume = written_volume(process, 2);
        let snapshots = vec![snapshot_of(process, volume)];
        content::write(process, &process.volume(volume).expect("a volume"), LATER);
        Things { volumes: vec![volume], snapshots }
    },
    act: |process, things| process.revert(things.volumes[0], things.snapshots[0]),
    ending,
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

fn ending(process: &Process, things: &Things) -> Ending {
    let id = things.volumes[0];
    let snapshot = process.snapshot_row(things.snapshots[0]).expect("a snapshot");
    assert_eq!(snapshot.status, SnapshotStatus::Available);
    let volume = process.volume(id).expect("a volume");
    let told = process.told(&id.to_string());
    match volume.status {
        VolumeStatus::Available => {
            if content::check(process, &volume, Some(LATER), 2).is_ok() {
                return if told.is_empty() { Ending::Never } else { Ending::Failed };
            }
            assert_written(process, id, 2);
            assert!(told.is_empty(), "told of a failure that was none: {told:?}");
            Ending::Done
        }
        VolumeStatus::Error => Ending::Failed,
        status => panic!("{status} is no way to end"),
    }
}
