//! What becomes of volumes while another site takes over.

use std::time::Duration;

use model::VolumeStatus;
use model::service::ReplicationStatus;
use ports::chaos::{FailWith, Faults};
use testkit::{BackendOptions, Options, World};

use crate::scenarios::group_replication::{fail_over, options as replicating, replicated, the_group};
use crate::scenarios::{status, written_volume};

#[test]
fn what_a_volume_became_meanwhile_stays() {
    let backend = BackendOptions::thin("a").replicated_to(&["site2"]).slow(Duration::from_millis(200));
    let world = World::new(Options::with([backend]));
    let process = world.process();
    let (promised, idle) = (written_volume(process, 1), written_volume(process, 1));
    process.write(move |conn| {
        store::volumes::set_replication_status(conn, promised, ReplicationStatus::Enabled)?;
        store::volumes::set_replication_status(conn, idle, ReplicationStatus::Enabled)
    });
    process.fail_over("a", "site2").expect("another site");
    process.run_for(Duration::from_millis(100));
    process.reserve(promised).expect("a promise");
    process.settle();
    let service = process.service("a").expect("a service");
    assert_eq!(service.replication_status, Some(ReplicationStatus::FailedOver));
    assert_eq!(status(process, promised), Some(VolumeStatus::Attaching));
    assert_eq!(status(process, idle), Some(VolumeStatus::Available));
}

/// A failover is for when the site does not work.
#[test]
fn a_backend_that_cannot_be_used_is_failed_over() {
    let backend = BackendOptions::thin("a").replicated_to(&["site2"]);
    let mut world = World::new(Options::with([backend]));
    let disk = written_volume(world.process(), 1);
    let replicated = move |conn: &store::Conn<'_>| {
        store::volumes::set_replication_status(conn, disk, ReplicationStatus::Enabled)
    };
    world.process().write(replicated);
    let broken = Faults::new();
    broken.fail_always("driver.", FailWith::Refused);
    world.restart_with(broken).expect("a process whose backend does not work");
    let process = world.process();
    let replication = || process.service("a").expect("a service").replication_status;

    // It ends, whatever the backend can.
    process.fail_over("a", "site2").expect("another site");
    process.settle();
    assert_eq!(replication(), Some(ReplicationStatus::FailoverError));
    let told = process.told("host@a");
    assert!(told.len() == 1 && told[0].contains("injected fault"), "{told:?}");

    // A site that is none changes nothing.
    process.fail_over("a", "moon").expect("any site");
    process.settle();
    assert_eq!(replication(), Some(ReplicationStatus::FailoverError));

    // Only what is asked of the first site fails.
    process.faults.fail_always("driver.check", FailWith::Refused);
    process.fail_over("a", "site2").expect("another site");
    process.settle();
    assert_eq!(replication(), Some(ReplicationStatus::FailedOver));
    assert_eq!(status(process, disk), Some(VolumeStatus::Available));

    // What waits for the backend is done when it works.
    process.delete(disk, Default::default()).expect("accepted");
    process.run_for(Duration::from_millis(200));
    assert_eq!(status(process, disk), Some(VolumeStatus::Deleting));
    process.faults.calm();
    process.settle();
    assert_eq!(status(process, disk), None);
}

#[test]
fn so_is_a_group_that_is_replicated_by_itself() {
    let mut world = World::new(replicating());
    replicated(world.process());
    let broken = Faults::new();
    broken.fail_always("driver.check", FailWith::Refused);
    world.restart_with(broken).expect("a process whose backend does not work");
    let process = world.process();
    fail_over(process, "site2").expect("another site");
    process.settle();
    assert_eq!(the_group(process).replication_status, ReplicationStatus::FailedOver);
}
