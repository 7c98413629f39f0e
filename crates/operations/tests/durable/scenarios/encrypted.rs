//! Volumes that are encrypted: no key without a volume, no volume without its key.

use model::{Volume, VolumeId, VolumeStatus};
use operations::volume::delete::Options as How;
use testkit::crash::{Ending, Scenario, Things};
use testkit::{BackendOptions, Options, Process, blank_of_type, content, from_snapshot};

use super::{SEED, newcomer, snapshot_of, status};

/// The type whose volumes are encrypted.
const SECRET: &str = "secret";

fn volume(process: &Process) -> VolumeId {
    process.add_encrypted_type(SECRET);
    let id = process.create(blank_of_type(1, SECRET)).expect("a volume");
    process.settle();
    assert_eq!(status(process, id), Some(VolumeStatus::Available));
    content::write(process, &process.volume(id).expect("a volume"), SEED);
    id
}

fn secret(process: &Process, volume: &Volume) -> Vec<u8> {
    let key = volume.encryption_key_id.expect("a volume with a key");
    process.key(key).expect("a key").secret.expose().clone()
}

pub(crate) const CREATE: Scenario = Scenario {
    name: "creating an encrypted volume",
    kinds: &["volume.create"],
    options: Options::default,
    prepare: |process| {
        process.add_encrypted_type(SECRET);
        Things::default()
    },
    act: |process, _| process.create(blank_of_type(2, SECRET)).map(drop),
    ending: |process, things| match newcomer(process, &things.volumes) {
        None => Ending::Never,
        Some(made) if made.status == VolumeStatus::Available => {
            assert_eq!(secret(process, &made).len(), 32);
            Ending::Done
        }
        Some(made) if made.status == VolumeStatus::Error => Ending::Failed,
        Some(made) => panic!("{} is no way to end", made.status),
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Done,
};

pub(crate) const CREATE_FROM_SNAPSHOT: Scenario = Scenario {
    name: "creating a volume from the snapshot of an encrypted one",
    kinds: &["volume.create"],
    options: Options::default,
    prepare: |process| {
        let origin = volume(process);
        let snapshots = vec![snapshot_of(process, origin)];
        Things { volumes: vec![origin], snapshots }
    },
    act: |process, things| process.create(from_snapshot(1, things.snapshots[0])).map(drop),
    ending: |process, things| match newcomer(process, &things.volumes) {
        None => Ending::Never,
        Some(made) if made.status == VolumeStatus::Available => {
            let origin = process.volume(things.volumes[0]).expect("the origin");
            assert_ne!(made.encryption_key_id, origin.encryption_key_id, "each has a key of its own");
            assert_eq!(secret(process, &made), secret(process, &origin), "that opens the same content");
            Ending::Done
        }
        Some(made) if made.status == VolumeStatus::Error => Ending::Failed,
        Some(made) => panic!("{} is no way to end", made.status),
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const DELETE: Scenario = Scenario {
    name: "deleting an encrypted volume",
    kinds: &["volume.delete"],
    options: Options::default,
    prepare: |process| Things { volumes: vec![volume(process)], ..Things::default() },
    act: |process, things| process.delete(things.volumes[0], How::default()),
    ending: |process, things| match process.volume(things.volumes[0]) {
        None => Ending::Done,
        Some(left) if left.status == VolumeStatus::ErrorDeleting => Ending::Failed,
        Some(left) => {
            assert_eq!(left.status, VolumeStatus::Available);
            secret(process, &left);
            if process.told(&left.id.to_string()).is_empty() { Ending::Never } else { Ending::Failed }
        }
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

/// No backend ever had it; whether it has a key, nobody can tell.
pub(crate) const DELETE_NEVER_PLACED: Scenario = Scenario {
    name: "deleting an encrypted volume that was never placed",
    kinds: &["volume.delete"],
    options: || Options::with([BackendOptions::thick("a", 1)]),
    prepare: |process| {
        process.add_encrypted_type(SECRET);
        let id = process.create(blank_of_type(2, SECRET)).expect("a volume");
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
