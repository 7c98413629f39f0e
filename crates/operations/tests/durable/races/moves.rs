//! Moving volumes while others want something of them.

use std::time::Duration;

use model::{MigrationStatus, VolumeStatus};
use operations::volume::delete;
use ports::chaos::FailWith;
use testkit::invariants::{self, Residue};
use testkit::{Apart, BackendOptions, Options, Process, World, content, from_volume, host as connector};

use store::backend_processes::BackendProcess;

use crate::scenarios::{SEED, snapshot_of, status, written_volume};

/// Two backends whose effects take `ms`; volumes begin on `a`, which is larger.
fn slow(ms: u64) -> World {
    let backends = [("a", 100), ("b", 50)]
        .map(|(name, gib)| BackendOptions::thick(name, gib).slow(Duration::from_millis(ms)));
    World::new(Options { lease_ms: 90, ..Options::with(backends).busy() })
}

fn host(process: &testkit::Process, id: model::VolumeId) -> String {
    process.volume(id).and_then(|volume| volume.host).unwrap_or_default()
}

#[test]
fn what_moves_is_left_alone_and_copied_where_it_was() {
    for pause_ms in [0, 5, 10, 20, 40, 60] {
        let world = slow(10);
        let process = world.process();
        let id = written_volume(process, 1);
        let before = process.create(from_volume(1, id)).expect("accepted");
        process.migrate(id, "b", false).expect("accepted");
        process.run_for(Duration::from_millis(pause_ms));
        let has_moved =
            || process.volume(id).is_none_or(|it| it.migration_status == Some(MigrationStatus::Success));
        if !has_moved() {
            let forced = delete::Options { cascade: false, force: true };
            let accepted = [
                process.migrate(id, "b", false).is_ok(),
                process.extend(id, 4).is_ok(),
                process.snapshot(id).is_ok(),
                process.delete(id, forced).is_ok(),
            ];
            if accepted.contains(&true) {
                assert!(has_moved(), "{accepted:?} while it was migrating");
                continue;
            }
        }
        let meanwhile = process.create(from_volume(1, id)).expect("accepted");
        process.settle();
        let moved = process.volume(id).unwrap();
        assert_eq!((host(process, id).as_str(), moved.status), ("host@b#pool", VolumeStatus::Available));
        for id in [before, id, meanwhile] {
            let volume = process.volume(id).unwrap();
            assert_eq!(volume.status, VolumeStatus::Available, "{:?}", process.told(&id.to_string()));
            content::check(process, &volume, Some(SEED), 1).unwrap();
        }
        invariants::assert(process, Residue::None, &format!("migrated, asked after {pause_ms} ms"));
    }
}

#[test]
fn nothing_is_moved_to_where_nobody_can_copy_it() {
    let backends = [BackendOptions::thick("a", 8), BackendOptions::thick("b", 4)];
    let world = World::new(Options { apart: Apart::Processes, ..Options::with(backends) });
    let process = world.process();
    process.add_type("gold", &[("volume_backend_name", "b")]);
    let id = written_volume(process, 1);
    let known = process.read(store::backend_processes::list);
    let b = known.iter().find(|it| it.host == "host@b").cloned().unwrap();
    let put = |new: BackendProcess| process.write(move |conn| store::backend_processes::put(conn, &new));
    put(BackendProcess { machine: "another".to_owned(), ..b.clone() });
    let refused = process.migrate(id, "b", true).unwrap_err().to_string();
    assert!(refused.contains("another machine"), "{refused}");
    process.retype(id, "gold", true).expect("accepted");
    process.settle();
    let told = process.told(&id.to_string());
    assert!(
        told.iter().any(|it| it.contains("of 1 pools that would do, 1 are out of reach: host@b is")),
        "{told:?}"
    );
    let stays = process.volume(id).unwrap();
    let found = (host(process, id), stays.status, stays.migration_status);
    assert_eq!(found, ("host@a#pool".to_owned(), VolumeStatus::Available, None));

    put(b);
    process.retype(id, "gold", true).expect("accepted");
    process.settle();
    assert_eq!(host(process, id), "host@b#pool");
    content::check(process, &process.volume(id).unwrap(), Some(SEED), 1).unwrap();
    invariants::assert(process, Residue::None, "moved as soon as it could be");
}

#[test]
fn an_abandoned_migration_leaves_the_volume_where_it_is_or_ends() {
    for pause_ms in [0, 5, 10, 20, 30, 40, 60, 80, 100] {
        let world = slow(10);
        let process = world.process();
        let id = written_volume(process, 1);
        process.migrate(id, "b", true).expect("accepted");
        assert_eq!(status(process, id), Some(VolumeStatus::Maintenance));
        process.run_for(Duration::from_millis(pause_ms));
        process.abandon(id);
        process.settle();
        let volume = process.volume(id).unwrap();
        let told = process.told(&id.to_string());
        match volume.migration_status {
            Some(MigrationStatus::Error) => {
                assert_eq!((host(process, id).as_str(), told.len()), ("host@a#pool", 1));
            }
            Some(MigrationStatus::Success) => {
                assert_eq!((host(process, id).as_str(), told.len()), ("host@b#pool", 0))
            }
            other => panic!("{other:?} after {pause_ms} ms"),
        }
        assert_eq!(volume.status, VolumeStatus::Available);
        content::check(process, &volume, Some(SEED), 1).unwrap();
        invariants::assert(process, Residue::None, &format!("abandoned after {pause_ms} ms"));
    }
}

