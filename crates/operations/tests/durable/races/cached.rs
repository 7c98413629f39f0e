//! Many volumes from one image that their backend keeps.

use std::time::Duration;

use model::{BaseStatus, ImageId, VolumeId};
use operations::base::cache::CacheLimits;
use operations::volume::delete;
use testkit::invariants::{self, Residue};
use testkit::{BackendOptions, Options, Process, World, content, from_image};

use super::available;
use crate::scenarios::{SEED, snapshot_of};

fn world(limits: CacheLimits) -> World {
    let backend = BackendOptions::thin("a").slow(Duration::from_millis(5)).caching(limits);
    World::new(Options { lease_ms: 2_000, ..Options::with([backend]).busy() })
}

fn image(number: u8) -> ImageId {
    format!("11111111-2222-4333-8444-{number:012}").parse().expect("an identifier")
}

fn add_image(process: &Process, number: u8) {
    let gib = usize::try_from(BackendOptions::thin("a").gib_bytes()).expect("a small GiB");
    process.add_image(image(number), "raw", &vec![SEED; gib]);
}

fn made(process: &Process, number: u8, count: usize) -> Vec<VolumeId> {
    let requests = (0..count).map(|_| from_image(1, image(number))).collect();
    let made: Vec<_> = process.create_all(requests).into_iter().map(|made| made.expect("accepted")).collect();
    process.settle();
    assert_eq!(available(process, &made), count);
    made
}

fn delete(process: &Process, id: VolumeId) {
    process.delete(id, delete::Options::default()).expect("a deletion");
    process.settle();
}

#[test]
fn fifty_at_once_bring_the_image_there_once() {
    let world = world(CacheLimits::default());
    let process = world.process();
    add_image(process, 1);
    let volumes = made(process, 1, 50);
    for id in &volumes {
        content::check(process, &process.volume(*id).unwrap(), Some(SEED), 1).unwrap();
    }
    let fills = process.operations().into_iter().filter(|operation| operation.kind == "base.fill").count();
    assert_eq!((process.bases().len(), fills), (1, 1));
    invariants::assert(process, Residue::None, "fifty from one image");
}

#[test]
fn a_base_stays_as_long_as_something_stands_on_it() {
    let world = world(CacheLimits::default());
    let process = world.process();
    add_image(process, 1);
    let volume = made(process, 1, 1)[0];
    let copy = process.create(testkit::from_volume(1, volume)).expect("accepted");
    process.settle();
    let snapshot = snapshot_of(process, copy);
    process.delete_image(image(1)).expect("accepted");
    process.settle();
    delete(process, volume);
    assert_eq!(process.bases().len(), 1, "a copy and its snapshot stand on it");
    process.delete_snapshot(snapshot, false).expect("a deletion");
    process.settle();
    delete(process, copy);
    process.run_until("its base is gone", || process.bases().is_empty());
    process.settle();
    invariants::assert(process, Residue::None, "nothing of the image is left");
}

#[test]
fn what_is_used_does_not_go_for_another_image() {
    let world = world(CacheLimits { max_size_gib: 2, max_count: 0 });
    let process = world.process();
    for number in 1..=4 {
        add_image(process, number);
    }
    let (first, _second) = (made(process, 1, 1)[0], made(process, 2, 1));
    let third = made(process, 3, 2);
    assert!(process.bases().iter().all(|base| base.image_id != image(3)), "no room could be made");
    assert!(third.iter().all(|id| process.volume(*id).unwrap().provider_location.is_none()));
    delete(process, first);
    made(process, 4, 1);
    let mut kept: Vec<_> = process.bases().iter().map(|base| (base.image_id, base.status)).collect();
    kept.sort();
    assert_eq!(kept, [(image(2), BaseStatus::Ready), (image(4), BaseStatus::Ready)]);
    let counted = process.read(store::bases::uses).pop().expect("uses");
    assert_eq!((counted.hits, counted.misses, counted.fetches, counted.evictions), (0, 3, 3, 1));
    invariants::assert(process, Residue::None, "the least recently used one went");
}
