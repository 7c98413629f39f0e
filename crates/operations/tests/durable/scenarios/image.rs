//! Images.

use model::{Image, ImageId, ImageStatus};
use operations::image::import::Origin;
use operations::image::upload::Target;
use testkit::crash::{Ending, Scenario, Things};
use testkit::images::{self, STORES};
use testkit::{Options, Process};

/// What is in every image: no round length, and zeros in it.
static DATA: [u8; 200_001] = {
    let mut data = [7; 200_001];
    let mut at = 70_000;
    while at < 150_000 {
        data[at] = 0;
        at += 1;
    }
    data
};

fn with_data(process: &Process) -> Things {
    let id = process.create_image().expect("an image");
    process.upload(id, Target::Store(STORES[0].to_owned()), &DATA).expect("an upload");
    Things::default()
}

fn staged(process: &Process) -> Things {
    let id = process.create_image().expect("an image");
    process.upload(id, Target::Staging, &DATA).expect("an upload");
    Things::default()
}

/// The one image that there is.
fn image(process: &Process) -> Option<Image> {
    images::all(process).into_iter().next()
}

/// Its identifier.
fn id(process: &Process) -> ImageId {
    image(process).expect("an image").id
}

/// Whether the store `name` has all of the data.
fn is_in(process: &Process, name: &str) -> bool {
    match process.image_data(id(process), name) {
        Some(data) => {
            assert_eq!(data, DATA, "other data");
            true
        }
        None => false,
    }
}