#[test]
fn what_could_not_be_removed_goes_before_the_next_move_or_with_the_volume() {
    for deleted in [false, true] {
        let world = World::new(Options::with([BackendOptions::thick("a", 8), BackendOptions::thick("b", 4)]));
        let process = world.process();
        let id = written_volume(process, 1);
        process.faults.fail_always("driver.remove_volume.before", FailWith::Refused);
        process.migrate(id, "b", false).expect("accepted");
        process.settle();
        // The copy could not begin, because what might be in its place could not be removed.
        assert_eq!(host(process, id), "host@a#pool");
        assert_eq!(process.read(store::copies::list).len(), 1);
        invariants::assert(process, Residue::None, "a copy is left");
        process.faults.calm();
        if deleted {
            process.delete(id, delete::Options::default()).expect("accepted");
            process.settle();
            invariants::assert_empty(process, "deleted with its copy");
        } else {
            process.migrate(id, "b", false).expect("accepted");
            process.settle();
            assert_eq!(host(process, id), "host@b#pool");
            content::check(process, &process.volume(id).unwrap(), Some(SEED), 1).unwrap();
            invariants::assert(process, Residue::None, "moved after all");
        }
    }
}

/// Two names for one directory: the copy would be the volume.
#[test]
fn a_backend_that_is_the_same_storage_is_refused_and_nothing_is_lost() {
    let world = World::new(Options::with([BackendOptions::thick("a", 8), BackendOptions::thick("b", 4)]));
    let process = world.process();
    let id = written_volume(process, 1);
    let there = ports::volume::VolumeRef {
        id,
        size_gib: 1,
        pool: None,
        provider_location: None,
        provider_auth: None,
    };
    process.driver("b").ensure_volume(&ports::Work::new(), &there, None).unwrap();
    process.migrate(id, "b", false).expect("accepted");
    process.settle();
    assert_eq!(host(process, id), "host@a#pool");
    let told = process.told(&id.to_string());
    assert!(told.iter().any(|told| told.contains("has a volume of that identifier already")), "{told:?}");
    process.driver("b").open_volume(&there, ports::volume::Access::Read).expect("what was there is there");
    process.driver("b").remove_volume(&ports::Work::new(), &there).unwrap();
    invariants::assert(process, Residue::None, "refused");
}

#[test]
fn a_retype_that_may_not_move_or_cannot_says_why() {
    let world = World::new(Options::with([BackendOptions::thick("a", 8), BackendOptions::thick("b", 4)]));
    let process = world.process();
    process.add_type("gold", &[("volume_backend_name", "b")]);
    let id = written_volume(process, 1);
    process.retype(id, "gold", false).expect("accepted");
    assert_eq!(status(process, id), Some(VolumeStatus::Retyping));
    process.settle();
    let told = process.told(&id.to_string());
    assert!(told[0].contains("Retype requires migration but is not allowed."), "{told:?}");

    snapshot_of(process, id);
    process.retype(id, "gold", true).expect("accepted");
    process.settle();
    let told = process.told(&id.to_string());
    assert!(told.iter().any(|told| told.contains("Volume must not have snapshots.")), "{told:?}");
    assert!(process.migrate(id, "b", false).is_err(), "it has a snapshot");
    assert_eq!(status(process, id), Some(VolumeStatus::Available));

    process.add_type("silver", &[("volume_backend_name", "a")]);
    process.retype(id, "silver", false).expect("accepted");
    process.settle();
    assert!(process.retype(id, "silver", false).is_err(), "it is silver");
    invariants::assert(process, Residue::None, "retyped with a snapshot");
}

type Visit = fn(&Process, model::VolumeId) -> Result<String, operations::Refused>;

/// Each lets a host in, or promises it, sees where the volume is then, and lets the host go.
const VISITS: [(&str, Visit); 4] = [
    ("an attachment", |process, id| {
        let attachment = process.attach(id, Some(connector("h")))?;
        let at = host(process, id);
        process.detach(attachment).map(|()| at)
    }),
    ("a promise", |process, id| {
        let attachment = process.attach(id, None)?;
        process.connect(attachment, connector("h"))?;
        let at = host(process, id);
        process.detach(attachment).map(|()| at)
    }),
    ("a connection", |process, id| {
        process.initialize_connection(id, connector("h"))?;
        let at = host(process, id);
        process.terminate_connection(id, Some(connector("h"))).map(|()| at)
    }),
    ("a note", |process, id| {
        process.note_attached(id, "h")?;
        let at = host(process, id);
        process.note_detached(id).map(|()| at)
    }),
];

