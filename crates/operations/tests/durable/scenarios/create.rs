//! Creating volumes.

use std::sync::Arc;

use model::{ImageId, VolumeStatus};
use testkit::crash::{Ending, Scenario, Things};
use testkit::{BackendOptions, Options, Process, blank, content, from_image, from_snapshot, from_volume};

use super::{SEED, assert_written, newcomer, snapshot_of, volume, written_volume};

const KINDS: &[&str] = &["volume.create"];

pub(crate) const BLANK: Scenario = Scenario {
    name: "creating a blank volume",
    kinds: KINDS,
    options: Options::default,
    prepare: |_| Things::default(),
    act: |process, _| process.create(blank(2)).map(drop),
    ending: |process, things| ending(process, things, None, 2),
    steady: true,
    expected: Ending::Done,
    // The same backend may have a second try: nothing binds the volume to it.
    refused_once: |_| Ending::Done,
};

pub(crate) const FROM_SNAPSHOT: Scenario = Scenario {
    name: "creating a larger volume from a snapshot",
    kinds: KINDS,
    options: Options::default,
    prepare: |process| {
        let origin = written_volume(process, 1);
        let snapshot = snapshot_of(process, origin);
        let row = process.volume(origin).expect("a volume");
        content::write(process, &row, 0x11);
        Things { volumes: vec![origin], snapshots: vec![snapshot] }
    },
    act: |process, things| process.create(from_snapshot(3, things.snapshots[0])).map(drop),
    ending: |process, things| ending(process, things, Some(SEED), 1),
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const FROM_VOLUME: Scenario = Scenario {
    name: "creating a larger volume from a volume",
    kinds: KINDS,
    options: || Options::with([BackendOptions::thin("a"), BackendOptions::thin("b")]),
    prepare: |process| Things { volumes: vec![written_volume(process, 1)], ..Things::default() },
    act: |process, things| process.create(from_volume(2, things.volumes[0])).map(drop),
    ending: |process, things| {
        assert_written(process, things.volumes[0], 1);
        if let Some(copy) = newcomer(process, &things.volumes) {
            let source = process.volume(things.volumes[0]).expect("the source");
            assert_eq!(copy.host, source.host, "a copy is made where its source is");
        }
        ending(process, things, Some(SEED), 1)
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const FROM_IMAGE: Scenario = Scenario {
    name: "creating a larger volume from an image",
    prepare: |process| {
        let gib = usize::try_from(BackendOptions::thin("a").gib_bytes()).expect("a small GiB");
        process.add_image(image(), "raw", &vec![SEED; gib]);
        Things::default()
    },
    act: |process, _| process.create(from_image(2, image())).map(drop),
    ending: |process, things| {
        let ending = ending(process, things, Some(SEED), 1);
        if let Some(made) = newcomer(process, &things.volumes) {
            assert_eq!(made.bootable, ending == Ending::Done);
            assert_eq!(made.image_metadata.get("image_id"), Some(&*image().to_string()));
            assert_eq!(made.image_metadata.get("os_type"), Some("linux"));
        }
        ending
    },
    // What is wrong with the image is wrong on every backend.
    refused_once: |point| if point.starts_with("image") { Ending::Failed } else { Ending::Done },
    ..BLANK
};

/// The only image.
pub(crate) fn image() -> ImageId {
    "11111111-2222-4333-8444-555555555555".parse().expect("an identifier")
}

/// What it says it is it is not: no other backend is asked, and nothing is left.
pub(crate) const FROM_FALSE_IMAGE: Scenario = Scenario {
    name: "creating a volume from an image that is not what it says",
    prepare: |process| {
        process.add_image(image(), "qcow2", &[SEED; 4096]);
        Things::default()
    },
    ending: |process, things| {
        let ending = ending(process, things, None, 2);
        if let Some(made) = newcomer(process, &things.volumes) {
            let told = process.told(&made.id.to_string());
            let injected = process.faults.hit().is_some() || told[0].contains("injected");
            assert!(injected || told[0].contains("the content is raw and not qcow2"), "{told:?}");
        }
        ending
    },
    expected: Ending::Failed,
    refused_once: |_| Ending::Failed,
    ..FROM_IMAGE
};

pub(crate) const WITHOUT_ROOM: Scenario = Scenario {
    name: "creating a volume for which there is no room",
    kinds: KINDS,
    options: || Options::with([BackendOptions::thick("a", 10), BackendOptions::thick("b", 20)]),
    prepare: |process| {
        let volumes = vec![volume(process, 15), volume(process, 8)];
        Things { volumes, ..Things::default() }
    },
    act: |process, _| process.create(blank(9)).map(drop),
    ending: |process, things| {
        let ending = ending(process, things, None, 9);
        if let Some(refused) = newcomer(process, &things.volumes) {
            let told = process.told(&refused.id.to_string());
            let [told] = told.as_slice() else { panic!("one message, not {told:?}") };
            for number in ["9 GiB", "2 ", "5 "] {
                assert!(told.contains(number), "{number:?} is not in {told:?}");
            }
            assert_eq!(refused.host, None);
        }
        ending
    },
    steady: true,
    expected: Ending::Failed,
    refused_once: |_| Ending::Failed,
};

/// The preferred backend says that it has more than there is; the other one takes the volume.
pub(crate) const AFTER_A_REFUSAL: Scenario = Scenario {
    name: "creating a volume that the first backend refuses",
    kinds: KINDS,
    options: || Options {
        configure: |settings| {
            let mut policy = placement::Policy::default();
            policy.filters.push(placement::Filter::IgnoreAttemptedHosts);
            settings.placement = Arc::new(policy);
        },
        ..Options::with([
            BackendOptions::thick("a", 5).boasting(100),
            BackendOptions::thick("b", 50),
            BackendOptions::thick("c", 40),
        ])
    },
    prepare: |_| Things::default(),
    act: |process, _| process.create(blank(10)).map(drop),
    ending: |process, things| {
        let ending = ending(process, things, None, 10);
        if ending == Ending::Done {
            let made = newcomer(process, &things.volumes).expect("a volume");
            assert_ne!(made.host.as_deref(), Some("host@a#pool"));
        }
        ending
    },
    steady: true,
    expected: Ending::Done,
    // A clean-up that is refused is tried again.
    refused_once: |_| Ending::Done,
};

fn ending(process: &Process, things: &Things, seed: Option<u8>, written_gib: u64) -> Ending {
    let Some(made) = newcomer(process, &things.volumes) else { return Ending::Never };
    match made.status {
        VolumeStatus::Available => {
            content::check(process, &made, seed, written_gib).unwrap();
            assert!(made.launched_at.is_some());
            Ending::Done
        }
        VolumeStatus::Error => Ending::Failed,
        status => panic!("{status} is no way to end"),
    }
}
