//! Growing volumes.

use model::VolumeStatus;
use testkit::crash::{Ending, Scenario, Things};
use testkit::{BackendOptions, Options, Process, SERVER, Word, host};

use super::{assert_written, written_volume};

const KINDS: &[&str] = &["volume.extend"];

pub(crate) const PLAIN: Scenario = Scenario {
    name: "growing a volume into the last space there is",
    kinds: KINDS,
    options: || Options::with([BackendOptions::thick("a", 5)]),
    prepare: |process| Things { volumes: vec![written_volume(process, 1)], ..Things::default() },
    act: |process, things| process.extend(things.volumes[0], 5),
    ending: |process, things| ending(process, things, 5),
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const ATTACHED: Scenario = Scenario {
    name: "growing a volume that a server uses",
    kinds: &["volume.extend", "compute.event"],
    options: || Options::with([BackendOptions::thick("a", 5)]),
    prepare: |process| {
        let volume = written_volume(process, 1);
        process.attach_to_server(volume, host("c")).expect("attached");
        Things { volumes: vec![volume], ..Things::default() }
    },
    act: |process, things| process.extend(things.volumes[0], 2),
    ending: attached,
    steady: false,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const BY_HOST: Scenario = Scenario {
    name: "growing a volume that the host of a server has to grow",
    options: || Options::with([BackendOptions::thick("a", 5).grown_by_host()]),
    ..ATTACHED
};

pub(crate) const BY_HOST_IN_VAIN: Scenario = Scenario {
    name: "growing a volume that the host of a server cannot grow",
    prepare: |process| {
        process.say_of_growth(Word::Failed);
        (ATTACHED.prepare)(process)
    },
    expected: Ending::Failed,
    ..BY_HOST
};

pub(crate) const BY_HOST_IN_SILENCE: Scenario = Scenario {
    name: "growing a volume of which the compute service says nothing in time",
    options: || Options { configure: |it| it.extend_completion_timeout_s = 0, ..(BY_HOST.options)() },
    prepare: |process| {
        process.say_of_growth(Word::Silence);
        (ATTACHED.prepare)(process)
    },
    ..BY_HOST_IN_VAIN
};

fn attached(process: &Process, things: &Things) -> Ending {
    let (id, told) = (things.volumes[0], process.told_compute());
    let volume = process.volume(id).expect("a volume");
    if volume.status == VolumeStatus::InUse {
        assert_written(process, id, 1);
    }
    let event = ("volume-extended", vec![SERVER.to_owned()], id.to_string());
    assert!(told.iter().all(|it| *it == event), "{told:?}");
    let growth = process.read(move |conn| store::host_growths::get(conn, id));
    assert_eq!(growth, None, "nobody is waited for");
    match (volume.status, volume.size_gib, told.is_empty()) {
        (VolumeStatus::InUse, 2, false) => Ending::Done,
        (VolumeStatus::InUse, 1, true) => Ending::Never,
        // Where its host has to grow it, the server was asked before anything could fail.
        (VolumeStatus::ErrorExtending, 1, _) if !process.told(&id.to_string()).is_empty() => Ending::Failed,
        other => panic!("{other:?} is no way to end"),
    }
}

pub(crate) const WITHOUT_ROOM: Scenario = Scenario {
    name: "growing a volume for which there is no room",
    kinds: KINDS,
    options: || Options::with([BackendOptions::thick("a", 5)]),
    prepare: |process| Things { volumes: vec![written_volume(process, 1)], ..Things::default() },
    act: |process, things| process.extend(things.volumes[0], 6),
    ending: |process, things| ending(process, things, 6),
    steady: true,
    expected: Ending::Failed,
    refused_once: |_| Ending::Failed,
};

pub(crate) fn ending(process: &Process, things: &Things, asked_gib: u64) -> Ending {
    let id = things.volumes[0];
    let volume = process.volume(id).expect("a volume");
    let told = process.told(&id.to_string());
    match (volume.status, volume.size_gib) {
        (VolumeStatus::Available, size_gib) => {
            assert_written(process, id, 1);
            match (size_gib == asked_gib, told.is_empty()) {
                (true, true) => Ending::Done,
                (false, true) => Ending::Never,
                (false, false) => Ending::Failed,
                (true, false) => panic!("told of a failure that was none: {told:?}"),
            }
        }
        (VolumeStatus::ErrorExtending, 1) => Ending::Failed,
        other => panic!("{other:?} is no way to end"),
    }
}
