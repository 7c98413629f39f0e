//! Volumes that only the host of a server can grow, and nobody who could.

use model::VolumeStatus;
use testkit::invariants::{self, Residue};
use testkit::{Options, Process, World, host};

use crate::scenarios::{assert_written, extend, written_volume};

/// Asserts that growing a volume that `attach` has attached is refused, and that its owner is told of `why`.
fn assert_refused(options: Options, attach: fn(&Process, model::VolumeId), why: &str) {
    let world = World::new(options);
    let process = world.process();
    let id = written_volume(process, 1);
    attach(process, id);
    process.extend(id, 2).expect("accepted");
    process.settle();
    let volume = process.volume(id).expect("a volume");
    assert_eq!((volume.status, volume.size_gib), (VolumeStatus::ErrorExtending, 1));
    let told = process.told(&id.to_string());
    assert!(told.len() == 1 && told[0].contains(why), "{told:?}");
    assert!(process.told_compute().is_empty(), "nobody was asked");
    assert_written(process, id, 1);
    invariants::assert(process, Residue::None, why);
}

#[test]
fn two_servers_have_it() {
    let attach = |process: &Process, id| {
        process.write(|conn| conn.run("UPDATE volumes SET multiattach = 1", &[]).map(drop));
        for name in ["one", "two"] {
            let attachment = process.attach(id, Some(host(name))).expect("attached");
            process.complete(attachment).expect("complete");
        }
    };
    assert_refused((extend::BY_HOST.options)(), attach, "it has 2 attachments, not 1");
}

#[test]
fn what_has_it_is_no_server() {
    let attach = |process: &Process, id| {
        let attachment = process.attach(id, Some(host("one"))).expect("attached");
        process.complete(attachment).expect("complete");
    };
    assert_refused((extend::BY_HOST.options)(), attach, "no server has it");
}

#[test]
fn no_compute_service_is_configured() {
    let attach = |process: &Process, id| {
        process.attach_to_server(id, host("one")).expect("attached");
    };
    let options = Options { has_compute: false, ..(extend::BY_HOST.options)() };
    assert_refused(options, attach, "no compute service is configured ([nova])");
}
