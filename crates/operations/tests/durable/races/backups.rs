//! Hosts that keep backups, and die.

use model::service::Binary;
use model::{BackupStatus, VolumeStatus};
use operations::backup::take_over;
use testkit::crash::Ending;
use testkit::invariants::{self, Residue};
use testkit::{Options, Process, World, full};

use crate::scenarios::encrypted::RESTORE_OVER_ANOTHER;
use crate::scenarios::{snapshot_of, status, written_volume};

fn disable(process: &Process, disabled: bool) {
    let host = process.post.host.clone();
    process.write(move |conn| {
        store::services::set_disabled(conn, Binary::Backup, &host, disabled, None).map(drop)
    });
}

fn hand_over(process: &Process) -> usize {
    let settings = process.desk.settings.clone();
    let queues = process.write(move |conn| take_over(conn, &settings));
    queues.iter().for_each(|queue| process.desk.hints.give(queue));
    queues.len()
}

#[test]
fn another_host_makes_the_backup_that_a_dead_one_was_asked_for() {
    let world = World::new(Options::default());
    let process = world.process();
    let id = written_volume(process, 1);
    process.write(|conn| store::services::beat(conn, Binary::Backup, "dead", "nova", "dead", true));
    // While nobody else keeps backups, it is asked.
    disable(process, true);
    let backup = process.back_up(full(id)).expect("accepted");
    disable(process, false);
    assert_eq!(process.pending()[0].queue.as_deref(), Some("backup:dead"));
    assert_eq!(hand_over(process), 0, "it lives");
    process.write(|conn| conn.run("UPDATE services SET heartbeat_at = 0 WHERE host = 'dead'", &[]).map(drop));
    assert_eq!(hand_over(process), 1);
    process.settle();
    assert_eq!(process.backup(backup).map(|backup| backup.status), Some(BackupStatus::Available));
    assert_eq!(status(process, id), Some(VolumeStatus::Available));
    invariants::assert(process, Residue::None, "after a dead keeper");
}

#[test]
fn a_backup_that_is_reset_while_it_is_made_is_none_whatever_it_was_reset_to() {
    let world = World::new(Options::default());
    let process = world.process();
    let id = written_volume(process, 1);
    let backup = process.back_up(full(id)).expect("accepted");
    process.reset_backup(backup, BackupStatus::Available).expect("reset");
    process.settle();
    assert_eq!(process.backup(backup).map(|backup| backup.status), Some(BackupStatus::Error));
    assert_eq!(status(process, id), Some(VolumeStatus::Available));
    invariants::assert(process, Residue::None, "after a reset");
}

/// Nobody could read the snapshot if the volume lost the key that both have.
#[test]
fn a_snapshot_that_only_the_key_of_its_volume_opens_keeps_it_from_being_written_over() {
    let world = World::new((RESTORE_OVER_ANOTHER.options)());
    let process = world.process();
    let things = (RESTORE_OVER_ANOTHER.prepare)(process);
    let target = things.volumes[1];
    let key = |process: &Process| process.volume(target).and_then(|it| it.encryption_key_id).expect("a key");
    let before = key(process);
    snapshot_of(process, target);
    (RESTORE_OVER_ANOTHER.act)(process, &things).expect("accepted");
    process.settle();
    assert_eq!((RESTORE_OVER_ANOTHER.ending)(process, &things), Ending::Failed);
    assert_eq!((status(process, target), key(process)), (Some(VolumeStatus::Available), before));
    let told = process.told(&target.to_string());
    assert!(told[0].contains("has snapshots that only the key opens"), "{told:?}");
    invariants::assert(process, Residue::None, "a restore in vain");
}
