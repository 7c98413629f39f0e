//! Operations that want the same thing.

use std::time::Duration;

use model::{SnapshotStatus, VolumeStatus};
use operations::volume::delete;
use ports::chaos::FailWith;
use testkit::invariants::{self, Residue};
use testkit::{BackendOptions, Options, World, blank, content, from_snapshot, from_volume};

use crate::scenarios::{SEED, snapshot_of, status, written_volume};

const FORCED: delete::Options = delete::Options { cascade: false, force: true };
const CASCADING: delete::Options = delete::Options { cascade: true, force: false };

/// A world whose effects take `ms`, and whose workers notice within some of those that they are to give up.
fn slow(ms: u64) -> World {
    let backend = BackendOptions::thin("a").slow(Duration::from_millis(ms));
    World::new(Options { lease_ms: 90, ..Options::with([backend]).busy() })
}

#[test]
fn a_source_is_deleted_only_after_its_copies_are_made() {
    let world = slow(60);
    let process = world.process();
    let source = written_volume(process, 1);
    let copies: Vec<_> = (0..5).map(|_| process.create(from_volume(2, source)).expect("accepted")).collect();
    process.delete(source, delete::Options::default()).expect("accepted");
    assert_eq!(status(process, source), Some(VolumeStatus::Deleting));
    assert!(process.create(from_volume(1, source)).is_err(), "what is being deleted is no source");
    process.settle();
    assert_eq!(status(process, source), None);
    for copy in copies {
        content::check(process, &process.volume(copy).expect("a copy"), Some(SEED), 1).unwrap();
    }
    invariants::assert(process, Residue::None, "after the source is gone");
}

#[test]
fn a_snapshot_is_deleted_only_after_volumes_are_made_of_it() {
    let world = slow(60);
    let process = world.process();
    let origin = written_volume(process, 1);
    let snapshot = snapshot_of(process, origin);
    let copies: Vec<_> =
        (0..3).map(|_| process.create(from_snapshot(1, snapshot)).expect("accepted")).collect();
    process.delete(origin, CASCADING).expect("accepted");
    process.settle();
    assert_eq!(status(process, origin), None);
    for copy in copies {
        content::check(process, &process.volume(copy).expect("a copy"), Some(SEED), 1).unwrap();
    }
    invariants::assert(process, Residue::None, "after a cascade under copies");
}

#[test]
fn a_source_waits_with_growing_until_its_copy_is_made() {
    let world = slow(60);
    let process = world.process();
    let source = written_volume(process, 1);
    let copy = process.create(from_volume(1, source)).expect("accepted");
    process.extend(source, 4).expect("accepted");
    process.settle();
    let (source, copy) = (process.volume(source).unwrap(), process.volume(copy).unwrap());
    assert_eq!((source.size_gib, copy.size_gib), (4, 1));
    content::check(process, &source, Some(SEED), 1).unwrap();
    content::check(process, &copy, Some(SEED), 1).unwrap();
    invariants::assert(process, Residue::None, "after growing a source");
}

#[test]
fn a_forced_deletion_ends_a_creation_wherever_it_is() {
    for pause_ms in [0, 2, 5, 10, 20, 40, 60, 80] {
        let world = slow(40);
        let process = world.process();
        let source = written_volume(process, 1);
        let made = [process.create(blank(3)).unwrap(), process.create(from_volume(3, source)).unwrap()];
        process.run_for(Duration::from_millis(pause_ms));
        for id in made {
            process.delete(id, FORCED).expect("accepted");
            process.delete(id, FORCED).expect("accepted again");
        }
        process.settle();
        for id in made {
            assert_eq!(status(process, id), None, "after {pause_ms} ms");
        }
        invariants::assert(process, Residue::None, &format!("forced after {pause_ms} ms"));
    }
}

