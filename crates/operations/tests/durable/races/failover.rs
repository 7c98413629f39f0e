//! What becomes of volumes while another site takes over.

use std::time::Duration;

use model::VolumeStatus;
use model::service::ReplicationStatus;
use testkit::{BackendOptions, Options, World};

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
