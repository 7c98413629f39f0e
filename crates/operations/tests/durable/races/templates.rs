//! Generations that are saved, reset to and pruned at the same time.

use model::{Desktop, Generation, GenerationStatus, Template, VolumeId, VolumeStatus};
use operations::template::create;
use operations::template::roll_out::Which;
use operations::volume::create::Create;
use operations::{Refused, Settings};
use ports::Work;
use ports::chaos::FailWith;
use ports::volume::BaseRef;
use ports::volume::bases::MAX_HEIGHT;
use testkit::invariants::{self, Residue};
use testkit::{BackendOptions, Options, Process, World, blank, from_image};

use crate::scenarios::status;
use crate::scenarios::template::{NEW, in_zone, template_and_desktop, two_backends, write};

/// A template on one backend, a desktop of it on another, and the generations that were saved, one on the other.
fn saved(process: &Process, count: usize) -> (Template, VolumeId) {
    let desktop = template_and_desktop(process).volumes[1];
    let template = process.template();
    for number in 0..count {
        write(process, template.volume_id, NEW + u8::try_from(number).expect("few"));
        process.save_template(template.id).expect("a generation");
        process.settle();
        process.reset_to(template.volume_id, None).expect("a reset");
        process.settle();
    }
    (template, desktop)
}

fn is_conflict<T>(answer: Result<T, Refused>, word: &str) {
    let why = answer.err().expect("a refusal").to_string();
    assert!(why.contains(word), "{why}");
}

/// What failed is tried again after so long that it is seen to wait.
fn two_slow_backends() -> Options {
    let slowly = |settings: &mut Settings| {
        settings.first_retry_ms = 1_000;
        settings.longest_retry_ms = 1_000;
    };
    Options { configure: slowly, ..two_backends() }
}

/// Saves, and has the hash of what was saved not be found before the process settles.
fn save_and_stumble(process: &Process, template: &Template) -> Generation {
    process.faults.fail_next("driver.open_base.before", FailWith::Busy);
    let saved = process.save_template(template.id).expect("a generation");
    let stumbled = |it: &store::operations::OperationRow| it.kind == "generation.digest" && it.attempts > 0;
    process.run_until("its hash is tried again", || process.pending().iter().any(stumbled));
    saved
}

fn everybody_gets(process: &Process, template: &Template, number: u64) {
    process.roll_out(template.id, number, Which::All).expect("a roll-out");
    process.reset_to(template.volume_id, Some(number)).expect("a reset");
    for Desktop { volume_id, .. } in process.read({
        let id = template.id;
        move |conn| store::templates::desktops(conn, id)
    }) {
        process.reset_to(volume_id, Some(number)).expect("a reset");
    }
    process.settle();
}

#[test]
fn a_generation_stays_as_long_as_another_template_was_made_from_it() {
    let world = World::new(two_backends());
    let process = world.process();
    let (template, _) = saved(process, 1);
    let taken = process.generations()[1].clone();
    let request = create::Create {
        image: Some(taken.image_id.to_string()),
        availability_zone: Some("here".to_owned()),
        ..create::Create::default()
    };
    let other = process.create_template(request).expect("a template of a generation");
    process.settle();
    assert_eq!(status(process, other.volume_id), Some(VolumeStatus::Available));
    everybody_gets(process, &template, 1);
    let named = other.id.to_string();
    is_conflict(process.prune(template.id, 2), &named);
    let desktops = process.read(move |conn| store::templates::desktops(conn, template.id));
    for desktop in desktops {
        process.delete(desktop.volume_id, operations::volume::delete::Options::default()).expect("accepted");
    }
    process.settle();
    is_conflict(process.delete_template(template.id), &named);
    process.create_desktop(other.id, in_zone("there")).expect("a desktop of the other");
    process.settle();
    let made = process.read(move |conn| store::templates::desktops(conn, other.id)).pop().expect("a desktop");
    let disk = process.content_of_volume(other.volume_id);
    assert_eq!(process.content_of_volume(made.volume_id), disk, "it is what was saved");
    invariants::assert(process, Residue::None, "while another template needs it");
}

#[test]
fn the_disk_of_a_template_goes_only_after_it() {
    let world = World::new(two_backends());
    let process = world.process();
    let (template, desktop) = saved(process, 0);
    process.delete(desktop, operations::volume::delete::Options::default()).expect("accepted");
    process.settle();
    let (disk, named) = (template.volume_id, template.id.to_string());
    let options = operations::volume::delete::Options { force: true, ..Default::default() };
    is_conflict(process.delete(disk, options), &named);
    is_conflict(process.unmanage(disk), &named);
    is_conflict(process.offer(disk, false), &named);
    process.delete_template(template.id).expect("accepted");
    process.settle();
    assert_eq!(status(process, disk), Some(VolumeStatus::Available));
    process.delete(disk, options).expect("accepted");
    process.settle();
    assert_eq!(status(process, disk), None);
    invariants::assert(process, Residue::None, "after its disk");
}

#[test]
fn a_generation_whose_hash_is_found_late_does_not_replace_a_later_one() {
    let world = World::new(two_slow_backends());
    let process = world.process();
    let (template, _) = saved(process, 0);
    let late = save_and_stumble(process, &template);
    process.save_template(template.id).expect("the next generation");
    let now = || process.template();
    process.run_until("the next one is offered", || now().current == Some(late.number + 1));
    process.settle();
    assert!(process.generations().iter().all(|it| it.status == GenerationStatus::Available));
    assert_eq!(now().current, Some(late.number + 1));
}

