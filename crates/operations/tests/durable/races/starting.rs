//! What is asked for before a backend has reported for the first time.

use model::VolumeStatus;
use ports::chaos::Faults;
use testkit::invariants::{self, Residue};
use testkit::{BackendOptions, Options, Process, World, blank, blank_of_type};

use crate::scenarios::{status, volume};

/// Runs until what was asked for waits, and says for what.
fn waits_for(process: &Process) -> String {
    let waiting = || process.pending().into_iter().find_map(|operation| operation.last_error);
    process.run_until("something waits", || waiting().is_some());
    waiting().expect("something waits")
}

/// The process of the backend `b` has begun to bring it up.
fn begin_b(process: &Process) {
    process.write(|conn| store::services::start(conn, "host@b", "nova", "uuid of b"));
}

#[test]
fn the_first_backend_of_all_is_waited_for() {
    let mut world = World::new(Options::with([]));
    let asked = world.process().create(blank(2)).expect("accepted");
    let told = waits_for(world.process());
    assert_eq!(told, "waiting for the first report of any backend: no backend has reported yet");
    assert_eq!(status(world.process(), asked), Some(VolumeStatus::Creating));
    world.set_backends([BackendOptions::thin("a")]);
    world.restart();
    world.process().settle();
    assert_eq!(status(world.process(), asked), Some(VolumeStatus::Available));
    invariants::assert(world.process(), Residue::None, "after the first report");
}

#[test]
fn who_waits_for_a_first_report_survives_being_killed_at_every_point() {
    for point in 1..=12 {
        let mut world = World::new(Options::with([]));
        let faults = Faults::new();
        world.restart_with(faults.clone()).expect("a process that lives on");
        faults.crash_at(faults.count() + point);
        let asked = world.process().create(blank(2));
        world.process().run_until("it is killed", || faults.is_crashed());
        world.set_backends([BackendOptions::thin("a")]);
        world.restart();
        world.process().settle();
        let (volumes, _) = invariants::everything(world.process());
        assert!(volumes.len() == 1 || asked.is_err(), "killed at {point}");
        for id in volumes {
            assert_eq!(status(world.process(), id), Some(VolumeStatus::Available), "killed at {point}");
        }
        invariants::assert(world.process(), Residue::None, &format!("killed at {point}"));
    }
}

#[test]
fn a_backend_that_was_just_started_is_waited_for_where_no_other_will_do() {
    let mut world = World::new(Options::with([BackendOptions::thick("a", 5)]).busy());
    let process = world.process();
    process.add_type("gold", &[("volume_backend_name", "b")]);
    let on_a = volume(process, 1);
    begin_b(process);
    let golden = process.create(blank_of_type(1, "gold")).expect("accepted");
    let told = waits_for(process);
    assert!(told.starts_with("waiting for the first report of host@b: 1 backend: "), "{told}");
    // Nobody waits who is served already, or who can only be served elsewhere.
    let small = process.create(blank(1)).expect("accepted");
    process.run_until("the other volume is there", || process.pending().len() == 1);
    process.extend(on_a, 9).expect("accepted");
    process.run_until("it is refused to grow", || process.pending().len() == 1);
    assert_eq!(status(process, small), Some(VolumeStatus::Available));
    assert_eq!(process.volume(on_a).map(|volume| volume.size_gib), Some(1));
    world.set_backends([BackendOptions::thick("a", 5), BackendOptions::thin("b")]);
    world.restart();
    world.process().settle();
    let golden = world.process().volume(golden).expect("a volume");
    assert_eq!((golden.status, golden.host.as_deref()), (VolumeStatus::Available, Some("host@b#pool")));
    invariants::assert(world.process(), Residue::None, "after the first report of the second");
}

#[test]
fn a_backend_that_did_not_report_in_time_is_named_and_not_waited_for() {
    let world = World::new(Options::with([BackendOptions::thick("a", 5)]));
    let process = world.process();
    begin_b(process);
    process.write(|conn| conn.run("UPDATE services SET started_at = 1 WHERE host = 'host@b'", &[]).map(drop));
    let large = process.create(blank(6)).expect("accepted");
    process.settle();
    assert_eq!(status(process, large), Some(VolumeStatus::Error));
    let told = process.told(&large.to_string()).remove(0);
    assert!(told.contains("6 GiB asked, 5 free; host@b did not report since the start"), "{told}");
}

#[test]
fn a_first_report_is_not_waited_for_for_ever() {
    let configure = |settings: &mut operations::Settings| settings.service_down_time_s = 1;
    let world = World::new(Options { configure, ..Options::with([]) });
    let process = world.process();
    let asked = process.create(blank(2)).expect("accepted");
    process.settle();
    assert_eq!(status(process, asked), Some(VolumeStatus::Error));
    let told = process.told(&asked.to_string()).remove(0);
    let waited = "no backend has reported yet; waited 1 s for the first report of any backend";
    assert!(told.contains(waited), "{told}");
}
