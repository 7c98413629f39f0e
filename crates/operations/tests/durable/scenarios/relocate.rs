//! Moving volumes to another backend.

use model::{MigrationStatus, VolumeStatus};
use testkit::crash::{Ending, Scenario, Things};
use testkit::{Apart, BackendOptions, Options, Process};

use super::{assert_written, written_volume};

/// `b` is smaller, so that volumes begin on `a`.
fn options() -> Options {
    Options::with([BackendOptions::thick("a", 8), BackendOptions::thick("b", 4)])
}

fn prepare(process: &Process) -> Things {
    process.add_type("gold", &[("volume_backend_name", "b")]);
    Things { volumes: vec![written_volume(process, 2)], ..Things::default() }
}

pub(crate) const MIGRATE: Scenario = Scenario {
    name: "migrating a volume",
    kinds: &["volume.migrate"],
    options,
    prepare,
    act: |process, things| process.migrate(things.volumes[0], "b", false),
    ending,
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const MIGRATE_LOCKED: Scenario = Scenario {
    name: "migrating a volume that is locked meanwhile",
    act: |process, things| process.migrate(things.volumes[0], "b", true),
    ..MIGRATE
};

pub(crate) const MIGRATE_WITHOUT_ROOM: Scenario = Scenario {
    name: "migrating a volume to where there is no room",
    options: || Options::with([BackendOptions::thick("a", 8), BackendOptions::thick("b", 1)]),
    expected: Ending::Failed,
    ..MIGRATE
};

pub(crate) const RETYPE: Scenario = Scenario {
    name: "retyping a volume that has to move for it",
    kinds: &["volume.retype"],
    act: |process, things| process.retype(things.volumes[0], "gold", true),
    ..MIGRATE
};

pub(crate) const RETYPE_IN_PLACE: Scenario = Scenario {
    name: "retyping a volume where it is",
    kinds: &["volume.retype"],
    prepare: |process| {
        process.add_type("gold", &[("volume_backend_name", "a")]);
        Things { volumes: vec![written_volume(process, 2)], ..Things::default() }
    },
    act: |process, things| process.retype(things.volumes[0], "gold", false),
    ending: |process, things| {
        let volume = process.volume(things.volumes[0]).expect("a volume");
        assert_written(process, volume.id, 2);
        assert_eq!(volume.status, VolumeStatus::Available);
        if is_gold(process, &volume) { Ending::Done } else { Ending::Never }
    },
    ..MIGRATE
};

fn is_gold(process: &Process, volume: &model::Volume) -> bool {
    let id = volume.volume_type_id;
    process.read(move |conn| store::volume_types::get(conn, id)).is_some_and(|it| it.name == "gold")
}

/// Each backend in a process of its own.
fn apart() -> Options {
    Options { apart: Apart::Processes, ..options() }
}

pub(crate) const MIGRATE_ACROSS: Scenario =
    Scenario { name: "migrating a volume to another process", options: apart, ..MIGRATE };

pub(crate) const RETYPE_ACROSS: Scenario =
    Scenario { name: "retyping a volume that has to move to another process", options: apart, ..RETYPE };

/// Each on a machine of its own.
fn far_apart() -> Options {
    Options { apart: Apart::Machines, ..options() }
}

pub(crate) const MIGRATE_TO_ANOTHER_MACHINE: Scenario = Scenario {
    name: "migrating a volume to another machine",
    options: far_apart,
    refused_once: insisting,
    ..MIGRATE
};

/// Letting out whoever copies is tried again whatever the backend says.
fn insisting(call: &str) -> Ending {
    if call.contains("disconnect") { Ending::Done } else { Ending::Failed }
}

pub(crate) const MIGRATE_LOCKED_TO_ANOTHER_MACHINE: Scenario = Scenario {
    name: "migrating a volume to another machine that is locked meanwhile",
    act: |process, things| process.migrate(things.volumes[0], "b", true),
    ..MIGRATE_TO_ANOTHER_MACHINE
};

pub(crate) const RETYPE_TO_ANOTHER_MACHINE: Scenario = Scenario {
    name: "retyping a volume that has to move to another machine",
    options: far_apart,
    refused_once: insisting,
    ..RETYPE
};

/// Wherever the volume is, it is all there; and where it is agrees with what its type and its status say.
fn ending(process: &Process, things: &Things) -> Ending {
    let volume = process.volume(things.volumes[0]).expect("a volume");
    assert_written(process, volume.id, 2);
    assert_eq!(volume.status, VolumeStatus::Available);
    let told = process.told(&volume.id.to_string());
    let moved = volume.host.as_deref().is_some_and(|host| host.starts_with("host@b"));
    if is_gold(process, &volume) {
        assert!(moved);
    }
    match (moved, volume.migration_status) {
        (false, None) if told.is_empty() => Ending::Never,
        (false, None | Some(MigrationStatus::Error)) if !told.is_empty() => Ending::Failed,
        (true, Some(MigrationStatus::Success)) if told.is_empty() => Ending::Done,
        // What it was could not be removed.
        (true, Some(MigrationStatus::Success)) => Ending::Failed,
        other => panic!("{other:?} is no way to end: {told:?}"),
    }
}
