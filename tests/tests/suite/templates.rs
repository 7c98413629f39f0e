//! Templates: made from an image or a medium, saved, rolled out, taken back, pruned; and every backend follows.

#[path = "templates/studio.rs"]
pub(crate) mod studio;

use blackbox::disk::files_below;
use blackbox::wait;
use serde_json::{Value, json};

use crate::hostile_images::craft;
use studio::{Studio, Template, sha256, text};

/// Where the tests write: in the image, behind it, and near the end of a 1 GiB disk.
const PLACES: [u64; 3] = [4096, 300 << 20, (1 << 30) - 512];

/// A template from a small image, whose disk holds `word` in three places as generation 2.
fn saved_template(studio: &Studio, word: &[u8; 8], places: usize) -> Template {
    let image = studio.images.upload("raw", "bare", &[5; 70_000]);
    let template = studio.template(json!({"name": "office", "image": image, "size": 1}));
    if places > 1 {
        // So that the other backend has what the next generations differ from.
        studio.desktop(&template, "b", None);
    }
    PLACES.iter().for_each(|place| studio.write(&template.disk, *place, word));
    studio.save(&template, places);
    template
}

#[track_caller]
fn assert_holds(studio: &Studio, volume: &str, word: &[u8; 8]) {
    for place in PLACES {
        assert_eq!(studio.read(volume, place, 8), word, "at byte {place} of {volume}");
    }
}

#[test]
fn a_template_is_installed_from_a_medium() {
    let studio = Studio::open(["raw", "raw"]);
    let medium = craft::iso();
    let iso = studio.images.upload("iso", "bare", &medium);
    let template = studio.template(json!({"name": "installed", "iso": iso, "size": 1}));
    let path = format!("/templates/{}", template.id);
    let shown = studio.demo.get(&path)["template"].take();
    assert_eq!(shown["current_generation"], Value::Null);
    let inserted = text(&shown, "iso_volume_id");
    assert_eq!(studio.read(&inserted, 0, medium.len()), medium, "the medium is in a disk beside it");
    assert_eq!(studio.read(&template.disk, 0, 512), [0; 512], "and the disk is blank");
    studio.demo.post(&format!("{path}/desktops"), &json!({"desktop": {}})).expect(409);

    // What an installer does.
    PLACES.iter().for_each(|place| studio.write(&template.disk, *place, b"install!"));
    let saved = studio.save(&template, 1);
    assert_eq!(saved["number"], 1);
    assert_eq!(saved["sha256"], sha256(&studio.file(&template.disk)));
    let image = text(&saved, "image_id");
    assert_eq!(studio.images.show(&image)["status"], "active");
    let uploaded = files_below(&studio.server.data_dir().join("images"));
    assert!(!uploaded.iter().any(|file| file.to_string_lossy().contains(&image)), "it is not uploaded");

    // A desktop here stands on it; the other backend fetches it when it is first needed.
    let (here, there) = (studio.desktop(&template, "a", None), studio.desktop(&template, "b", None));
    for desktop in [&here, &there] {
        assert!(studio.are_equal(&template.disk, desktop));
    }
    studio.write(&template.disk, PLACES[0], b"mistaken");
    studio.reset(&template, 1);
    assert!(studio.are_equal(&template.disk, &here), "a reset drops what was written since");
    studio.demo.delete(&path).expect(409);
}

