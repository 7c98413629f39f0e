//! Images of volumes.

use model::{ImageStatus, VolumeStatus};
use testkit::crash::{Ending, Scenario, Things};
use testkit::{BackendOptions, Options, Process, images};

use super::{SEED, assert_written, written_volume};

pub(crate) const RAW: Scenario = Scenario {
    name: "making an image of a volume",
    kinds: &["volume.upload"],
    options: || Options::with([BackendOptions::thin("a")]),
    prepare: |process| Things { volumes: vec![written_volume(process, 1)], ..Things::default() },
    act: |process, things| process.upload_volume(things.volumes[0], "raw"),
    ending,
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

/// It is read from a snapshot of which nothing is left, and in use afterwards.
pub(crate) const OF_ONE_IN_USE: Scenario = Scenario {
    name: "making an image of a volume in use",
    prepare: |process| {
        let id = written_volume(process, 1);
        process.note_attached(id, "a").expect("attached");
        Things { volumes: vec![id], ..Things::default() }
    },
    ending: |process, things| ended(process, things, VolumeStatus::InUse),
    // The image is whole before its snapshot is removed, and that is tried until it is done.
    refused_once: |point| match point.contains("remove_snapshot") || point.contains("sim.remove") {
        true => Ending::Done,
        false => Ending::Failed,
    },
    ..RAW
};

fn ending(process: &Process, things: &Things) -> Ending {
    ended(process, things, VolumeStatus::Available)
}

fn ended(process: &Process, things: &Things, rests: VolumeStatus) -> Ending {
    let id = things.volumes[0];
    assert_written(process, id, 1);
    assert_eq!(process.volume(id).expect("a volume").status, rests);
    let told = process.told(&id.to_string());
    match images::all(process).as_slice() {
        [] if told.is_empty() => Ending::Never,
        [] => Ending::Failed,
        [image] => {
            assert_eq!((image.status, told.len()), (ImageStatus::Active, 0));
            let data = process.image_data(image.id, images::STORES[0]).expect("data");
            assert_eq!((data.len() as u64, data[0]), (image.size_bytes.unwrap(), SEED));
            assert!(image.checksum.is_some() && image.os_hash_value.is_some());
            Ending::Done
        }
        more => panic!("one image was asked for: {more:?}"),
    }
}
