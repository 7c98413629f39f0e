//! Volumes that are encrypted: no key without a volume, no volume without its key.

use model::{BackupStatus, ImageId, Volume, VolumeId, VolumeStatus};
use operations::backup::restore::Target;
use operations::volume::create::Create;
use operations::volume::delete::Options as How;
use testkit::crash::{Ending, Scenario, Things};
use testkit::{
    BackendOptions, Options, Process, blank_of_type, content, from_backup, from_image, from_snapshot, full,
};

use super::{SEED, newcomer, snapshot_of, status};

/// What is in a volume before it is written over.
const OTHER: u8 = 0x11;

/// The type whose volumes are encrypted.
pub(super) const SECRET: &str = "secret";

fn volume(process: &Process) -> VolumeId {
    process.add_encrypted_type(SECRET);
    let id = process.create(blank_of_type(1, SECRET)).expect("a volume");
    process.settle();
    assert_eq!(status(process, id), Some(VolumeStatus::Available));
    content::write(process, &process.volume(id).expect("a volume"), SEED);
    id
}

pub(super) fn secret(process: &Process, volume: &Volume) -> Vec<u8> {
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

/// As many of the simulated GiB, which are small, as hold the header and the image.
pub(super) const SIZE_GIB: u64 = 40;
/// The content of the image: no round length, and zeros in it.
pub(super) fn image() -> Vec<u8> {
    let mut bytes = vec![SEED; 300_001];
    bytes[70_000..250_000].fill(0);
    bytes
}

/// Asserts that whoever has the key finds the image in `volume`, and nobody else.
pub(super) fn assert_holds_image(process: &Process, volume: &Volume) {
    let key = process.key(volume.encryption_key_id.expect("a volume with a key")).expect("a key");
    let image = image();
    let Some((content, stolen)) = testkit::luks::content(process, volume, &key.passphrase(), image.len())
    else {
        return;
    };
    assert!(content == image, "the content is not that of the image");
    let found = stolen.windows(64).any(|part| part.iter().all(|byte| *byte == SEED));
    assert!(!found, "what is in the image is on the storage as it is");
    let (_, holes) = stolen.split_at((2 << 20) + 80_000);
    assert!(!holes[..160_000].windows(64).any(|part| part.iter().all(|byte| *byte == 0)), "holes are seen");
}

pub(crate) const CREATE_FROM_IMAGE: Scenario = Scenario {
    name: "creating an encrypted volume from an image",
    prepare: |process| {
        process.add_encrypted_type(SECRET);
        process.add_image(image_id(), "raw", &image());
        Things::default()
    },
    act: |process, _| {
        let of_type = Create { volume_type: Some(SECRET.to_owned()), ..from_image(SIZE_GIB, image_id()) };
        process.create(of_type).map(drop)
    },
    ending: |process, things| match newcomer(process, &things.volumes) {
        None => Ending::Never,
        Some(made) if made.status == VolumeStatus::Available => {
            assert!(made.bootable);
            assert_holds_image(process, &made);
            Ending::Done
        }
        Some(made) if made.status == VolumeStatus::Error => Ending::Failed,
        Some(made) => panic!("{} is no way to end", made.status),
    },
    refused_once: |point| if point.starts_with("image") { Ending::Failed } else { Ending::Done },
    ..CREATE
};

/// The only image.
pub(super) fn image_id() -> ImageId {
    "11111111-2222-4333-8444-555555555555".parse().expect("an identifier")
}

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

pub(crate) const BACK_UP: Scenario = Scenario {
    name: "backing up an encrypted volume",
    kinds: &["backup.create"],
    options: Options::default,
    prepare: |process| Things { volumes: vec![volume(process)], ..Things::default() },
    act: |process, things| process.back_up(full(things.volumes[0])).map(drop),
    ending: |process, things| {
        let origin = process.volume(things.volumes[0]).expect("the volume");
        assert_eq!(origin.status, VolumeStatus::Available);
        match process.backups().first() {
            None => Ending::Never,
            Some(made) if made.status == BackupStatus::Available => {
                assert_ne!(made.encryption_key_id, origin.encryption_key_id, "each has a key of its own");
                let key = process.key(made.encryption_key_id.expect("a key")).expect("a key");
                assert_eq!(*key.secret.expose(), secret(process, &origin));
                Ending::Done
            }
            Some(made) if made.status == BackupStatus::Error => Ending::Failed,
            Some(made) => panic!("{} is no way to end", made.status),
        }
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |point| if point.contains("release") { Ending::Done } else { Ending::Failed },
};

pub(crate) const DELETE_BACKUP: Scenario = Scenario {
    name: "deleting the backup of an encrypted volume",
    kinds: &["backup.delete"],
    prepare: |process| {
        let things = Things { volumes: vec![volume(process)], ..Things::default() };
        process.back_up(full(things.volumes[0])).expect("a backup");
        process.settle();
        things
    },
    act: |process, _| process.delete_backup(process.backups()[0].id, false),
    ending: |process, things| {
        secret(process, &process.volume(things.volumes[0]).expect("the volume"));
        match process.backups().first().map(|backup| backup.status) {
            None => Ending::Done,
            Some(BackupStatus::ErrorDeleting) => Ending::Failed,
            Some(BackupStatus::Available) => Ending::Never,
            Some(status) => panic!("{status} is no way to end"),
        }
    },
    refused_once: |_| Ending::Failed,
    ..BACK_UP
};

/// The volume that was backed up, and its key, are gone.
pub(crate) const CREATE_FROM_BACKUP: Scenario = Scenario {
    name: "creating a volume from the backup of an encrypted one that is gone",
    kinds: &["volume.create"],
    prepare: |process| {
        let origin = volume(process);
        process.back_up(full(origin)).expect("a backup");
        process.settle();
        process.delete(origin, How::default()).expect("a volume that can be deleted");
        process.settle();
        Things::default()
    },
    act: |process, _| {
        let backup = process.backups()[0].id;
        let of_type = Create { volume_type: Some(SECRET.to_owned()), ..from_backup(1, backup) };
        process.create(of_type).map(drop)
    },
    ending: |process, things| match newcomer(process, &things.volumes) {
        None => Ending::Never,
        Some(made) if made.status == VolumeStatus::Available => {
            let backup = process.backups()[0].encryption_key_id.expect("a key");
            assert_eq!(*process.key(backup).expect("a key").secret.expose(), secret(process, &made));
            content::check(process, &made, Some(SEED), 1).unwrap();
            Ending::Done
        }
        Some(made) if made.status == VolumeStatus::Error => Ending::Failed,
        Some(made) => panic!("{} is no way to end", made.status),
    },
    steady: true,
    refused_once: |point| match point {
        _ if point.contains("ensure_volume") || point.contains("sim.make") => Ending::Done,
        _ => Ending::Failed,
    },
    ..BACK_UP
};

/// The key of the volume that is written over goes, and it gets a copy of that of the backup.
pub(crate) const RESTORE_OVER_ANOTHER: Scenario = Scenario {
    name: "restoring the backup of an encrypted volume over another",
    kinds: &["backup.restore"],
    prepare: |process| {
        let origin = volume(process);
        process.back_up(full(origin)).expect("a backup");
        let target = process.create(blank_of_type(1, SECRET)).expect("a volume");
        process.settle();
        content::write(process, &process.volume(target).expect("a volume"), OTHER);
        Things { volumes: vec![origin, target], ..Things::default() }
    },
    act: |process, things| {
        process.restore(process.backups()[0].id, Target::Volume(things.volumes[1])).map(drop)
    },
    ending: |process, things| {
        let backup = process.backups()[0].clone();
        assert_eq!(backup.status, BackupStatus::Available);
        let target = process.volume(things.volumes[1]).expect("a volume");
        let opens = *process.key(backup.encryption_key_id.expect("a key")).expect("a key").secret.expose()
            == secret(process, &target);
        match target.status {
            VolumeStatus::Available if opens => {
                assert_ne!(target.encryption_key_id, backup.encryption_key_id, "each has a key of its own");
                content::check(process, &target, Some(SEED), 1).unwrap();
                Ending::Done
            }
            VolumeStatus::Available => {
                content::check(process, &target, Some(OTHER), 1).unwrap();
                let told = !process.told(&target.id.to_string()).is_empty();
                if told { Ending::Failed } else { Ending::Never }
            }
            VolumeStatus::Error => Ending::Failed,
            status => panic!("{status} is no way to end"),
        }
    },
    refused_once: |_| Ending::Failed,
    ..BACK_UP
};
