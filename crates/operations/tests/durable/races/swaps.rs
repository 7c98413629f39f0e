//! Answers of the compute service that say something else than it does.

use model::{MigrationStatus, VolumeStatus};
use operations::volume::delete;
use ports::chaos::FailWith;
use testkit::crash::Ending;
use testkit::invariants::{self, Residue};
use testkit::{Options, World, blank_of_type, host};

use crate::scenarios::{encrypted_move, swap};

/// The first request was heard, though its answer was not, and the second came too late.
#[test]
fn what_was_copied_before_it_was_refused_has_moved() {
    for told_late in [false, true] {
        let world = World::new((swap::MIGRATE.options)());
        let process = world.process();
        let things = (swap::MIGRATE.prepare)(process);
        if told_late {
            process.faults.fail_always("store.compute.swap.after", FailWith::Io);
        } else {
            process.deny_copies();
        }
        (swap::MIGRATE.act)(process, &things).expect("accepted");
        process.settle();
        process.faults.calm();
        assert_eq!((swap::MIGRATE.ending)(process, &things), Ending::Done);
        invariants::assert(process, Residue::None, "copied by a compute service that says otherwise");
    }
}

/// Its server goes on using it, and may let it go.
#[test]
fn what_a_server_uses_is_not_in_maintenance() {
    let world = World::new((swap::MIGRATE.options)());
    let process = world.process();
    let things = (swap::MIGRATE.prepare)(process);
    process.migrate(things.volumes[0], "b", true).expect("accepted");
    let meanwhile = process.volume(things.volumes[0]).expect("a volume");
    assert_eq!(meanwhile.status, VolumeStatus::InUse);
    assert_eq!(meanwhile.migration_status, Some(MigrationStatus::Starting));
    process.settle();
    assert_eq!((swap::MIGRATE.ending)(process, &things), Ending::Done);
}

/// A compute service that is not there yet is asked again; one that stays away is given up, and all is as it was.
#[test]
fn who_is_not_there_is_asked_again() {
    for (comes_back, right) in [(true, Ending::Done), (false, Ending::Failed)] {
        let world = World::new((encrypted_move::MIGRATE_ATTACHED.options)());
        let process = world.process();
        let things = (encrypted_move::MIGRATE_ATTACHED.prepare)(process);
        let asking = "store.compute.swap.before";
        match comes_back {
            true => process.faults.fail_next(asking, FailWith::Io),
            false => process.faults.fail_always(asking, FailWith::Io),
        }
        (encrypted_move::MIGRATE_ATTACHED.act)(process, &things).expect("accepted");
        process.settle();
        process.faults.calm();
        let asked = process.faults.trace().into_iter().filter(|point| *point == asking).count();
        assert_eq!(asked, if comes_back { 2 } else { 4 });
        assert_eq!((encrypted_move::MIGRATE_ATTACHED.ending)(process, &things), right);
        invariants::assert(process, Residue::None, "a compute service that is away");
    }
}

/// What is left of a copy in vain has a key of its own: when it is deleted, the volume can still be opened.
#[test]
fn what_an_encrypted_volume_was_to_be_copied_to_does_not_take_its_key_along() {
    let world = World::new((encrypted_move::MIGRATE_ATTACHED.options)());
    let process = world.process();
    let things = (encrypted_move::MIGRATE_ATTACHED.prepare)(process);
    let before = process.volume(things.volumes[0]).and_then(|it| it.encryption_key_id).expect("a key");
    let secret = process.key(before).expect("the key").secret;
    process.copy_in_vain();
    process.faults.fail_always("driver.remove_volume.before", FailWith::Refused);
    (encrypted_move::MIGRATE_ATTACHED.act)(process, &things).expect("accepted");
    process.settle();
    process.faults.calm();
    let (volumes, _) = invariants::everything(process);
    let left = volumes.into_iter().find(|id| !things.volumes.contains(id)).expect("what is left");
    let key_of = |id| process.volume(id).and_then(|it| it.encryption_key_id);
    let left_key = key_of(left).expect("a key of its own");
    assert_ne!(left_key, before);
    assert_eq!(process.key(left_key).expect("a copy").secret.expose(), secret.expose());
    assert_eq!(process.volume(left).map(|it| it.status), Some(VolumeStatus::ErrorDeleting));
    assert_eq!(
        process.volume(left).map(|it| it.consumes_quota),
        Some(true),
        "its project is charged with it"
    );
    let by_force = delete::Options { force: true, ..delete::Options::default() };
    process.delete(left, by_force).expect("a volume that can be deleted");
    process.settle();
    assert_eq!(process.volume(left), None);
    assert!(process.key(left_key).is_err(), "its key went with it");
    assert_eq!(process.key(before).expect("the volume's own stays").secret.expose(), secret.expose());
    assert_eq!(key_of(things.volumes[0]), Some(before));
    assert_eq!((encrypted_move::MIGRATE_ATTACHED.ending)(process, &things), Ending::Failed);
    invariants::assert(process, Residue::None, "copied in vain");
}

/// The compute service would copy for one server only; the others would go on writing to what is removed.
#[test]
fn what_several_servers_use_stays_where_it_is() {
    let world = World::new((swap::MIGRATE.options)());
    let process = world.process();
    process.add_type("many", &[("multiattach", "<is> True")]);
    process.add_type("gold", &[("volume_backend_name", "b"), ("multiattach", "<is> True")]);
    let id = process.create(blank_of_type(1, "many")).expect("accepted");
    process.settle();
    let before = process.volume(id).expect("a volume").host;
    for name in ["h", "i"] {
        process.attach_to_server(id, host(name)).expect("attached");
    }
    process.migrate(id, "b", false).expect("accepted");
    process.settle();
    process.retype(id, "gold", true).expect("accepted");
    process.settle();
    let volume = process.volume(id).expect("a volume");
    assert_eq!((volume.status, volume.host), (VolumeStatus::InUse, before));
    let told = process.told(&id.to_string());
    let why = "exactly one server, which the compute service has copy it, and to nothing else: it has 2 attachments.";
    assert_eq!(told.iter().filter(|told| told.contains(why)).count(), 2, "{told:?}");
    invariants::assert(process, Residue::None, "used by several servers");
}

#[test]
fn what_a_server_uses_stays_where_it_is_when_nobody_can_copy_it() {
    let world = World::new(Options { has_compute: false, ..(swap::MIGRATE.options)() });
    let process = world.process();
    let things = (swap::MIGRATE.prepare)(process);
    let id = things.volumes[0];
    assert!(process.migrate(id, "b", false).is_err(), "it says so at once");
    process.retype(id, "gold", true).expect("accepted");
    process.settle();
    assert_eq!((swap::MIGRATE.ending)(process, &things), Ending::Failed);
    let told = process.told(&id.to_string());
    assert!(told[0].contains("none is configured ([nova])"), "{told:?}");
    invariants::assert(process, Residue::None, "nobody copies");
}
