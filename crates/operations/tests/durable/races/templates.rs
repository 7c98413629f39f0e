//! Generations that are saved, reset to and pruned at the same time.

use model::{Desktop, Generation, GenerationStatus, Template, VolumeId, VolumeStatus};
use operations::Refused;
use operations::template::create;
use operations::template::roll_out::Which;
use ports::Work;
use ports::chaos::FailWith;
use ports::volume::BaseRef;
use testkit::invariants::{self, Residue};
use testkit::{Process, World};

use crate::scenarios::status;
use crate::scenarios::template::{NEW, in_zone, template_and_desktop, two_backends, write};

/// A template on one backend, a desktop of it on another, and the generations that were saved.
fn saved(process: &Process, count: usize) -> (Template, VolumeId) {
    let desktop = template_and_desktop(process).volumes[1];
    let template = process.template();
    for number in 0..count {
        write(process, template.volume_id, NEW + u8::try_from(number).expect("few"));
        process.save_template(template.id).expect("a generation");
        process.settle();
    }
    (template, desktop)
}

fn is_conflict<T>(answer: Result<T, Refused>, word: &str) {
    let why = answer.err().expect("a refusal").to_string();
    assert!(why.contains(word), "{why}");
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
fn a_generation_whose_hash_is_found_late_does_not_replace_a_later_one() {
    let world = World::new(two_backends());
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
    let world = World::new(two_backends());
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

/// On a backend where nothing stands on bases, the row of a generation that is there says nothing of what it differs from.
#[test]
fn the_base_of_a_generation_that_somebody_removed_is_made_again() {
    let world = World::new(two_backends());
    let process = world.process();
    let (template, _) = saved(process, 2);
    let generation = process.generations().pop().expect("a generation");
    let lost = process.bases_of(generation.image_id).into_iter().find(|base| base.backend == "host@b");
    let lost = lost.expect("a base there");
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
