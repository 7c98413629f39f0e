//! The last gibibyte is given away once, and never withheld.

use std::time::Duration;

use operations::volume::delete;
use testkit::invariants::{self, Residue};
use testkit::{BackendOptions, Options, World, blank};

use super::available;
use crate::scenarios::{snapshot_of, volume};

#[test]
fn a_hundred_at_once_get_exactly_what_there_is() {
    let world = World::new(Options::with([BackendOptions::thick("a", 40)]).busy());
    let process = world.process();
    let asked = process.create_all(vec![blank(1); 100]);
    let ids: Vec<_> = asked.into_iter().map(|answer| answer.expect("accepted")).collect();
    process.settle();
    assert_eq!(available(process, &ids), 40);
    let refused = ids.iter().find(|id| process.volume(**id).is_some_and(|it| it.host.is_none()));
    let told = process.told(&refused.expect("a refused volume").to_string()).remove(0);
    assert!(told.contains("1 GiB asked, 0 free"), "{told}");
    invariants::assert(process, Residue::None, "after a hundred creations");
}

#[test]
fn a_hundred_are_made_and_removed_at_once() {
    let world = World::new(Options::default().busy());
    let process = world.process();
    let ids: Vec<_> = process.create_all(vec![blank(1); 100]).into_iter().map(Result::unwrap).collect();
    process.settle();
    assert_eq!(available(process, &ids), 100);
    for id in ids {
        process.delete(id, delete::Options::default()).expect("accepted");
    }
    process.settle();
    invariants::assert_empty(process, "after a hundred deletions");
}

/// Reports that are taken while volumes are being made see some of them and not others.
#[test]
fn reports_in_the_middle_withhold_nothing() {
    let options = Options {
        report_every: Duration::from_millis(5),
        ..Options::with([BackendOptions::thick("a", 60).answering_after(Duration::from_millis(20))]).busy()
    };
    let world = World::new(options);
    let process = world.process();
    let mut ids = Vec::new();
    for _ in 0..60 {
        ids.push(process.create(blank(1)).expect("accepted"));
        process.run_for(Duration::from_millis(1));
    }
    process.settle();
    assert_eq!(available(process, &ids), 60);
    let one_more = process.create(blank(1)).expect("accepted");
    process.settle();
    assert_eq!(available(process, &[one_more]), 0);
    invariants::assert(process, Residue::None, "after a hundred creations under reports");
}

#[test]
fn what_was_given_back_can_be_had_at_once() {
    let world = World::new(Options::with([BackendOptions::thick("a", 10)]).busy());
    let process = world.process();
    let mut last = volume(process, 10);
    for _ in 0..3 {
        process.delete(last, delete::Options::default()).expect("accepted");
        process.settle();
        last = volume(process, 10);
    }
}

#[test]
fn what_a_snapshot_gave_back_can_be_had_at_once() {
    let mut world = World::new(Options::with([BackendOptions::thick("a", 9)]).busy());
    let origin = volume(world.process(), 3);
    let snapshots = [snapshot_of(world.process(), origin), snapshot_of(world.process(), origin)];
    // The next process begins with a report that says that all is full, and nothing has changed since.
    world.restart();
    let process = world.process();
    for snapshot in snapshots {
        process.delete_snapshot(snapshot, false).expect("accepted");
        process.settle();
        // Long enough for the report that follows the first; the one after the second comes a second later.
        process.run_for(Duration::from_millis(50));
    }
    volume(process, 6);
}

/// Snapshots are charged to no pool; it is the backend that has the last word on their space.
#[test]
fn snapshots_at_once_get_exactly_what_there_is() {
    let world = World::new(Options::with([BackendOptions::thick("a", 10)]).busy());
    let process = world.process();
    let origin = volume(process, 1);
    let taken: Vec<_> = (0..20).map(|_| process.snapshot(origin).expect("accepted")).collect();
    process.settle();
    let made = taken.iter().filter_map(|id| process.snapshot_row(*id));
    assert_eq!(made.filter(|snapshot| snapshot.status == model::SnapshotStatus::Available).count(), 9);
    invariants::assert(process, Residue::None, "after twenty snapshots");
}

/// Each is charged when it is accepted, so together they seem to be too much for the pool.
#[test]
fn growing_at_once_gets_exactly_what_there_is() {
    let world = World::new(Options::with([BackendOptions::thick("a", 15)]).busy());
    let process = world.process();
    let ids: Vec<_> = (0..10).map(|_| volume(process, 1)).collect();
    for id in &ids {
        process.extend(*id, 2).expect("accepted");
    }
    process.settle();
    let grown = ids.iter().filter(|id| process.volume(**id).is_some_and(|it| it.size_gib == 2));
    assert_eq!(grown.count(), 5);
    assert_eq!(available(process, &ids), 10);
    invariants::assert(process, Residue::None, "after growing ten");
}

#[test]
fn what_is_given_back_after_growing_failed_can_be_had_at_once() {
    let world = World::new(Options::with([BackendOptions::thick("a", 10)]).busy());
    let process = world.process();
    let grows = volume(process, 5);
    process.extend(grows, 11).expect("accepted");
    process.settle();
    assert_eq!(process.volume(grows).unwrap().size_gib, 5);
    process.extend(grows, 10).expect("accepted");
    process.settle();
    assert_eq!(process.volume(grows).unwrap().size_gib, 10);
    invariants::assert(process, Residue::None, "after growing twice");
}

#[test]
fn a_refusal_of_what_is_too_large_in_any_case_comes_at_once() {
    let world = World::new(Options::with([BackendOptions::thick("a", 10)]).busy());
    let process = world.process();
    let begun = std::time::Instant::now();
    let id = process.create(blank(11)).expect("accepted");
    process.settle();
    assert_eq!(available(process, &[id]), 0);
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
}

/// Refused by the only backend there is, it is on none: nothing is charged for it, and it is deleted at once.
#[test]
fn a_volume_that_every_backend_refused_is_on_none() {
    let options = Options {
        configure: |settings| {
            let mut policy = placement::Policy::default();
            policy.filters.push(placement::Filter::IgnoreAttemptedHosts);
            settings.placement = std::sync::Arc::new(policy);
        },
        ..Options::with([BackendOptions::thick("a", 5).boasting(100)]).busy()
    };
    let world = World::new(options);
    let process = world.process();
    let id = process.create(blank(10)).expect("accepted");
    process.settle();
    let refused = process.volume(id).expect("a volume");
    assert_eq!((refused.status, refused.host), (model::VolumeStatus::Error, None));
    let told = process.told(&id.to_string()).remove(0);
    assert!(told.contains("no space"), "{told}");
    invariants::assert(process, Residue::None, "after a refusal by all");
    process.delete(id, delete::Options::default()).expect("accepted");
    assert!(process.volume(id).is_none());
}
