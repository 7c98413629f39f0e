//! Uploads of images, and what happens in their last moment.

use std::time::Duration;

use model::ImageStatus;
use operations::image::import::Origin;
use operations::image::upload::Target;
use operations::image::{Images, end_lost};
use ports::chaos::FailWith;
use testkit::images::STORES;
use testkit::invariants::{self, Residue};
use testkit::{Options, Process, World};

/// How long a silent upload is its process's.
const LEASE_MS: u64 = 300;

static DATA: [u8; 100_000] = [5; 100_000];
static OTHER_DATA: [u8; 50_000] = [6; 50_000];

/// It is not known whether the commit was done, and it was.
#[test]
fn data_that_an_image_has_after_all_are_not_removed() {
    let world = World::new(Options::default());
    let process = world.process();
    let id = process.create_image().expect("accepted");
    let uploaded =
        process.upload_while(id, &DATA, || process.faults.fail_next("store.commit.after", FailWith::Io));
    assert!(uploaded.is_err(), "nobody can know that it went well");
    assert_eq!(process.image(id).map(|image| image.status), Some(ImageStatus::Active));
    assert_eq!(process.image_data(id, STORES[0]).as_deref(), Some(&DATA[..]));
    invariants::assert(process, Residue::None, "after a commit without an answer");
}

#[test]
fn a_commit_that_was_not_done_leaves_an_image_that_takes_data() {
    let world = World::new(Options::default());
    let process = world.process();
    let id = process.create_image().expect("accepted");
    let uploaded =
        process.upload_while(id, &DATA, || process.faults.fail_next("store.commit.before", FailWith::Io));
    assert!(uploaded.is_err(), "it failed");
    assert_eq!(process.image(id).map(|image| image.status), Some(ImageStatus::Queued));
    assert_eq!(process.image_data(id, STORES[0]), None);
    process.upload_while(id, &DATA, || {}).expect("another upload");
    invariants::assert(process, Residue::None, "after two uploads");
}

#[test]
fn an_identifier_is_free_again_once_an_upload_under_it_has_ended() {
    let world = World::new(Options::default());
    let process = world.process();
    let id = process.create_image().expect("accepted");
    let uploaded = process.upload_while(id, &DATA, || {
        process.delete_image(id).expect("accepted");
        process.settle();
        let refused = process.create_image_as(id).expect_err("the upload would put its data there");
        assert!(refused.to_string().contains("already exists"), "{refused}");
    });
    assert!(uploaded.expect_err("the image is gone").to_string().contains("deleted during the upload"));
    assert_eq!(process.image_data(id, STORES[0]), None);
    process.create_image_as(id).expect("accepted");
    process.upload_while(id, &DATA, || {}).expect("an upload");
    invariants::assert(process, Residue::None, "after two lives of an image");
}

/// What another process of another host works with.
fn elsewhere(process: &Process) -> Images {
    let mut images = process.images.clone();
    images.process = "elsewhere/images".to_owned();
    images
}

/// A world in which a silent upload is soon another's.
fn forgetful() -> World {
    let upload_lease_ms = i64::try_from(LEASE_MS).expect("a short time");
    World::new(Options { upload_lease_ms, ..Options::default() })
}

#[test]
fn an_upload_whose_process_never_returns_is_ended_after_its_lease() {
    let world = forgetful();
    let live = world.rival();
    let dead = world.process();
    let id = dead.create_image().expect("accepted");
    let target = Target::Store(STORES[0].to_owned());
    let status = || live.image(id).map(|image| image.status);

    // Nobody runs the first process from here on.
    let slow = dead.begin_upload(id, &DATA).expect("accepted");
    live.run(end_lost(&elsewhere(&live))).expect("nothing to end");
    assert_eq!(status(), Some(ImageStatus::Saving), "its lease holds");
    live.run_for(Duration::from_millis(LEASE_MS + 50));
    live.run(end_lost(&elsewhere(&live))).expect("a store that can be used");
    assert_eq!(status(), Some(ImageStatus::Queued));
    live.upload(id, target, &OTHER_DATA).expect("another upload");

    // It was only slow: what it brings is refused, and the data that the image has by now stay.
    let late = dead.end_upload(slow).expect_err("another ended it");
    assert!(late.to_string().contains("not said to go on"), "{late}");
    assert_eq!(status(), Some(ImageStatus::Active));
    assert_eq!(live.image_data(id, STORES[0]).as_deref(), Some(&OTHER_DATA[..]));
    invariants::assert(&live, Residue::None, "after an upload that was ended by another");
}

#[test]
fn an_upload_that_takes_longer_than_its_lease_is_nobody_elses() {
    let world = forgetful();
    let process = world.process();
    let id = process.create_image().expect("accepted");
    let slow = process.begin_upload(id, &DATA).expect("accepted");
    for _ in 0..4 {
        process.run_for(Duration::from_millis(LEASE_MS / 2));
        process.run(end_lost(&elsewhere(process))).expect("nothing to end");
        assert_eq!(process.image(id).map(|image| image.status), Some(ImageStatus::Saving));
    }
    process.end_upload(slow).expect("all came");
    assert_eq!(process.image_data(id, STORES[0]).as_deref(), Some(&DATA[..]));
    invariants::assert(process, Residue::None, "after a slow upload");
}

/// The process was killed after it had named the data, and another, which does not reach them, ended its upload before it
/// came back.
#[test]
fn what_an_ended_upload_left_goes_when_its_process_is_back() {
    let mut world = forgetful();
    let other = world.rival();
    let id = world.process().create_image().expect("accepted");
    let upload = world.process().begin_upload(id, &DATA).expect("accepted");
    world.crash();
    drop(upload);
    let store = other.images.stores.writable(STORES[0]).expect("a store");
    let mut writer = store.begin(id).expect("a store that takes data");
    writer.write(&DATA).expect("written");
    writer.finish().expect("named");
    other.run_for(Duration::from_millis(LEASE_MS + 50));
    let taken = other.write(move |conn| {
        let taken = store::image_uploads::take_over(conn, "other/1", conn.now().plus_millis(60_000))?;
        store::image_uploads::end(conn, "other/1", id, ImageStatus::Queued)?;
        Ok(taken)
    });
    assert_eq!(taken, Some(id));
    other.kill();
    world.restart();
    assert_eq!(world.process().image(id).map(|image| image.status), Some(ImageStatus::Queued));
    assert_eq!(world.process().image_data(id, STORES[0]), None);
    invariants::assert(world.process(), Residue::None, "after an upload that was ended by another");
}

/// Nobody serves the queue of the host that is asked.
#[test]
fn what_one_host_has_staged_is_imported_and_removed_there_whoever_is_asked() {
    let world = World::new(Options::default());
    let process = world.process();
    let mut asked = process.images.clone();
    asked.host = "elsewhere".to_owned();
    let staged = || {
        let id = process.create_image().expect("accepted");
        process.upload(id, Target::Staging, &DATA).expect("staged");
        id
    };
    let (imported, removed) = (staged(), staged());
    process.import_at(&asked, imported, Origin::Staged, true).expect("accepted");
    process.delete_image_at(&asked, removed).expect("accepted");
    process.settle();
    assert_eq!(process.image(imported).map(|image| image.status), Some(ImageStatus::Active));
    for store in STORES {
        assert_eq!(process.image_data(imported, store).as_deref(), Some(&DATA[..]));
    }
    invariants::assert(process, Residue::None, "after an import and a deletion");
}