/// What the host has written would not be in the copy.
#[test]
fn a_host_that_was_in_while_a_volume_was_copied_keeps_it_where_it_was() {
    let mut kept = 0;
    for (what, visit) in VISITS {
        for pause_ms in [0, 10, 20, 40, 80] {
            let world = slow(20);
            let process = world.process();
            let id = written_volume(process, 1);
            process.migrate(id, "b", false).expect("accepted");
            process.run_for(Duration::from_millis(pause_ms));
            let at = visit(process, id).expect("a host is let in");
            process.settle();
            assert_eq!(host(process, id), at, "{what} after {pause_ms} ms");
            let volume = process.volume(id).unwrap();
            let told = process.told(&id.to_string());
            match volume.migration_status {
                Some(MigrationStatus::Error) => {
                    kept += 1;
                    assert_eq!(at, "host@a#pool");
                    assert!(told.iter().any(|it| it.contains("it was attached before")), "{what}: {told:?}");
                }
                other => assert_eq!((other, told.len()), (Some(MigrationStatus::Success), 0)),
            }
            assert_eq!(volume.status, VolumeStatus::Available);
            content::check(process, &volume, Some(SEED), 1).unwrap();
            invariants::assert(process, Residue::None, &format!("{what} after {pause_ms} ms"));
        }
    }
    assert!(kept > VISITS.len(), "hardly any came in time: {kept}");
}

#[test]
fn a_host_that_connects_while_a_volume_is_retyped_keeps_it_where_it_was() {
    let world = slow(40);
    let process = world.process();
    process.add_type("gold", &[("volume_backend_name", "b")]);
    let id = written_volume(process, 1);
    process.retype(id, "gold", true).expect("accepted");
    assert!(process.attach(id, None).is_err(), "it is being retyped");
    process.initialize_connection(id, connector("h")).expect("a host is let in");
    process.terminate_connection(id, Some(connector("h"))).expect("let out");
    process.settle();
    let told = process.told(&id.to_string());
    assert!(told.iter().any(|it| it.contains("it was attached before")), "{told:?}");
    assert_eq!(
        (host(process, id).as_str(), status(process, id)),
        ("host@a#pool", Some(VolumeStatus::Available))
    );
    invariants::assert(process, Residue::None, "not retyped");
}

/// A migration hides that nobody has the volume any longer, until it has ended.
#[test]
fn a_volume_that_is_promised_and_given_back_while_a_move_ends_is_available() {
    let world = slow(100);
    let process = world.process();
    let id = written_volume(process, 1);
    process.migrate(id, "b", false).expect("accepted");
    let is_moved = || process.volume(id).unwrap().migration_status == Some(MigrationStatus::Completing);
    process.run_until("it has moved", is_moved);
    let promised = process.attach(id, None).expect("promised");
    process.detach(promised).expect("given back");
    assert!(is_moved(), "what it was is still being removed");
    assert_eq!(status(process, id), Some(VolumeStatus::Reserved));
    process.settle();
    assert_eq!(
        (status(process, id), host(process, id).as_str()),
        (Some(VolumeStatus::Available), "host@b#pool")
    );
    invariants::assert(process, Residue::None, "after a promise at the end of a move");
}

/// A host that came while an image is written would read half of each.
#[test]
fn a_host_waits_until_an_image_is_written() {
    let world = slow(30);
    let process = world.process();
    let image = model::ImageId::random();
    let gib = usize::try_from(BackendOptions::thick("a", 1).gib_bytes()).expect("a small GiB");
    process.add_image(image, "raw", &vec![9; gib]);
    let id = written_volume(process, 1);
    process.reimage(id, image).expect("accepted");
    assert_eq!(status(process, id), Some(VolumeStatus::Downloading));
    assert!(process.reimage(id, image).is_err() && process.migrate(id, "b", false).is_err());
    let attachment = process.attach(id, Some(connector("h"))).expect("a host is let in");
    content::check(process, &process.volume(id).unwrap(), Some(9), 1).expect("all of the image");
    assert!(process.reimage(id, image).is_err(), "it is attached");
    process.detach(attachment).expect("let out");
    process.settle();
    assert_eq!(status(process, id), Some(VolumeStatus::Available));
    invariants::assert(process, Residue::None, "an image was written");
}

#[test]
fn a_volume_that_was_promised_while_an_image_was_written_over_it_in_vain_says_so() {
    let world = slow(10);
    let process = world.process();
    let image = model::ImageId::random();
    let gib = usize::try_from(BackendOptions::thick("a", 1).gib_bytes()).expect("a small GiB");
    process.add_image(image, "raw", &vec![9; gib]);
    let id = written_volume(process, 1);
    process.faults.fail_always("driver.open_volume.before", FailWith::Io);
    process.reimage(id, image).expect("accepted");
    process.attach(id, None).expect("promised");
    assert_eq!(status(process, id), Some(VolumeStatus::Reserved));
    process.settle();
    process.faults.calm();
    assert_eq!(status(process, id), Some(VolumeStatus::Error));
    assert_eq!(process.told(&id.to_string()).len(), 1);
    invariants::assert(process, Residue::None, "an image was not written");
}
