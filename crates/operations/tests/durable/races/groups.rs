//! Groups that want a place for several types, and groups whose volumes change under their hands.

use std::time::Duration;

use model::volume_type::DEFAULT_TYPE_NAME;
use model::{GroupSnapshotStatus, GroupStatus, VolumeStatus};
use operations::group::create::Create;
use operations::group::replication::Change;
use operations::volume::create::Create as NewVolume;
use testkit::invariants::{self, Residue};
use testkit::{BackendOptions, Options, Process, World, blank, consistency_group, plain_group};

use crate::scenarios::group_replication::{options as replicating, replicated, the_group};
use crate::scenarios::{status, volume};

fn group_of(volume_types: &[&str]) -> Create {
    let volume_types = volume_types.iter().map(|name| (*name).to_owned()).collect();
    Create { volume_types, ..consistency_group() }
}

fn group_status(process: &Process, id: model::GroupId) -> GroupStatus {
    let found = process.groups().into_iter().find(|group| group.id == id);
    found.expect("a group").status
}

#[test]
fn a_group_goes_where_all_of_its_types_fit() {
    let world = World::new(Options::with([BackendOptions::thin("a"), BackendOptions::thin("b")]));
    let process = world.process();
    process.add_type("on-a", &[("volume_backend_name", "a")]);
    process.add_type("on-b", &[("volume_backend_name", "b")]);
    for _ in 0..4 {
        let id = process.create_group(group_of(&[DEFAULT_TYPE_NAME, "on-b"])).expect("accepted");
        process.settle();
        let group = process.groups().into_iter().find(|group| group.id == id).expect("a group");
        let host = group.host.as_deref().map(model::service::backend_of);
        assert_eq!((group.status, host), (GroupStatus::Available, Some("host@b")));
    }
    let id = process.create_group(group_of(&["on-a", "on-b"])).expect("accepted");
    process.settle();
    assert_eq!(group_status(process, id), GroupStatus::Error);
    let told = process.told(&id.to_string());
    assert!(told[0].contains("none takes them all"), "{told:?}");
    invariants::assert(process, Residue::None, "after groups were placed");
}

#[test]
fn a_volume_that_two_groups_want_goes_to_the_first() {
    let world = World::new(Options::default());
    let process = world.process();
    process.add_plain_groups();
    let [one, two] = [(); 2].map(|()| process.create_group(plain_group()).expect("accepted"));
    process.settle();
    let wanted = volume(process, 1);
    process.move_volumes(one, &[wanted], &[]).expect("accepted");
    let asked_too = process.move_volumes(two, &[wanted], &[]);
    process.settle();
    assert_eq!(process.members(one), [wanted]);
    assert_eq!(group_status(process, one), GroupStatus::Available);
    match asked_too {
        Ok(()) => {
            assert_eq!(group_status(process, two), GroupStatus::Error);
            assert!(process.told(&two.to_string())[0].contains("already in group"));
        }
        // The first was done before the second was asked for.
        Err(refused) => {
            assert_eq!(group_status(process, two), GroupStatus::Available);
            assert!(format!("{refused:?}").contains("already in group"));
        }
    }
    assert_eq!(status(process, wanted), Some(VolumeStatus::Available));
    invariants::assert(process, Residue::None, "after two groups wanted one volume");
}

#[test]
fn a_consistent_snapshot_fails_when_a_volume_is_attached_meanwhile() {
    let backend = BackendOptions::thin("a").slow(Duration::from_millis(60));
    let world = World::new(Options { lease_ms: 90, ..Options::with([backend]).busy() });
    let process = world.process();
    let group = process.create_group(consistency_group()).expect("accepted");
    process.settle();
    let volume_type = Some(DEFAULT_TYPE_NAME.to_owned());
    let members = [(); 2].map(|()| {
        let group_id = Some(group.to_string());
        let request = NewVolume { group_id, volume_type: volume_type.clone(), ..blank(1) };
        process.create(request).expect("accepted")
    });
    process.settle();
    let whole = process.snapshot_group(group).expect("accepted");
    process.write(move |conn| store::volumes::set_status(conn, members[0], VolumeStatus::InUse));
    process.settle();
    let found = process.group_snapshots();
    assert_eq!(found[0].status, GroupSnapshotStatus::Error);
    let told = process.told(&whole.to_string());
    assert!(told[0].contains("may not show the same moment"), "{told:?}");
    invariants::assert(process, Residue::None, "after a volume was attached");
}

#[test]
fn a_volume_made_in_a_group_without_a_backend_says_so() {
    let world = World::new(Options::with([BackendOptions::thin("a"), BackendOptions::thin("b")]));
    let process = world.process();
    process.add_type("on-a", &[("volume_backend_name", "a")]);
    process.add_type("on-b", &[("volume_backend_name", "b")]);
    let group = process.create_group(group_of(&["on-a", "on-b"])).expect("accepted");
    let request =
        NewVolume { group_id: Some(group.to_string()), volume_type: Some("on-a".to_owned()), ..blank(1) };
    let id = process.create(request).expect("accepted while the group is being made");
    process.settle();
    assert_eq!(status(process, id), Some(VolumeStatus::Error));
    assert!(process.told(&id.to_string())[0].contains("has no backend"));
    process.delete_group(group, true).expect("accepted");
    process.settle();
    assert!(process.groups().is_empty());
    invariants::assert_empty(process, "after the group is gone");
}

/// What joins is replicated with its group from the next time on that this is asked for, and what leaves by itself again.
#[test]
fn a_volume_that_joins_a_replicated_group_waits_for_its_replication() {
    let world = World::new(replicating());
    let process = world.process();
    let members = replicated(process).volumes;
    let group = the_group(process).id;
    let mirrored = NewVolume { volume_type: Some("mirrored".to_owned()), ..blank(1) };
    let newcomer = process.create(mirrored).expect("a volume");
    process.settle();
    let replication =
        |id| process.volume(id).and_then(|volume| volume.replication_status).unwrap_or_default();
    assert_eq!(replication(newcomer), "enabled");

    process.move_volumes(group, &[newcomer], &[]).expect("accepted");
    process.settle();
    assert_eq!(replication(newcomer), "disabled");
    assert!(members.iter().all(|id| replication(*id) == "enabled"));
    let fail_over = Change::FailOver { backend_id: Some("site2".to_owned()), attached_too: false };
    let refused = process.replicate_group(group, fail_over).expect_err("one of it is nowhere else");
    assert!(refused.to_string().contains(&newcomer.to_string()), "{refused}");

    process.move_volumes(group, &[], &[newcomer]).expect("accepted");
    process.settle();
    assert_eq!(replication(newcomer), "enabled");
    process.move_volumes(group, &[newcomer], &[]).expect("accepted");
    process.settle();
    process.replicate_group(group, Change::Enable).expect("accepted");
    process.settle();
    assert!(members.iter().chain([&newcomer]).all(|id| replication(*id) == "enabled"));
    assert_eq!(process.sites().len(), 3);
}
