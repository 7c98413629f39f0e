//! Services that are gone for good, and are forgotten.

use model::pool::AtReport;
use model::service::Binary;
use operations::service::remove::{Stays, remove};
use operations::volume::delete::Options;
use testkit::{Process, World};

use crate::scenarios::written_volume;

fn forget(process: &Process, binary: Binary, host: &str) -> Result<(), Stays> {
    let host = host.to_owned();
    process.write(move |conn| remove(conn, binary, &host))
}

fn silence(process: &Process) {
    process.write(|conn| conn.run("UPDATE services SET heartbeat_at = 0", &[]).map(drop));
}

#[test]
fn a_service_is_forgotten_when_it_is_silent_and_nothing_is_left_with_it() {
    let world = World::new(testkit::Options::default());
    let process = world.process();
    let unknown = forget(process, Binary::Scheduler, "nowhere");
    assert_eq!(unknown, Err(Stays::Unknown { binary: Binary::Scheduler, host: "nowhere".to_owned() }));
    // A backend that nobody here looks after.
    let backend = "gone@lvm";
    let id = written_volume(process, 1);
    process.write(move |conn| {
        store::services::beat(conn, Binary::Volume, backend, "nova", "uuid", true)?;
        let at = AtReport { allocated_gib: 0, placed_gib: 0, pending_gib: 0, changes: 0 };
        store::pools::report(conn, "gone@lvm#pool", "{}", at)?;
        conn.run("UPDATE volumes SET host = 'gone@lvm#pool'", &[]).map(drop)
    });
    assert!(matches!(forget(process, Binary::Volume, backend), Err(Stays::Lives { silent_s: 0..=5 })));
    silence(process);
    assert_eq!(forget(process, Binary::Volume, backend), Err(Stays::Used { volumes: 1, gib: 1 }));
    // What was asked of it waits for it.
    process.delete(id, Options::default()).expect("accepted");
    process.write(|conn| conn.run("UPDATE volumes SET host = NULL", &[]).map(drop));
    assert_eq!(forget(process, Binary::Volume, backend), Err(Stays::Awaited { operations: 1 }));
    process.write(|conn| conn.run("UPDATE operations SET queue = NULL", &[]).map(drop));
    assert_eq!(forget(process, Binary::Volume, backend), Ok(()));
    assert_eq!(process.read(move |conn| store::services::get(conn, Binary::Volume, backend)), None);
    let report = process.read(|conn| store::pools::report_of(conn, "gone@lvm#pool"));
    assert_eq!(report, "");
}
