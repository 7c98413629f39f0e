//! Volumes from images that their backend keeps as bases.

use model::{BaseStatus, ImageId, VolumeStatus};
use operations::base::cache::CacheLimits;
use operations::volume::delete::Options as Deleting;
use testkit::crash::{Ending, Scenario, Things};
use testkit::{BackendOptions, Options, Process, content, from_image};

use super::create::FROM_IMAGE;
use super::{SEED, newcomer, status};

fn image(number: u8) -> ImageId {
    format!("11111111-2222-4333-8444-{number:012}").parse().expect("an identifier")
}

fn add_image(process: &Process, number: u8) {
    let gib = usize::try_from(BackendOptions::thin("a").gib_bytes()).expect("a small GiB");
    process.add_image(image(number), "raw", &vec![SEED; gib]);
}

fn caching(max_count: u64) -> Options {
    Options::with([BackendOptions::thin("a").caching(CacheLimits { max_size_gib: 0, max_count })])
}

/// The first volume of an image: it is brought to the backend.
pub(crate) const FILL: Scenario = Scenario {
    name: "creating a volume from an image that its backend is to keep",
    kinds: &["volume.create", "base.fill"],
    options: || caching(0),
    ending: |process, things| {
        let ending = (FROM_IMAGE.ending)(process, things);
        let bases = process.bases();
        assert!(bases.len() <= 1 && bases.iter().all(|base| base.status != BaseStatus::Filling), "{bases:?}");
        if ending == Ending::Done {
            let made = newcomer(process, &things.volumes).expect("a volume");
            let stands = made.provider_location.is_some_and(|at| at.starts_with("base-"));
            assert_eq!(bases[0].status, if stands { BaseStatus::Ready } else { BaseStatus::Error });
            // Without a base that should be there, it is made from the image.
            assert!(stands || process.faults.hit().is_some());
        }
        ending
    },
    refused_once: |point| {
        if point.starts_with("image") || point.contains("base") { Ending::Failed } else { Ending::Done }
    },
    ..FROM_IMAGE
};

/// A later one: it is there already.
pub(crate) const HIT: Scenario = Scenario {
    name: "creating a volume from an image that its backend keeps",
    kinds: &["volume.create"],
    prepare: |process| {
        let mut things = (FROM_IMAGE.prepare)(process);
        things.volumes.push(process.create(from_image(1, super::create::image())).expect("a volume"));
        process.settle();
        assert_eq!(status(process, things.volumes[0]), Some(VolumeStatus::Available));
        things
    },
    refused_once: |_| Ending::Done,
    ..FILL
};

/// One more image than the backend may keep: the one that nothing stands on goes.
pub(crate) const EVICT: Scenario = Scenario {
    name: "creating a volume from an image for which another one has to go",
    kinds: &["volume.create", "base.fill", "base.remove"],
    options: || caching(2),
    prepare: |process| {
        let mut things = Things::default();
        for number in [1, 2] {
            add_image(process, number);
            things.volumes.push(process.create(from_image(1, image(number))).expect("a volume"));
            process.settle();
        }
        process.delete(things.volumes.remove(0), Deleting::default()).expect("a deletion");
        process.settle();
        assert_eq!(process.bases().len(), 2, "it is kept for whoever comes next");
        (FROM_IMAGE.prepare)(process);
        things
    },
    ending: |process, things| {
        let ending = (FROM_IMAGE.ending)(process, things);
        let bases = process.bases();
        assert!(bases.iter().any(|base| base.image_id == image(2)), "it is stood on");
        if ending != Ending::Never {
            assert!(bases.iter().all(|base| base.image_id != image(1) || base.status == BaseStatus::Error));
        }
        ending
    },
    refused_once: |point| {
        if point.starts_with("image") || (point.contains("ensure_base") || point.contains("base.half")) {
            Ending::Failed
        } else {
            Ending::Done
        }
    },
    ..FILL
};

/// It is to stand on nothing.
pub(crate) const FLATTEN: Scenario = Scenario {
    name: "flattening a volume that stands on an image",
    kinds: &["volume.flatten"],
    options: || caching(0),
    prepare: |process| {
        (FROM_IMAGE.prepare)(process);
        let id = process.create(from_image(1, super::create::image())).expect("a volume");
        process.settle();
        assert_eq!(status(process, id), Some(VolumeStatus::Available));
        Things { volumes: vec![id], ..Things::default() }
    },
    act: |process, things| process.flatten(things.volumes[0]),
    ending: |process, things| {
        let volume = process.volume(things.volumes[0]).expect("a volume");
        assert_eq!(volume.status, VolumeStatus::Available);
        content::check(process, &volume, Some(SEED), 1).unwrap();
        if volume.provider_location.is_none() {
            return Ending::Done;
        }
        if process.told(&volume.id.to_string()).is_empty() { Ending::Never } else { Ending::Failed }
    },
    refused_once: |_| Ending::Failed,
    ..FROM_IMAGE
};