#[test]
fn a_generation_is_tried_rolled_out_taken_back_and_pruned() {
    let studio = Studio::open(["raw", "raw"]);
    let image = studio.images.upload("raw", "bare", &[5; 70_000]);
    let template = studio.template(json!({"name": "office", "image": image, "size": 1}));
    let old = [(); 3].map(|()| studio.desktop(&template, "a", None));
    studio.write(&old[2], PLACES[1], b"user own");
    PLACES.iter().for_each(|place| studio.write(&template.disk, *place, b"release2"));
    studio.save(&template, 1);
    let roll_out = |fields: Value| {
        let body = json!({ "roll_out": fields });
        studio.demo.post(&format!("/templates/{}/roll-out", template.id), &body)
    };

    // To one, as a trial; the others stay as they are.
    let tried = roll_out(json!({"generation": 2, "canary": 1})).expect(200).json();
    let tried = tried["desktops"].as_array().expect("desktops").clone();
    assert_eq!((tried.len(), &tried[0]["target_generation"]), (1, &json!(2)));
    let canary = text(&tried[0], "volume_id");
    for desktop in &old {
        let wanted = (*desktop == canary).then_some(2);
        assert_eq!(studio.start(&template, desktop), wanted, "{desktop}");
    }
    assert_holds(&studio, &canary, b"release2");
    assert_eq!(studio.start(&template, &canary), None, "it has it");

    // To all, by the command line; each at its next start, new ones at once.
    let chosen = studio.cli(&["roll-out", &template.id, "2"]);
    assert_eq!(chosen.as_array().map(Vec::len), Some(3));
    for desktop in old.iter().filter(|desktop| **desktop != canary) {
        assert_eq!(studio.start(&template, desktop), Some(2));
        assert_holds(&studio, desktop, b"release2");
    }
    assert_holds(&studio, &studio.desktop(&template, "a", None), b"release2");

    // And back, for two of them by name.
    let back: Vec<&str> = old[..2].iter().map(String::as_str).collect();
    roll_out(json!({"generation": 1, "desktops": back})).expect(200);
    for desktop in back {
        assert_eq!(studio.start(&template, desktop), Some(1));
        assert_eq!(studio.read(desktop, PLACES[1], 8), [0; 8]);
        assert_eq!(studio.read(desktop, 0, 70_000), vec![5; 70_000], "what was in the image");
    }
    roll_out(json!({"generation": 3})).expect(404);
    prune(&studio, &template, &old);
}

/// A generation that something stands on stays; the others go, with their files.
fn prune(studio: &Studio, template: &Template, desktops: &[String]) {
    let second = format!("/templates/{}/generations/2", template.id);
    studio.demo.delete(&second).expect(409);
    let shown = studio.cli(&["show", &template.id]);
    assert_eq!(shown["current"], 2);
    let everybody = shown["desktops"].as_array().expect("desktops");
    assert_eq!(everybody.len(), desktops.len() + 1);
    studio.cli(&["roll-out", &template.id, "1"]);
    for desktop in everybody {
        studio.start(template, desktop["volume_id"].as_str().expect("its volume"));
    }
    studio.cli(&["reset", &template.id, "--generation", "1"]);
    studio.await_disk(&template.disk);
    let bases = || {
        let files = files_below(&studio.server.side_dir("files"));
        files.iter().filter(|file| file.to_string_lossy().contains("/base-")).count()
    };
    assert_eq!(bases(), 2);
    studio.demo.delete(&second).expect(202);
    wait::until(wait::PATIENCE, "what nothing stands on is gone", || (bases() == 1).then_some(()));
    studio.demo.send("GET", &second).expect(404);
    let listed = studio.cli(&["list"]);
    assert_eq!(listed[0]["id"], json!(template.id));
}

#[test]
fn a_backend_that_was_down_catches_up() {
    let mut studio = Studio::open(["raw", "raw"]);
    let template = saved_template(&studio, b"release2", 2);
    studio.restart_with("a");
    for (number, word) in [(3, b"release3"), (4, b"release4")] {
        PLACES.iter().for_each(|place| studio.write(&template.disk, *place, word));
        let saved = studio.save(&template, 1);
        assert_eq!(saved["number"], number, "saving does not wait for who is down");
    }
    studio.restart_with("a,b");
    for number in [3, 4] {
        studio.await_generation(&template, number, 2);
    }
    // What others build on is kept until they are gone too.
    studio.cli(&["prune", &template.id, "2"]);
    let pruned = studio.demo.get(&format!("/templates/{}/generations/2", template.id));
    assert_eq!(pruned["generation"]["status"], "pruned");
    let there = studio.desktop(&template, "b", Some(4));
    assert!(studio.are_equal(&template.disk, &there));
    assert_holds(&studio, &studio.desktop(&template, "b", Some(3)), b"release3");
}
