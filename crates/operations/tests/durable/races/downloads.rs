//! Images that are to come from another one, which is not there.

use model::ImageStatus;
use model::image::TaskStatus;
use operations::image::import::Origin;
use testkit::{Options, World};

/// As of an image that is in no region that can be reached: of those there is only one.
#[test]
fn an_image_that_cannot_be_downloaded_ends_with_a_failed_task() {
    let world = World::new(Options::default());
    let process = world.process();
    let id = process.create_image().expect("an image");
    process.import(id, Origin::Image(None), true).expect("accepted");
    process.settle();
    let image = process.image(id).expect("an image");
    assert_eq!((image.status, image.locations.len()), (ImageStatus::Queued, 0));
    let tasks = process.read(move |conn| store::image_tasks::of_image(conn, id));
    assert_eq!(tasks.iter().map(|task| task.status).collect::<Vec<_>>(), [TaskStatus::Failure]);
    assert!(tasks[0].message.contains("not in a region that can be reached"), "{}", tasks[0].message);
}
