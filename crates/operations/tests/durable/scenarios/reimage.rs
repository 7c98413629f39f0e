//! Writing images over volumes.

use model::{ImageId, VolumeStatus};
use testkit::crash::{Ending, Scenario, Things};
use testkit::{BackendOptions, Options, Process, SERVER, content};

use super::{SEED, written_volume};

/// What the image is full of.
const OTHER: u8 = SEED ^ 0x5a;

pub(crate) const REIMAGE: Scenario = Scenario {
    name: "writing an image over a volume",
    kinds: &["volume.reimage"],
    options: || Options::with([BackendOptions::thin("a")]),
    prepare: |process| {
        let gib = usize::try_from(BackendOptions::thin("a").gib_bytes()).expect("a small GiB");
        process.add_image(image(), "raw", &vec![OTHER; gib]);
        Things { volumes: vec![written_volume(process, 2)], ..Things::default() }
    },
    act: |process, things| process.reimage(things.volumes[0], image()),
    ending,
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const REIMAGE_PROMISED: Scenario = Scenario {
    name: "writing an image over a volume that is promised to a server, which waits to hear of it",
    kinds: &["volume.reimage", "compute.event"],
    prepare: |process| {
        let things = (REIMAGE.prepare)(process);
        process.promise_to_server(things.volumes[0]).expect("promised");
        things
    },
    ending: |process, things| {
        let ended = ending_as(process, things, VolumeStatus::Reserved);
        let event = ("volume-reimaged", vec![SERVER.to_owned()], things.volumes[0].to_string());
        let told = process.told_compute();
        assert!(told.iter().all(|it| *it == event), "{told:?}");
        assert_eq!(!told.is_empty(), ended == Ending::Done, "{ended:?}: {told:?}");
        ended
    },
    steady: false,
    ..REIMAGE
};

/// The only image.
fn image() -> ImageId {
    "11111111-2222-4333-8444-555555555555".parse().expect("an identifier")
}

fn ending(process: &Process, things: &Things) -> Ending {
    ending_as(process, things, VolumeStatus::Available)
}

/// The same for a volume that rests as `rested`.
fn ending_as(process: &Process, things: &Things, rested: VolumeStatus) -> Ending {
    let volume = process.volume(things.volumes[0]).expect("a volume");
    let told = process.told(&volume.id.to_string());
    let remembers = volume.image_metadata.get("image_id").is_some();
    match (volume.status, remembers) {
        (status, true) if status == rested => {
            assert_eq!(told.len(), 0, "{told:?}");
            content::check(process, &volume, Some(OTHER), 1).expect("the image");
            Ending::Done
        }
        (status, false) if status == rested => {
            content::check(process, &volume, Some(SEED), 2).expect("what was there");
            if told.is_empty() { Ending::Never } else { Ending::Failed }
        }
        (VolumeStatus::Error, false) if told.len() == 1 && told[0].starts_with("reimage volume:") => {
            Ending::Failed
        }
        other => panic!("{other:?} is no way to end: {told:?}"),
    }
}
