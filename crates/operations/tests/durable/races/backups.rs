//! Hosts that keep backups, and die.

use model::service::Binary;
use model::{BackupStatus, VolumeStatus};
use operations::backup::take_over;
use testkit::invariants::{self, Residue};
use testkit::{Options, Process, World, full};

use crate::scenarios::{status, written_volume};

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
