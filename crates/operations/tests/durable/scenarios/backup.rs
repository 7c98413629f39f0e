//! Backups.

use backup::Format;
use model::{Backup, BackupId, BackupStatus, SnapshotStatus, VolumeStatus};
use operations::backup::create::Create;
use operations::backup::import::Exported;
use operations::backup::restore::Target;
use testkit::crash::{Ending, Scenario, Things};
use testkit::{Options, Process, content, from_backup, full};

use super::{SEED, assert_written, newcomer, snapshot_of, status, volume, written_volume};

/// What is in a volume before it is restored.
const OTHER: u8 = 0x11;

fn like_cinder() -> Options {
    Options { backup_format: Format::Chunked, ..Options::default() }
}

pub(crate) const CREATE: Scenario = Scenario {
    name: "backing up a volume",
    kinds: &["backup.create"],
    options: Options::default,
    prepare: |process| Things { volumes: vec![written_volume(process, 1)], ..Things::default() },
    act: |process, things| process.back_up(full(things.volumes[0])).map(drop),
    ending: |process, things| created(process, things, VolumeStatus::Available, SEED, 1),
    steady: true,
    expected: Ending::Done,
    refused_once,
};

pub(crate) const CREATE_OF_ONE_IN_USE: Scenario = Scenario {
    name: "backing up a volume in use",
    act: |process, things| process.back_up(Create { force: true, ..full(things.volumes[0]) }).map(drop),
    prepare: |process| {
        let id = written_volume(process, 1);
        process.note_attached(id, "a").expect("attached");
        Things { volumes: vec![id], ..Things::default() }
    },
    ending: |process, things| created(process, things, VolumeStatus::InUse, SEED, 1),
    ..CREATE
};

pub(crate) const CREATE_INCREMENT: Scenario = Scenario {
    name: "backing up what has changed",
    prepare: |process| {
        let id = written_volume(process, 1);
        process.back_up(full(id)).expect("a backup");
        process.settle();
        content::write(process, &process.volume(id).expect("a volume"), OTHER);
        Things { volumes: vec![id], ..Things::default() }
    },
    act: |process, things| process.back_up(Create { incremental: true, ..full(things.volumes[0]) }).map(drop),
    ending: |process, things| {
        let ending = created(process, things, VolumeStatus::Available, OTHER, 2);
        let backups = process.backups();
        assert_eq!(backups[0].status, BackupStatus::Available);
        if let Some(increment) = backups.get(1) {
            assert_eq!(increment.parent_id, Some(backups[0].id));
        }
        ending
    },
    ..CREATE
};

pub(crate) const CREATE_INCREMENT_LIKE_CINDER: Scenario = Scenario {
    name: "backing up what has changed, in Cinder's format",
    options: like_cinder,
    ..CREATE_INCREMENT
};

pub(crate) const CREATE_FROM_SNAPSHOT: Scenario = Scenario {
    name: "backing up a snapshot",
    prepare: |process| {
        let id = written_volume(process, 1);
        let snapshot = snapshot_of(process, id);
        content::write(process, &process.volume(id).expect("a volume"), OTHER);
        Things { volumes: vec![id], snapshots: vec![snapshot] }
    },
    act: |process, things| process.back_up_snapshot(things.volumes[0], things.snapshots[0]).map(drop),
    ending: |process, things| {
        let snapshot = process.snapshot_row(things.snapshots[0]).expect("a snapshot");
        assert_eq!(snapshot.status, SnapshotStatus::Available);
        created(process, things, VolumeStatus::Available, SEED, 1)
    },
    ..CREATE
};

pub(crate) const DELETE: Scenario = Scenario {
    name: "deleting a backup",
    kinds: &["backup.delete"],
    prepare: backed_up,
    act: |process, _| process.delete_backup(process.backups()[0].id, false),
    ending: |process, _| match process.backups().first().map(|backup| backup.status) {
        None => Ending::Done,
        Some(BackupStatus::ErrorDeleting) => Ending::Failed,
        Some(BackupStatus::Available) => Ending::Never,
        Some(status) => panic!("{status} is no way to end"),
    },
    refused_once: |_| Ending::Failed,
    ..CREATE
};

pub(crate) const DELETE_LIKE_CINDER: Scenario =
    Scenario { name: "deleting a backup in Cinder's format", options: like_cinder, ..DELETE };

pub(crate) const DELETE_WHILE_CREATING: Scenario = Scenario {
    name: "deleting by force a backup that is being made",
    kinds: &["backup.create", "backup.delete"],
    act: |process, things| {
        let id = process.back_up(full(things.volumes[0]))?;
        process.delete_backup(id, true)
    },
    ending: |process, things| {
        assert_written(process, things.volumes[0], 1);
        assert_eq!(status(process, things.volumes[0]), Some(VolumeStatus::Available));
        let begun = process.operations().iter().any(|operation| operation.kind.starts_with("backup."));
        match process.backups().as_slice() {
            [] if begun => Ending::Done,
            [] => Ending::Never,
            [left] if left.status == BackupStatus::ErrorDeleting => Ending::Failed,
            _ => Ending::InPart,
        }
    },
    steady: false,
    refused_once: |_| Ending::Done,
    ..CREATE
};

pub(crate) const DELETE_WHILE_CREATING_LIKE_CINDER: Scenario = Scenario {
    name: "deleting a backup in Cinder's format while it is made",
    options: like_cinder,
    ..DELETE_WHILE_CREATING
};

