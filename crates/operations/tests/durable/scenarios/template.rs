//! Templates of desktops.

use model::{GenerationStatus, VolumeId, VolumeStatus};
use operations::base::cache::CacheLimits;
use operations::template::{create, desktop};
use testkit::crash::{Ending, Scenario, Things};
use testkit::{BackendOptions, Options, Process, content};

use super::create::{self as volumes, FROM_IMAGE};
use super::{SEED, status};

/// What is written on the disk of the template before it is saved.
pub(crate) const NEW: u8 = 0x5B;
/// What a desktop writes.
pub(crate) const OWN: u8 = 0x77;

/// Two backends that keep images, each in a zone of its own.
pub(crate) fn two_backends() -> Options {
    let backend =
        |name, zone| BackendOptions { zone, ..BackendOptions::thin(name).caching(CacheLimits::default()) };
    Options::with([backend("a", "here"), backend("b", "there")])
}

pub(crate) fn in_zone(zone: &str) -> desktop::Create {
    desktop::Create { availability_zone: Some(zone.to_owned()), ..desktop::Create::default() }
}

/// A template here, and a desktop of it there.
pub(crate) fn template_and_desktop(process: &Process) -> Things {
    (FROM_IMAGE.prepare)(process);
    let request = create::Create {
        image: Some(volumes::image().to_string()),
        availability_zone: Some("here".to_owned()),
        ..create::Create::default()
    };
    let template = process.create_template(request).expect("a template");
    process.settle();
    let desktop = process.create_desktop(template.id, in_zone("there")).expect("a desktop");
    process.settle();
    for id in [template.volume_id, desktop] {
        assert_eq!(status(process, id), Some(VolumeStatus::Available), "{:?}", process.told(&id.to_string()));
    }
    assert_eq!(process.bases_of(volumes::image()).len(), 2, "one here and one there");
    write(process, template.volume_id, NEW);
    Things { volumes: vec![template.volume_id, desktop], ..Things::default() }
}

pub(crate) fn write(process: &Process, id: VolumeId, seed: u8) {
    content::write(process, &process.volume(id).expect("a volume"), seed);
}

pub(crate) const SAVE: Scenario = Scenario {
    name: "saving a template that another backend has too",
    kinds: &["template.save", "generation.digest", "generation.export", "base.fill"],
    options: two_backends,
    prepare: template_and_desktop,
    act: |process, _| process.save_template(process.template().id).map(drop),
    ending: |process, things| {
        let (disk, desktop) = (things.volumes[0], things.volumes[1]);
        assert_eq!(status(process, disk), Some(VolumeStatus::Available));
        let volume = process.volume(desktop).expect("a desktop");
        content::check(process, &volume, Some(SEED), 1).unwrap();
        let generations = process.generations();
        let Some(saved) = generations.get(1) else { return Ending::Never };
        match saved.status {
            GenerationStatus::Available => {
                let bases = process.bases_of(saved.image_id);
                assert!(bases.iter().any(|base| base.backend == "host@a"));
                for base in &bases {
                    assert_eq!(process.content_of(base), process.content_of_volume(disk), "{}", base.backend);
                }
                assert_eq!(process.template().current, Some(2));
                // What could not be brought there is tried again by whoever keeps house.
                assert!(bases.len() == 2 || process.faults.hit().is_some());
                Ending::Done
            }
            GenerationStatus::Error => {
                assert!(saved.failure.is_some());
                Ending::Failed
            }
            other => panic!("{other} is no way to end"),
        }
    },
    steady: false,
    expected: Ending::Done,
    refused_once: |point| {
        // What cannot be read has no hash, and is no generation.
        let needed = ["base_of", "make", "open_base"].iter().any(|call| point.contains(call));
        if needed { Ending::Failed } else { Ending::Done }
    },
};

pub(crate) const RESET: Scenario = Scenario {
    name: "resetting a desktop to a generation that its backend has to fetch",
    kinds: &["template.reset"],
    prepare: |process| {
        let things = template_and_desktop(process);
        process.save_template(process.template().id).expect("a generation");
        process.settle();
        write(process, things.volumes[1], OWN);
        things
    },
    act: |process, things| process.reset_to(things.volumes[1], Some(2)).map(drop),
    ending: |process, things| {
        let (disk, desktop) = (things.volumes[0], things.volumes[1]);
        let volume = process.volume(desktop).expect("a desktop");
        match volume.status {
            VolumeStatus::Available => {}
            VolumeStatus::Error => return Ending::Failed,
            other => panic!("{other} is no way to end"),
        }
        if process.desktop(desktop).generation == 2 {
            assert_eq!(process.content_of_volume(desktop), process.content_of_volume(disk));
            return Ending::Done;
        }
        assert!(content::begins_with(process, &volume, OWN), "it is as it was");
        if process.told(&desktop.to_string()).is_empty() { Ending::Never } else { Ending::Failed }
    },
    steady: true,
    refused_once: |_| Ending::Failed,
    ..SAVE
};
