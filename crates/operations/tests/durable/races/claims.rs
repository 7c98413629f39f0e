//! Two for one operation: only who holds the claim changes anything.

use std::time::Duration;

use model::VolumeStatus;
use ports::chaos::FailWith;
use testkit::invariants::{self, Residue};
use testkit::{BackendOptions, Options, Process, World, blank, content, from_volume};

use super::available;
use crate::scenarios::{SEED, status, written_volume};

const LEASE_MS: i64 = 150;

/// A world in which a process does something only while a test lets it, and its effects take a while.
fn stalling() -> World {
    let backend = BackendOptions::thin("a").slow(Duration::from_millis(30));
    World::new(Options { lease_ms: LEASE_MS, ..Options::with([backend]) })
}

fn is_being_made(process: &Process) -> bool {
    process.pending().iter().any(|it| it.phase == "provision" && it.owner.is_some())
}

/// Everything that the database says about volumes and operations.
fn everything(process: &Process) -> String {
    let (volumes, _) = invariants::everything(process);
    let rows: Vec<_> = volumes.into_iter().map(|id| process.volume(id)).collect();
    format!("{rows:?} {:?}", process.operations())
}

#[test]
fn a_process_that_stalled_longer_than_its_lease_changes_nothing_afterwards() {
    let world = stalling();
    let stalled = world.process();
    let source = written_volume(stalled, 1);
    let copy = stalled.create(from_volume(2, source)).expect("accepted");
    stalled.run_until("it is being made", || is_being_made(stalled));

    // From here on nobody runs the first process, until the other has done everything.
    let other = world.rival();
    other.settle();
    assert_eq!(status(&other, copy), Some(VolumeStatus::Available));
    content::check(&other, &other.volume(copy).unwrap(), Some(SEED), 1).unwrap();
    let before = everything(&other);

    stalled.run_for(Duration::from_millis(300));
    assert_eq!(everything(&other), before);
    invariants::assert(&other, Residue::None, "after a stall");
}

#[test]
fn a_process_that_stalled_during_a_deletion_does_not_delete_the_next_volume() {
    let world = stalling();
    let stalled = world.process();
    let id = written_volume(stalled, 1);
    stalled.delete(id, operations::volume::delete::Options::default()).expect("accepted");
    stalled.run_until("it is being removed", || {
        stalled.pending().iter().any(|it| it.phase == "remove" && it.owner.is_some())
    });
    let other = world.rival();
    other.settle();
    let next = written_volume(&other, 1);
    let before = everything(&other);
    stalled.run_for(Duration::from_millis(300));
    assert_eq!(everything(&other), before);
    assert_eq!(status(&other, next), Some(VolumeStatus::Available));
    invariants::assert(&other, Residue::None, "after a stall");
}

/// Both serve every queue, both want everything; each operation is carried out once.
#[test]
fn two_processes_share_the_work() {
    let world = World::new(Options::with([BackendOptions::thick("a", 60)]).busy());
    let (one, other) = (world.process(), world.rival());
    let mut ids = Vec::new();
    for _ in 0..40 {
        ids.push(one.create(blank(1)).expect("accepted"));
        ids.push(other.create(blank(1)).expect("accepted"));
    }
    one.settle();
    other.settle();
    assert_eq!(available(one, &ids), 60);
    invariants::assert(one, Residue::None, "after two processes at once");
}

/// The database cannot be written for longer than a lease, while an effect runs. The claim is lost to nobody, and
/// taken again by the same process: the second effect waits for the first.
#[test]
fn an_effect_that_outlives_its_claim_is_not_met_by_the_next() {
    let backend = BackendOptions::thin("a").slow(Duration::from_millis(600));
    let world = World::new(Options { lease_ms: LEASE_MS, ..Options::with([backend]).busy() });
    let process = world.process();
    let id = process.create(blank(1)).expect("accepted");
    process.run_until("it is being made", || is_being_made(process));
    process.faults.fail_always("store.commit.before", FailWith::Io);
    process.run_for(Duration::from_millis(250));
    process.faults.calm();
    process.settle();
    assert_eq!(status(process, id), Some(VolumeStatus::Available));
    invariants::assert(process, Residue::None, "after a database that could not be written");
}

/// Killed in the middle of a hundred, several times over.
#[test]
fn what_was_accepted_is_carried_out_whatever_dies_when() {
    let backend = BackendOptions::thick("a", 70).slow(Duration::from_millis(1));
    let mut world = World::new(Options::with([backend]).busy());
    let asked = world.process().create_all(vec![blank(1); 100]);
    let ids: Vec<_> = asked.into_iter().map(|answer| answer.expect("accepted")).collect();
    for pause_ms in [3, 7, 11, 19] {
        world.process().run_for(Duration::from_millis(pause_ms));
        world.crash();
        world.restart();
    }
    let process = world.process();
    process.settle();
    assert_eq!(available(process, &ids), 70);
    invariants::assert(process, Residue::None, "after five lives");
}
