//! What a retype changes beside the type.

use model::{VolumeId, VolumeStatus};
use operations::volume::create::Create;
use testkit::invariants::{self, Residue};
use testkit::{BackendOptions, Options, Process, World, blank};

use crate::scenarios::{snapshot_of, written_volume};

const REPLICATED: &[(&str, &str)] = &[("replication_enabled", "<is> True")];

fn replication(process: &Process, id: VolumeId) -> Option<String> {
    process.volume(id).and_then(|volume| volume.replication_status)
}

fn retyped(process: &Process, id: VolumeId, new_type: &str) {
    process.retype(id, new_type, false).expect("accepted");
    process.settle();
    assert_eq!(process.told(&id.to_string()), Vec::<String>::new());
}

#[test]
fn a_volume_is_replicated_as_its_new_type_says() {
    let world = World::new(Options::with([BackendOptions::thin("a").replicated_to(&["site2"])]));
    let process = world.process();
    process.add_type("replicated", REPLICATED);
    process.add_type("as replicated", REPLICATED);
    process.add_type("plain", &[]);
    let id = written_volume(process, 1);
    retyped(process, id, "replicated");
    assert_eq!(replication(process, id).as_deref(), Some("enabled"));
    // The other site has it now.
    process.fail_over("a", "site2").expect("another site");
    process.settle();
    assert_eq!(replication(process, id).as_deref(), Some("failed-over"));
    assert_eq!(process.volume(id).map(|it| it.status), Some(VolumeStatus::Available));
    process.fail_over("a", "default").expect("the first site");
    process.settle();
    retyped(process, id, "as replicated");
    assert_eq!(replication(process, id).as_deref(), Some("enabled"));
    retyped(process, id, "plain");
    assert_eq!(replication(process, id).as_deref(), Some("disabled"));
    invariants::assert(process, Residue::None, "retyped where it is");
}

#[test]
fn what_is_replicated_is_not_moved_for_its_type() {
    let backends = [BackendOptions::thin("a").replicated_to(&["site2"]), BackendOptions::thick("b", 4)];
    let world = World::new(Options::with(backends));
    let process = world.process();
    let replicated = process.add_type("replicated", REPLICATED);
    process.add_type("gold", &[("volume_backend_name", "b")]);
    let request = Create { volume_type: Some("replicated".to_owned()), ..blank(1) };
    let id = process.create(request).expect("a volume");
    process.settle();
    process.retype(id, "gold", true).expect("accepted");
    process.settle();
    let told = process.told(&id.to_string());
    assert!(told.len() == 1 && told[0].contains("Volume must not be replicated."), "{told:?}");
    let stays = process.volume(id).expect("a volume");
    assert_eq!(stays.host.as_deref(), Some("host@a#pool"));
    assert_eq!((stays.status, stays.volume_type_id), (VolumeStatus::Available, replicated));
    assert_eq!(stays.replication_status.as_deref(), Some("enabled"));
}

#[test]
fn snapshots_get_the_type_of_their_volume() {
    let world = World::new(Options::with([BackendOptions::thin("a")]));
    let process = world.process();
    let gold = process.add_type("gold", &[]);
    let id = written_volume(process, 1);
    let old = process.volume(id).expect("a volume").volume_type_id;
    let snapshot = snapshot_of(process, id);
    retyped(process, id, "gold");
    assert_eq!(process.snapshot_row(snapshot).map(|it| it.volume_type_id), Some(gold));
    let project = process.volume(id).expect("a volume").project_id;
    let usage = process.read(move |conn| store::quotas::usage(conn, &project));
    let used = |key: String| usage.get(&key).copied().unwrap_or(0);
    assert_eq!((used(format!("snapshots:{old}")), used(format!("gigabytes:{old}"))), (0, 0));
    assert_eq!((used(format!("snapshots:{gold}")), used(format!("gigabytes:{gold}"))), (1, 2));
    invariants::assert(process, Residue::None, "retyped with a snapshot");
}
