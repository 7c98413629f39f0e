//! What is left of what is given up, and what cannot be gone on with.

use std::time::Duration;

use model::{BackupStatus, ProjectId, SnapshotId, UserId, VolumeId, VolumeStatus};
use operations::volume::delete;
use ports::chaos::FailWith;
use store::backups::Edit;
use store::operations::NewOperation;
use testkit::invariants::{self, Residue};
use testkit::{BackendOptions, Options, Process, World, blank, full};

use crate::scenarios::{status, written_volume};

#[test]
fn cleaning_up_after_what_was_given_up_is_tried_again() {
    let backend = BackendOptions::thin("a").slow(Duration::from_millis(100));
    let world = World::new(Options::with([backend]).busy());
    let process = world.process();
    let id = process.create(blank(1)).expect("accepted");
    let made =
        || process.operations().into_iter().find(|it| it.kind == "volume.create").expect("an operation");
    process.run_until("it is being made", || made().phase == "provision" && made().owner.is_some());
    process.faults.fail_next("driver.remove_volume.before", FailWith::Busy);
    let operation = made().id;
    assert!(process.write(move |conn| store::operations::abandon(conn, operation)));
    process.settle();
    assert_eq!(status(process, id), Some(VolumeStatus::Error));
    invariants::assert(process, Residue::None, "after a removal that failed once");
}

/// A row that is damaged, or of a newer version, does not keep anybody from deleting by force.
#[test]
fn what_nobody_can_go_on_with_ends_when_it_is_given_up() {
    let world = World::new(Options::default());
    let process = world.process();
    let id = written_volume(process, 1);
    let unreadable = |kind, phase| NewOperation {
        kind,
        resource: format!("volume/{id}"),
        project_id: ProjectId::new("project"),
        user_id: UserId::new("user"),
        request_id: None,
        queue: "volume:host@a".to_owned(),
        phase,
        args: "nonsense".to_owned(),
        reads: Vec::new(),
    };
    for new in [unreadable("volume.extend", "extend"), unreadable("volume.paint", "green")] {
        let operation = process.write(move |conn| store::operations::admit(conn, &new));
        process.run_until("it was tried", || process.pending().iter().any(|it| it.attempts == 1));
        process.write(move |conn| store::operations::abandon(conn, operation));
        process.settle();
        let ended = process.operations().into_iter().find(|it| it.id == operation).expect("an operation");
        assert_eq!(ended.state, "failed");
    }
    let last = unreadable("volume.extend", "nowhere");
    process.write(move |conn| store::operations::admit(conn, &last));
    process.delete(id, delete::Options { cascade: false, force: true }).expect("accepted");
    process.settle();
    invariants::assert_empty(process, "after a deletion by force");
}

fn place(process: &Process, id: VolumeId, host: &str) {
    let host = host.to_owned();
    process.write(move |conn| {
        let volume = store::volumes::get(conn, id)?.expect("a volume");
        store::volumes::place(conn, &volume, &host, "nova")
    });
}

#[test]
fn a_snapshot_that_cannot_be_reached_keeps_its_backup() {
    let world = World::new(Options::default());
    let process = world.process();
    let id = written_volume(process, 1);
    let backup = process.back_up(full(id)).expect("accepted");
    process.settle();
    let at = process.volume(id).and_then(|volume| volume.host).expect("a host");
    let left = Edit { temp_snapshot_id: Some(Some(SnapshotId::random())), ..Edit::default() };
    process.write(move |conn| store::backups::edit(conn, backup, &left));
    place(process, id, "elsewhere@b#b");
    process.delete_backup(backup, false).expect("accepted");
    process.settle();
    let kept = process.backup(backup).expect("the backup");
    assert_eq!(kept.status, BackupStatus::ErrorDeleting);
    assert!(kept.fail_reason.is_some_and(|why| why.contains("elsewhere@b")), "it says where");
    place(process, id, &at);
    process.delete_backup(backup, true).expect("accepted");
    process.settle();
    assert_eq!(process.backup(backup), None);
    invariants::assert(process, Residue::None, "after a deletion in two tries");
}