pub(crate) const RESTORE: Scenario = Scenario {
    name: "restoring a backup over a volume",
    kinds: &["backup.restore"],
    prepare: |process| {
        let mut things = backed_up(process);
        let target = volume(process, 2);
        content::write(process, &process.volume(target).expect("a volume"), OTHER);
        things.volumes.push(target);
        things
    },
    act: |process, things| {
        process.restore(process.backups()[0].id, Target::Volume(things.volumes[1])).map(drop)
    },
    ending: |process, things| {
        assert_eq!(process.backups()[0].status, BackupStatus::Available);
        match status(process, things.volumes[1]) {
            Some(VolumeStatus::Error) => return Ending::Failed,
            Some(VolumeStatus::Available) => {}
            status => panic!("{status:?} is no way to end"),
        }
        let target = process.volume(things.volumes[1]).expect("a volume");
        if target.previous_status.is_none() {
            return Ending::Never;
        }
        assert!(content::begins_with(process, &target, SEED), "the volume has the content of the backup");
        Ending::Done
    },
    refused_once: |_| Ending::Failed,
    ..CREATE
};

pub(crate) const RESTORE_LIKE_CINDER: Scenario =
    Scenario { name: "restoring a backup in Cinder's format", options: like_cinder, ..RESTORE };

pub(crate) const RESTORE_TO_NEW: Scenario = Scenario {
    name: "restoring a backup to a new volume",
    kinds: &["volume.create"],
    prepare: backed_up,
    act: |process, _| process.restore(process.backups()[0].id, Target::New(None)).map(drop),
    ending: |process, things| restored(process, things, 1),
    // Before it is filled another try may be made on the same backend; afterwards not.
    refused_once: |point| match point {
        _ if point.contains("ensure_volume") || point.contains("sim.make") => Ending::Done,
        _ => Ending::Failed,
    },
    ..CREATE
};

pub(crate) const CREATE_VOLUME: Scenario = Scenario {
    name: "creating a larger volume from a backup",
    act: |process, _| process.create(from_backup(2, process.backups()[0].id)).map(drop),
    ending: |process, things| restored(process, things, 2),
    ..RESTORE_TO_NEW
};

/// Whatever breaks, a record of nothing never becomes a backup, and the store keeps what it has.
pub(crate) const IMPORT_OF_NOTHING: Scenario = Scenario {
    name: "taking over a backup that is not in the store",
    kinds: &["backup.import"],
    prepare: backed_up,
    act: |process, _| {
        let known = process.backups()[0].clone();
        let id = BackupId::random();
        let service_metadata =
            known.service_metadata.as_ref().map(|it| it.replace(&known.id.to_string(), &id.to_string()));
        let record = ::backup::record::encode(&Backup { id, service_metadata, ..known.clone() });
        process.import_backup(Exported { service: known.service.unwrap_or_default(), record }).map(drop)
    },
    ending: |process, _| {
        let backups = process.backups();
        assert_eq!(backups[0].status, BackupStatus::Available);
        match backups.get(1) {
            None => Ending::Never,
            Some(taken) => {
                assert_eq!(taken.status, BackupStatus::Error);
                assert!(taken.fail_reason.is_some());
                Ending::Failed
            }
        }
    },
    expected: Ending::Failed,
    refused_once: |_| Ending::Failed,
    ..CREATE
};

/// A written volume with a backup.
fn backed_up(process: &Process) -> Things {
    let id = written_volume(process, 1);
    process.back_up(full(id)).expect("a backup");
    process.settle();
    assert_eq!(process.backups()[0].status, BackupStatus::Available);
    Things { volumes: vec![id], ..Things::default() }
}

/// What cannot be removed after a backup was made does not make it less of one.
fn refused_once(point: &str) -> Ending {
    if point.contains("remove_snapshot") || point.contains("sim.remove") {
        Ending::Done
    } else {
        Ending::Failed
    }
}

/// The last backup of `count` gives its content to a volume; the volume that it is of is what it was.
fn created(process: &Process, things: &Things, back_to: VolumeStatus, seed: u8, count: usize) -> Ending {
    assert_eq!(status(process, things.volumes[0]), Some(back_to));
    process.backups().get(count - 1).map_or(Ending::Never, |backup| ended(process, backup, seed))
}

fn ended(process: &Process, backup: &Backup, seed: u8) -> Ending {
    match backup.status {
        BackupStatus::Available => {
            let copy = process.create(from_backup(1, backup.id)).expect("a volume");
            process.settle();
            let copy = process.volume(copy).expect("a volume");
            content::check(process, &copy, Some(seed), 1).unwrap();
            assert_eq!(copy.status, VolumeStatus::Available);
            Ending::Done
        }
        BackupStatus::Error => {
            assert!(backup.fail_reason.is_some());
            Ending::Failed
        }
        status => panic!("{status} is no way to end"),
    }
}

fn restored(process: &Process, things: &Things, size_gib: u64) -> Ending {
    assert_eq!(process.backups()[0].status, BackupStatus::Available);
    let Some(made) = newcomer(process, &things.volumes) else { return Ending::Never };
    match made.status {
        VolumeStatus::Available => {
            assert_eq!(made.size_gib, size_gib);
            content::check(process, &made, Some(SEED), 1).unwrap();
            Ending::Done
        }
        VolumeStatus::Error => Ending::Failed,
        status => panic!("{status} is no way to end"),
    }
}