/// A creation that would take an hour is not waited for.
#[test]
fn a_forced_deletion_does_not_wait_for_a_long_creation() {
    let world = slow(400);
    let process = world.process();
    let id = process.create(blank(1)).unwrap();
    process.run_until("it is being made", || {
        process.pending().iter().any(|it| it.phase == "provision" && it.owner.is_some())
    });
    process.delete(id, FORCED).expect("accepted");
    let create = |process: &testkit::Process| {
        process.operations().into_iter().find(|it| it.kind == "volume.create").unwrap()
    };
    process.run_until("it is given up", || create(process).phase == "clean-up");
    process.settle();
    assert_eq!(create(process).state, "failed");
    invariants::assert_empty(process, "after a forced deletion");
}

#[test]
fn growing_and_deleting_do_not_meet() {
    for pause_ms in [0, 2, 5, 10, 20, 40] {
        let world = slow(20);
        let process = world.process();
        let id = written_volume(process, 1);
        process.extend(id, 3).expect("accepted");
        assert!(process.delete(id, delete::Options::default()).is_err(), "it is extending");
        assert!(process.extend(id, 4).is_err(), "it is extending");
        process.run_for(Duration::from_millis(pause_ms));
        process.delete(id, FORCED).expect("accepted");
        process.settle();
        assert_eq!(status(process, id), None, "after {pause_ms} ms");
        invariants::assert_empty(process, &format!("deleted by force after {pause_ms} ms"));
    }
}

/// An administrator says that it is available while it is not; nothing is begun on what is still held.
#[test]
fn a_status_set_by_hand_lets_nobody_in() {
    let world = slow(100);
    let process = world.process();
    let id = written_volume(process, 1);
    process.extend(id, 3).expect("accepted");
    process.reset_status(id, VolumeStatus::Available).expect("accepted");
    let refused = process.extend(id, 5).expect_err("it is still growing").to_string();
    assert!(refused.contains("volume.extend"), "{refused}");
    process.settle();
    assert_eq!(process.volume(id).unwrap().size_gib, 3);
    process.extend(id, 5).expect("accepted");
    process.settle();
    invariants::assert(process, Residue::None, "after growing twice");
}

#[test]
fn a_cascade_waits_for_what_is_still_done_to_the_snapshots() {
    for pause_ms in [0, 5, 20, 50] {
        let world = slow(40);
        let process = world.process();
        let origin = written_volume(process, 1);
        let taken = process.snapshot(origin).expect("accepted");
        process.run_for(Duration::from_millis(pause_ms));
        process.delete(origin, delete::Options { cascade: true, force: true }).expect("accepted");
        assert_eq!(process.snapshot_row(taken).map(|it| it.status), Some(SnapshotStatus::Deleting));
        process.settle();
        invariants::assert_empty(process, &format!("a forced cascade after {pause_ms} ms"));
    }
}

/// Waiting for others uses up no tries: a fault that passes is still tried again after a long wait.
#[test]
fn a_deletion_that_waited_long_still_has_its_tries() {
    let world = slow(600);
    let process = world.process();
    let source = written_volume(process, 1);
    process.create(from_volume(1, source)).expect("accepted");
    process.delete(source, delete::Options::default()).expect("accepted");
    process.run_until("it waits", || {
        process
            .pending()
            .iter()
            .any(|it| it.last_error.as_deref().is_some_and(|why| why.starts_with("waiting")))
    });
    process.run_for(Duration::from_millis(450));
    process.faults.fail_always("driver.remove_volume.before", FailWith::Io);
    process.run_until("it fails once", || {
        process.pending().iter().any(|it| it.kind == "volume.delete" && it.attempts == 1)
    });
    process.faults.calm();
    process.settle();
    assert_eq!(status(process, source), None);
    invariants::assert(process, Residue::None, "after a wait and a failed try");
}