pub(crate) const DELETE: Scenario = Scenario {
    name: "deleting an image",
    kinds: &["image.delete"],
    options: Options::default,
    prepare: |process| {
        let things = with_data(process);
        process.import(id(process), Origin::Copy, true).expect("a copy");
        process.settle();
        process.cache_image(id(process)).expect("a cached copy");
        process.settle();
        things
    },
    act: |process, _| process.delete_image(id(process)),
    ending: |process, _| match image(process) {
        None => Ending::Done,
        Some(_) => Ending::Never,
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Done,
};

pub(crate) const IMPORT: Scenario = Scenario {
    name: "importing staged data into two stores",
    kinds: &["image.import"],
    options: Options::default,
    prepare: staged,
    act: |process, _| process.import(id(process), Origin::Staged, true),
    ending: |process, _| {
        let image = image(process).expect("an image");
        match image.status {
            ImageStatus::Active => {
                assert!(STORES.iter().all(|store| is_in(process, store)));
                assert_eq!(image.size_bytes, Some(DATA.len() as u64));
                assert!(image.checksum.is_some() && image.os_hash_value.is_some());
                Ending::Done
            }
            ImageStatus::Uploading => Ending::Never,
            ImageStatus::Queued => Ending::Failed,
            other => panic!("{other} is no way to end"),
        }
    },
    steady: true,
    expected: Ending::Done,
    // What is to be removed is removed sooner or later; what cannot be put is given up.
    refused_once: |point| if point.starts_with("images.remove") { Ending::Done } else { Ending::Failed },
};

pub(crate) const COPY: Scenario = Scenario {
    name: "copying an image into another store",
    kinds: &["image.import"],
    options: Options::default,
    prepare: with_data,
    act: |process, _| process.import(id(process), Origin::Copy, true),
    ending: |process, _| {
        let image = image(process).expect("an image");
        assert_eq!(image.status, ImageStatus::Active, "it is active all the time");
        assert!(is_in(process, STORES[0]));
        match is_in(process, STORES[1]) {
            true => Ending::Done,
            false if image.properties.get("os_glance_failed_import") == Some(STORES[1]) => Ending::Failed,
            false => Ending::Never,
        }
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |point| if point.starts_with("images.remove") { Ending::Done } else { Ending::Failed },
};

pub(crate) const DELETE_WHILE_IMPORTING: Scenario = Scenario {
    name: "deleting an image that is being imported",
    kinds: &["image.import", "image.delete"],
    options: Options::default,
    prepare: staged,
    act: |process, _| {
        process.import(id(process), Origin::Staged, true)?;
        process.delete_image(id(process))
    },
    ending: |process, _| match image(process).map(|image| image.status) {
        None => Ending::Done,
        Some(ImageStatus::Uploading) => Ending::Never,
        Some(_) => Ending::InPart,
    },
    steady: false,
    expected: Ending::Done,
    refused_once: |_| Ending::Done,
};

pub(crate) const CACHE: Scenario = Scenario {
    name: "copying an image into the cache",
    kinds: &["image.cache"],
    options: Options::default,
    prepare: with_data,
    act: |process, _| process.cache_image(id(process)),
    ending: |process, _| match process.is_cached(id(process)) {
        true => Ending::Done,
        false if process.operations().iter().any(|operation| operation.state == "failed") => Ending::Failed,
        false => Ending::Never,
    },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

pub(crate) const UNCACHE: Scenario = Scenario {
    name: "removing a copy from the cache",
    kinds: &["image.cache"],
    options: Options::default,
    prepare: |process| {
        let things = with_data(process);
        process.cache_image(id(process)).expect("a cached copy");
        process.settle();
        things
    },
    act: |process, _| process.uncache_image(id(process)),
    ending: |process, _| if process.is_cached(id(process)) { Ending::Never } else { Ending::Done },
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Done,
};

/// What an upload leaves that is cut off, or whose process is killed.
pub(crate) mod uploads {
    use super::*;
    use testkit::World;

    fn assert_takes_data(world: &World, id: model::ImageId) {
        let process = world.process();
        let status = || process.image(id).map(|image| image.status);
        process.run_until("the image takes data again", || status() == Some(ImageStatus::Queued));
        testkit::invariants::assert(process, testkit::invariants::Residue::None, "after an upload");
        process.upload(id, Target::Store(STORES[0].to_owned()), &DATA).expect("a second upload");
        assert_eq!(process.image_data(id, STORES[0]).as_deref(), Some(&DATA[..]));
    }

    #[test]
    fn one_that_is_cut_off_leaves_nothing() {
        let world = World::new(Options::default());
        let id = world.process().create_image().expect("an image");
        drop(world.process().begin_upload(id, &DATA).expect("an upload"));
        assert_takes_data(&world, id);
    }

    #[test]
    fn one_whose_process_is_killed_at_any_point_leaves_nothing() {
        for point in 1..200 {
            let mut world = World::new(Options::default());
            let id = world.process().create_image().expect("an image");
            let faults = world.process().faults.clone();
            faults.crash_at(faults.count() + point);
            let uploaded = world.process().upload(id, Target::Store(STORES[0].to_owned()), &DATA);
            if faults.hit().is_none() {
                assert!(uploaded.is_ok() && point > 5, "{uploaded:?} after {point} points");
                return;
            }
            world.restart();
            let image = world.process().image(id).expect("an image");
            if image.status == ImageStatus::Active {
                assert_eq!(world.process().image_data(id, STORES[0]).as_deref(), Some(&DATA[..]));
                testkit::invariants::assert(
                    world.process(),
                    testkit::invariants::Residue::None,
                    "after an upload whose answer was lost",
                );
            } else {
                assert_takes_data(&world, id);
            }
        }
        panic!("an upload passes more points than it should");
    }

    #[test]
    fn one_of_something_else_than_was_declared_is_refused_and_leaves_nothing() {
        static QCOW2: &[u8] = b"QFI\xfb\0\0\0\x03";
        let world = World::new(Options::default());
        let id = world.process().create_image().expect("an image");
        let refused = world.process().upload(id, Target::Store(STORES[0].to_owned()), QCOW2);
        assert!(refused.is_err_and(|refused| refused.to_string().contains("failed safety checks")));
        assert_takes_data(&world, id);
    }
}
