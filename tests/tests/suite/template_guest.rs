//! A real machine boots from an overlay on a cached image, and its template is saved by a server that is killed.
//!
//! `BESSER_KILL_SEED` repeats a run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use blackbox::console::{Console, sum_at, sum_of};
use blackbox::machine::{Machine, Running};
use blackbox::random::Random;
use blackbox::wait;
use serde_json::{Value, json};

use crate::templates::studio::{Studio, Template, sha256};

/// How often the server is killed while a generation is on its way, and how long after the last start at most.
const KILLS: usize = 3;
const LATEST_KILL: Duration = Duration::from_millis(1500);
/// Where every generation writes, in MiB: behind the image, whose disk has 64.
const SAME_PLACE: u32 = 90;
const OWN_PLACES: u32 = 100;
const DISK: &str = "/dev/vda";

/// A virtual machine that runs from the disk of a template or from a desktop.
struct Guest {
    running: Running,
    console: Console,
}

impl Guest {
    fn boot(machine: &Machine, studio: &Studio, volume: &str) -> Self {
        let serial = studio.server.side_dir("guests").join(&volume[..8]);
        let _ = fs::remove_file(&serial);
        let file = studio.file(volume);
        let (running, console) = machine.boot(&file, format_of(machine, &file), &serial);
        Self { running, console }
    }

    /// Ends in the way that a person would end it.
    fn power_off(mut self) {
        self.console.tell("poweroff -f");
        wait::until(wait::PATIENCE, "the machine is off", || (!self.running.is_running()).then_some(()));
    }
}

fn info(machine: &Machine, file: &Path) -> Value {
    let file = file.to_str().expect("a path");
    let text = machine.must("qemu-img", ["info", "-U", "--output=json", file]);
    serde_json::from_str(&text).expect("JSON of qemu-img")
}

fn format_of(machine: &Machine, file: &Path) -> &'static str {
    if info(machine, file)["format"] == "qcow2" { "qcow2" } else { "raw" }
}

/// What the disk holds, taken by other means than the server's.
fn copy_of(machine: &Machine, studio: &Studio, volume: &str, name: &str) -> PathBuf {
    let copy = studio.server.side_dir("copies").join(name);
    let (from, to) = (studio.file(volume), copy.to_str().expect("a path"));
    machine.must("qemu-img", ["convert", "-O", "raw", from.to_str().expect("a path"), to]);
    copy
}

#[track_caller]
fn assert_holds(machine: &Machine, studio: &Studio, volume: &str, copy: &Path) {
    let paths = [copy, &studio.file(volume)].map(|path| path.to_str().expect("a path").to_owned());
    let said = machine.must("qemu-img", ["compare", "-U", &paths[0], &paths[1]]);
    assert!(said.contains("identical"), "{volume}: {said}");
}

/// Asks for a generation, kills the server again and again, and waits until both backends have it.
fn save_under_fire(studio: &mut Studio, template: &Template, random: &mut Random) -> Value {
    let number = studio.ask_save(template);
    for _ in 0..KILLS {
        let most = u64::try_from(LATEST_KILL.as_micros()).unwrap_or(1);
        std::thread::sleep(Duration::from_micros(random.below(most)));
        studio.server.kill();
        studio.server.start_again();
    }
    studio.await_generation(template, number, 2)
}

#[test]
fn a_machine_boots_from_an_overlay_and_its_template_outlives_kills() {
    let Some(machine) = Machine::find() else { return };
    if Command::new("qemu-img").arg("--version").output().is_err() {
        return skips::report("qemu's tools are not installed");
    }
    let mut random = Random::from_env("BESSER_KILL_SEED");
    let mut studio = Studio::open(["qcow2", "raw"]);
    let bytes = fs::read(machine.disk()).expect("a disk that boots");
    let image = studio.images.upload("raw", "bare", &bytes);
    let template = studio.template(json!({"name": "real", "image": image, "size": 1}));
    let below = info(&machine, &studio.file(&template.disk));
    assert!(below["backing-filename"].as_str().is_some_and(|name| name.contains("base-")), "{below}");
    let first = copy_of(&machine, &studio, &template.disk, "1");
    let mut kept = vec![(studio.desktop(&template, "b", None), first)];

    for number in 2..=3 {
        let mut guest = Guest::boot(&machine, &studio, &template.disk);
        assert_eq!(guest.console.sh("uname -s"), "Linux");
        assert_eq!(
            guest.console.sum(DISK, 0),
            sum_at(&machine.disk(), 0),
            "what it booted from is the image"
        );
        for place in [SAME_PLACE, OWN_PLACES + number] {
            guest.console.write(DISK, &format!("generation {number}"), place);
        }
        guest.power_off();
        let copy = copy_of(&machine, &studio, &template.disk, &number.to_string());
        let saved = save_under_fire(&mut studio, &template, &mut random);
        assert_eq!((&saved["number"], &saved["sha256"]), (&json!(number), &json!(sha256(&copy))));
        for backend in ["a", "b"] {
            kept.push((studio.desktop(&template, backend, None), copy.clone()));
        }
    }
    for (desktop, copy) in &kept {
        assert_holds(&machine, &studio, desktop, copy);
    }

    // Back to an older one, and what stands on it boots, on either backend.
    studio.reset(&template, 2);
    for volume in [&template.disk, &kept[2].0] {
        let mut guest = Guest::boot(&machine, &studio, volume);
        assert_eq!(guest.console.sum(DISK, SAME_PLACE), sum_of("generation 2"));
        guest.power_off();
    }
    roll_out_and_prune(&machine, &studio, &template, &kept);
}

/// Desktops are moved to another generation and back, and what nothing stands on any more goes; real machines boot from them
/// after each of it.
fn roll_out_and_prune(machine: &Machine, studio: &Studio, template: &Template, kept: &[(String, PathBuf)]) {
    let roll_out = |fields: Value| {
        let body = json!({ "roll_out": fields });
        studio.demo.post(&format!("/templates/{}/roll-out", template.id), &body).expect(200);
    };
    let finds = |desktop: &str, generation: u64| {
        let mut guest = Guest::boot(machine, studio, desktop);
        let found = guest.console.sum(DISK, SAME_PLACE);
        assert_eq!(found, sum_of(&format!("generation {generation}")), "{desktop}");
        guest.power_off();
    };
    let (oldest, newest) = (&kept[0].0, &kept[4].0);
    roll_out(json!({"generation": 3, "desktops": [oldest]}));
    assert_eq!(studio.start(template, oldest), Some(3));
    finds(oldest, 3);

    let third = format!("/templates/{}/generations/3", template.id);
    studio.demo.delete(&third).expect(409);
    roll_out(json!({"generation": 2}));
    for (desktop, _) in kept {
        studio.start(template, desktop);
    }
    studio.demo.delete(&third).expect(202);
    wait::until(wait::PATIENCE, "what nothing stands on is gone", || {
        (studio.demo.send("GET", &third).status == 404).then_some(())
    });
    finds(newest, 2);
}