/// The same in the middle of a deletion: a snapshot that comes in between is not deleted without having been asked.
#[test]
fn a_snapshot_of_what_is_being_deleted_ends_the_deletion() {
    let world = slow(100);
    let process = world.process();
    let id = written_volume(process, 1);
    process.delete(id, delete::Options::default()).expect("accepted");
    process.run_until("it is being removed", || {
        process.pending().iter().any(|it| it.phase == "remove" && it.owner.is_some())
    });
    process.reset_status(id, VolumeStatus::Available).expect("accepted");
    let snapshot = process.snapshot(id).expect("accepted");
    process.settle();
    assert!(process.snapshot_row(snapshot).is_some());
    let told = process.told(&id.to_string()).remove(0);
    assert!(told.contains("snapshots"), "{told}");
}

/// What could not be made is not available, whoever said so meanwhile.
#[test]
fn a_status_set_by_hand_makes_nothing_of_what_failed() {
    let world = slow(60);
    let process = world.process();
    process.faults.fail_always("sim.make", FailWith::Refused);
    let id = process.create(blank(1)).expect("accepted");
    process.reset_status(id, VolumeStatus::Available).expect("accepted");
    process.settle();
    process.faults.calm();
    assert_eq!(status(process, id), Some(VolumeStatus::Error));
    invariants::assert(process, Residue::None, "after a creation that failed");
}

/// What was never whole does not become available because it cannot be removed.
#[test]
fn a_forced_deletion_that_finds_it_in_use_makes_nothing_available() {
    let world = slow(60);
    let process = world.process();
    let id = process.create(blank(1)).unwrap();
    process.run_until("it is being made", || {
        process.pending().iter().any(|it| it.phase == "provision" && it.owner.is_some())
    });
    process.faults.fail_always("driver.remove_volume", FailWith::Busy);
    process.delete(id, FORCED).expect("accepted");
    process.settle();
    process.faults.calm();
    assert_eq!(status(process, id), Some(VolumeStatus::ErrorDeleting));
    invariants::assert(process, Residue::WithItsRow, "after a deletion in vain");
    process.delete(id, FORCED).expect("accepted");
    process.settle();
    invariants::assert_empty(process, "after a deletion in vain and another one");
}

#[test]
fn reverting_meets_nothing_else() {
    for pause_ms in [0, 2, 5, 10, 20, 40] {
        let world = slow(20);
        let process = world.process();
        let id = written_volume(process, 1);
        let snapshot = snapshot_of(process, id);
        // What reads the volume still gets its old content.
        content::write(process, &process.volume(id).unwrap(), 0x77);
        let copy = process.create(from_volume(1, id)).expect("accepted");
        process.revert(id, snapshot).expect("accepted");
        assert!(process.extend(id, 4).is_err(), "it is reverting");
        assert!(process.revert(id, snapshot).is_err(), "it is reverting");
        assert!(process.delete(id, delete::Options::default()).is_err(), "it is reverting");
        assert!(process.delete_snapshot(snapshot, false).is_err(), "it is restoring");
        process.run_for(Duration::from_millis(pause_ms));
        process.delete_snapshot(snapshot, true).expect("accepted");
        process.settle();
        assert_eq!(status(process, id), Some(VolumeStatus::Available), "after {pause_ms} ms");
        assert_eq!(process.snapshot_row(snapshot), None, "after {pause_ms} ms");
        content::check(process, &process.volume(id).unwrap(), Some(SEED), 1).unwrap();
        content::check(process, &process.volume(copy).unwrap(), Some(0x77), 1).unwrap();
        invariants::assert(process, Residue::None, &format!("reverted after {pause_ms} ms"));
    }
}

#[test]
fn a_forced_deletion_ends_reverting_wherever_it_is() {
    for pause_ms in [0, 2, 5, 10, 20, 40] {
        let world = slow(20);
        let process = world.process();
        let id = written_volume(process, 1);
        let snapshot = snapshot_of(process, id);
        process.revert(id, snapshot).expect("accepted");
        process.run_for(Duration::from_millis(pause_ms));
        process.delete(id, delete::Options { cascade: true, force: true }).expect("accepted");
        process.settle();
        assert_eq!(status(process, id), None, "after {pause_ms} ms");
        invariants::assert_empty(process, &format!("deleted while reverting, after {pause_ms} ms"));
    }
}