#[test]
fn a_roll_out_and_a_reset_hold_whatever_is_being_hashed() {
    let world = World::new(two_slow_backends());
    let process = world.process();
    let (template, _) = saved(process, 0);
    save_and_stumble(process, &template);
    everybody_gets(process, &template, 1);
    let now = process.template();
    assert_eq!((now.current, now.disk_generation), (Some(1), Some(1)), "not what was saved before");
    process.save_template(template.id).expect("a generation");
    process.settle();
    assert_eq!(process.template().current, Some(3), "what is saved afterwards is offered again");
}

#[test]
fn what_a_desktop_is_being_reset_to_is_not_pruned() {
    let world = World::new(two_backends());
    let process = world.process();
    let (template, desktop) = saved(process, 1);
    everybody_gets(process, &template, 1);
    process.reset_to(desktop, Some(2)).expect("a reset");
    is_conflict(process.prune(template.id, 2), "is being reset to");
    process.settle();
    assert_eq!(process.desktop(desktop).generation, 2);
    everybody_gets(process, &template, 1);
    process.reset_to(template.volume_id, Some(2)).expect("a reset");
    is_conflict(process.prune(template.id, 2), "is being reset to");
    process.settle();
    everybody_gets(process, &template, 1);
    process.prune(template.id, 2).expect("nothing stands on it");
    process.settle();
    assert_eq!(process.generations().len(), 1);
    invariants::assert(process, Residue::None, "after it was pruned");
}

/// The row of a base that was made whole says nothing of what its generation differs from.
#[test]
fn the_base_of_a_generation_that_somebody_removed_is_made_again() {
    let world = World::new(two_backends());
    let process = world.process();
    let height = usize::try_from(MAX_HEIGHT).expect("a small height");
    let (template, _) = saved(process, height);
    let generation = process.generations().pop().expect("a generation");
    let lost = process.bases_of(generation.image_id).into_iter().find(|base| base.backend == "host@b");
    let lost = lost.expect("a base there");
    assert_eq!(lost.parent_id, None, "it would stand too high, and was made whole");
    let wanted =
        BaseRef { id: lost.id, size_gib: lost.size_gib, pool: lost.pool.clone(), parent: lost.parent_id };
    let driver = process.driver("b");
    driver.bases().expect("bases").remove_base(&Work::new(), &wanted).expect("a base that can be removed");
    let made = process.create_desktop(template.id, in_zone("there")).expect("accepted");
    process.settle();
    assert_eq!(status(process, made), Some(VolumeStatus::Available), "{:?}", process.told(&made.to_string()));
    assert_eq!(process.content_of_volume(made), process.content_of_volume(template.volume_id));
    invariants::assert(process, Residue::None, "after it was made again");
}

/// The same two; beside one of them one that seems larger and keeps no bases; and nowhere only such a one.
fn some_without_bases() -> Vec<BackendOptions> {
    let mut backends = two_backends().backends;
    let more = [("here", BackendOptions::thin("c").boasting(5000)), ("nowhere", BackendOptions::thin("d"))];
    backends.extend(more.map(|(zone, backend)| BackendOptions { zone, ..backend.baseless() }));
    backends
}

/// A world with those, and with a template that was saved before they came.
fn saved_before() -> (World, Template) {
    let mut world = World::new(two_backends());
    let (template, _) = saved(world.process(), 1);
    world.set_backends(some_without_bases());
    world.restart();
    (world, template)
}

fn blank_in(process: &Process, zone: &str) -> VolumeId {
    let made = process.create(Create { availability_zone: Some(zone.to_owned()), ..blank(1) });
    let made = made.expect("accepted");
    process.settle();
    made
}

#[test]
fn a_generation_is_written_over_a_volume_where_there_are_bases_and_else_nothing_is_touched() {
    let (world, template) = saved_before();
    let process = world.process();
    let image = process.generations()[1].image_id;
    let (here, nowhere) = (blank_in(process, "there"), blank_in(process, "nowhere"));
    for id in [here, nowhere] {
        process.reimage(id, image).expect("accepted");
        process.settle();
        assert_eq!(status(process, id), Some(VolumeStatus::Available));
    }
    assert_eq!(process.content_of_volume(here), process.content_of_volume(template.volume_id));
    let told = process.told(&nowhere.to_string());
    assert!(told.len() == 1 && told[0].contains("keeps none"), "{told:?}");
    assert!(process.volume(nowhere).unwrap().image_metadata.get("image_id").is_none());
    invariants::assert(process, Residue::None, "after both");
}

#[test]
fn a_volume_of_a_generation_is_made_where_there_are_bases() {
    let (world, template) = saved_before();
    let process = world.process();
    let image = process.generations()[1].image_id;
    let in_zone = |zone: &str| Create { availability_zone: Some(zone.to_owned()), ..from_image(1, image) };
    let made = process.create(in_zone("here")).expect("accepted");
    let never = process.create(in_zone("nowhere")).expect("accepted");
    process.settle();

    assert_eq!(status(process, made), Some(VolumeStatus::Available), "{:?}", process.told(&made.to_string()));
    assert_eq!(process.content_of_volume(made), process.content_of_volume(template.volume_id));
    assert_eq!(process.volume(made).unwrap().host.as_deref(), Some("host@a#pool"));
    assert_eq!(status(process, never), Some(VolumeStatus::Error));
    let tried = process.told(&never.to_string());
    assert!(tried.iter().any(|why| why.contains("keeps none")), "{tried:?}");
    process.add_encrypted_type("secret");
    let secret = Create { volume_type: Some("secret".to_owned()), ..from_image(2, image) };
    let why = process.create(secret).expect_err("a refusal").to_string();
    assert!(why.contains("encrypted type 'secret'"), "{why}");
}
