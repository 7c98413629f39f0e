//! Uploads of images, and what happens in their last moment.

use model::ImageStatus;
use ports::chaos::FailWith;
use testkit::images::STORES;
use testkit::invariants::{self, Residue};
use testkit::{Options, World};

static DATA: [u8; 100_000] = [5; 100_000];

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
