//! Moving volumes that a server uses: the compute service copies them.

use model::{MigrationStatus, VolumeStatus};
use testkit::crash::{Ending, Scenario, Things};
use testkit::{Apart, BackendOptions, Options, Process, host};

use super::{assert_written, written_volume};

/// `b` is smaller, so that volumes begin on `a`. While the compute service copies, it attaches.
fn options() -> Options {
    let backends = [BackendOptions::thick("a", 8), BackendOptions::thick("b", 4)];
    Options { concurrency: 3, ..Options::with(backends) }
}

fn prepare(process: &Process) -> Things {
    process.add_type("gold", &[("volume_backend_name", "b")]);
    let id = written_volume(process, 2);
    process.attach_to_server(id, host("h")).expect("attached");
    Things { volumes: vec![id], ..Things::default() }
}

pub(crate) const MIGRATE: Scenario = Scenario {
    name: "migrating a volume that a server uses, with a lock for what nobody uses",
    kinds: &["volume.migrate"],
    options,
    prepare,
    act: |process, things| process.migrate(things.volumes[0], "b", true),
    ending: |process, things| {
        let volume = process.volume(things.volumes[0]).expect("a volume");
        ending(process, things, volume.host.as_deref().is_some_and(|host| host.starts_with("host@b")))
    },
    steady: false,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const MIGRATE_IN_VAIN: Scenario = Scenario {
    name: "migrating a volume that a server uses, which cannot copy it",
    prepare: |process| {
        process.copy_in_vain();
        prepare(process)
    },
    expected: Ending::Failed,
    ..MIGRATE
};

pub(crate) const RETYPE: Scenario = Scenario {
    name: "retyping a volume that a server uses and that has to move for it",
    kinds: &["volume.retype"],
    act: |process, things| process.retype(things.volumes[0], "gold", true),
    ..MIGRATE
};

pub(crate) const MIGRATE_ACROSS: Scenario = Scenario {
    name: "migrating a volume that a server uses to another process",
    options: || Options { apart: Apart::Processes, ..options() },
    ..MIGRATE
};

/// Whether it has `moved` or not, all of the volume is there, and the server uses it.
pub(crate) fn ending(process: &Process, things: &Things, moved: bool) -> Ending {
    let volume = process.volume(things.volumes[0]).expect("a volume");
    assert_written(process, volume.id, 2);
    let attachments = process.attachments(volume.id);
    assert_eq!(volume.status, VolumeStatus::InUse, "{attachments:?}");
    assert_eq!(attachments.len(), 1, "{attachments:?}");
    assert_eq!(process.let_in(volume.name_on_backend()), ["h"]);
    let told = process.told(&volume.id.to_string());
    match (moved, volume.migration_status) {
        (false, None) if told.is_empty() => Ending::Never,
        (false, None | Some(MigrationStatus::Error)) if !told.is_empty() => Ending::Failed,
        (true, Some(MigrationStatus::Success)) if told.is_empty() => Ending::Done,
        // What it was could not be removed.
        (true, Some(MigrationStatus::Success)) => Ending::Failed,
        other => panic!("{other:?} is no way to end: {told:?}"),
    }
}
