//! Taking over and letting go.

use model::{SnapshotId, SnapshotStatus, VolumeId, VolumeStatus};
use operations::manageable::What;
use ports::volume::{FoundKind, Reference};
use testkit::crash::{Ending, Scenario, Things};
use testkit::{BackendOptions, Options, Process, content, invariants};

use super::{SEED, assert_written, newcomer, snapshot_of, status, written_volume};

/// A volume with the pattern in it that was let go. Its name on the backend still says which one it was.
fn released(process: &Process) -> VolumeId {
    let id = written_volume(process, 1);
    process.unmanage(id).expect("a volume that can be let go");
    process.settle();
    assert_eq!(status(process, id), None);
    id
}

fn named(volume: VolumeId) -> Reference {
    Reference::name(format!("volume-{volume}"))
}

/// Whether the backend still has this under the name that it had.
fn is_there(process: &Process, kind: FoundKind) -> bool {
    let found = process.driver("a").list().expect("a list");
    found.iter().any(|found| found.kind == kind)
}

pub(crate) const VOLUME: Scenario = Scenario {
    name: "taking over a volume",
    kinds: &["volume.manage"],
    options: || Options::with([BackendOptions::thick("a", 2)]),
    prepare: |process| Things { volumes: vec![released(process)], ..Things::default() },
    act: |process, things| process.manage("a", named(things.volumes[0])).map(drop),
    ending: managed,
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

/// Somebody has it already.
pub(crate) const TAKEN: Scenario = Scenario {
    name: "taking over a volume that has an owner",
    kinds: &["volume.manage"],
    options: Options::default,
    prepare: |process| Things { volumes: vec![written_volume(process, 1)], ..Things::default() },
    act: |process, things| process.manage("a", named(things.volumes[0])).map(drop),
    ending: |process, things| {
        assert_written(process, things.volumes[0], 1);
        managed(process, things)
    },
    steady: true,
    expected: Ending::Failed,
    refused_once: |_| Ending::Failed,
};

fn managed(process: &Process, things: &Things) -> Ending {
    let old = things.volumes[0];
    let Some(taken) = newcomer(process, &things.volumes) else {
        assert!(is_there(process, FoundKind::Volume(old)));
        return Ending::Never;
    };
    match taken.status {
        VolumeStatus::Available => {
            assert_eq!(taken.size_gib, 1);
            content::check(process, &taken, Some(SEED), 1).unwrap();
            assert!(!is_there(process, FoundKind::Volume(old)));
            Ending::Done
        }
        VolumeStatus::ErrorManaging => {
            assert_eq!((taken.size_gib, taken.charged_gib), (0, 0));
            let kept =
                is_there(process, FoundKind::Volume(old)) || is_there(process, FoundKind::Volume(taken.id));
            assert!(kept, "what was not taken over is still there");
            Ending::Failed
        }
        status => panic!("{status} is no way to end"),
    }
}

pub(crate) const LET_GO: Scenario = Scenario {
    name: "letting go of a volume",
    kinds: &["volume.unmanage"],
    options: Options::default,
    prepare: |process| Things { volumes: vec![written_volume(process, 1)], ..Things::default() },
    act: |process, things| process.unmanage(things.volumes[0]),
    ending: |process, things| {
        let id = things.volumes[0];
        assert!(is_there(process, FoundKind::Volume(id)), "its data stay");
        match status(process, id) {
            None => Ending::Done,
            Some(VolumeStatus::Available) => Ending::Never,
            Some(VolumeStatus::ErrorUnmanaging) => Ending::Failed,
            Some(status) => panic!("{status} is no way to end"),
        }
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

/// A volume, and a snapshot of it that was let go.
fn volume_and_released_snapshot(process: &Process) -> Things {
    let volume = written_volume(process, 1);
    let snapshot = snapshot_of(process, volume);
    process.unmanage_snapshot(snapshot).expect("a snapshot that can be let go");
    process.settle();
    Things { volumes: vec![volume], snapshots: vec![snapshot] }
}

fn new_snapshot(process: &Process) -> Option<(SnapshotId, SnapshotStatus)> {
    let (_, snapshots) = invariants::everything(process);
    let id = snapshots.into_iter().next()?;
    process.snapshot_row(id).map(|snapshot| (id, snapshot.status))
}

pub(crate) const SNAPSHOT: Scenario = Scenario {
    name: "taking over a snapshot",
    kinds: &["snapshot.manage"],
    options: Options::default,
    prepare: volume_and_released_snapshot,
    act: |process, things| {
        let reference = Reference::name(format!("snapshot-{}", things.snapshots[0]));
        process.manage_snapshot(things.volumes[0], reference).map(drop)
    },
    ending: |process, things| {
        let old = FoundKind::Snapshot(things.snapshots[0]);
        match new_snapshot(process) {
            None => Ending::Never,
            Some((id, SnapshotStatus::Available)) => {
                assert!(is_there(process, FoundKind::Snapshot(id)) && !is_there(process, old));
                Ending::Done
            }
            Some((id, SnapshotStatus::Error)) => {
                assert!(is_there(process, FoundKind::Snapshot(id)) || is_there(process, old));
                Ending::Failed
            }
            Some((_, status)) => panic!("{status} is no way to end"),
        }
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const LET_GO_SNAPSHOT: Scenario = Scenario {
    name: "letting go of a snapshot",
    kinds: &["snapshot.unmanage"],
    options: Options::default,
    prepare: |process| {
        let volume = written_volume(process, 1);
        Things { volumes: vec![volume], snapshots: vec![snapshot_of(process, volume)] }
    },
    act: |process, things| process.unmanage_snapshot(things.snapshots[0]),
    ending: |process, things| {
        let id = things.snapshots[0];
        assert!(is_there(process, FoundKind::Snapshot(id)), "its data stay");
        match process.snapshot_row(id).map(|snapshot| snapshot.status) {
            None => Ending::Done,
            Some(SnapshotStatus::Available) => Ending::Never,
            Some(SnapshotStatus::ErrorDeleting) => Ending::Failed,
            Some(status) => panic!("{status} is no way to end"),
        }
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

/// What cannot be looked at is listed with that reason, so not every failure of the backend is one of the list.
pub(crate) const LIST: Scenario = Scenario {
    name: "listing what could be taken over",
    kinds: &["backend.list_manageable"],
    options: Options::default,
    prepare: |process| {
        let mine = written_volume(process, 1);
        Things { volumes: vec![released(process), mine], ..Things::default() }
    },
    act: |process, _| process.ask_for_manageable("a", What::Volumes),
    ending: |process, things| {
        let asked = process.operations().into_iter().find(|it| it.kind == "backend.list_manageable");
        let Some(asked) = asked else { return Ending::Never };
        if asked.state == "failed" {
            return Ending::Failed;
        }
        if asked.args == "{}" {
            // Whoever asked was still there, and has it.
            return Ending::Done;
        }
        let listed = |id: VolumeId| asked.args.contains(&format!("volume-{id}"));
        assert!(things.volumes.iter().all(|id| listed(*id)), "{}", asked.args);
        assert!(asked.args.contains(&format!("\"id\":\"{}\"", things.volumes[1])), "{}", asked.args);
        Ending::Done
    },
    steady: false,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};
