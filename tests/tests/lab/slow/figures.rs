//! How long things take in the guest. System calls are slow there, so that the figures say something of each other and
//! nothing of a real machine; nothing is asserted of them.

use std::time::Instant;

use serde_json::json;

use crate::host::Host;
use crate::run;
use crate::storage::{GROUP, Kind, Storage};

pub(super) const ROUNDS: usize = 5;

#[test]
fn on_thin_volumes_behind_the_kernels_target() {
    let Some(storage) = Storage::new(Kind::ThinLio) else { return };
    let (demo, host) = (storage.server.member(), Host::new(&storage.server));
    let volume = demo.make_volume(json!({"size": 1}));
    let mut figures = [const { Vec::new() }; 6];
    let [attach, detach, snapshot, clone, restore, delete] = &mut figures;
    for _ in 0..ROUNDS {
        timed(attach, || host.attach(&volume));
        timed(detach, || host.detach(&volume));
        let kept = timed(snapshot, || demo.make_snapshot(&volume));
        let cloned = timed(clone, || demo.make_volume(json!({"size": 1, "source_volid": volume})));
        let restored = timed(restore, || demo.make_volume(json!({"size": 1, "snapshot_id": kept})));
        demo.remove(&format!("/volumes/{restored}"));
        demo.remove(&format!("/snapshots/{kept}"));
        timed(delete, || demo.remove(&format!("/volumes/{cloned}")));
    }
    demo.remove(&format!("/volumes/{volume}"));
    let names = [
        "attach, until the device is there",
        "detach",
        "snapshot",
        "clone of 1 GiB",
        "volume of 1 GiB from a snapshot",
        "delete of 1 GiB",
    ];
    names.into_iter().zip(figures).for_each(|(name, taken_s)| say(name, taken_s));
}

/// A thick volume is wiped when it goes: beside it, `dd` over one that stays.
#[test]
fn deleting_a_thick_volume_beside_dd() {
    let Some(storage) = Storage::with(Kind::ThickTgt, "volume_clear_size = 0") else { return };
    let demo = storage.server.member();
    let stays = demo.make_volume(json!({"size": 1}));
    let device = format!("/dev/{GROUP}/volume-{stays}");
    let mut figures = [const { Vec::new() }; 2];
    let [delete, dd] = &mut figures;
    for _ in 0..ROUNDS {
        let volume = demo.make_volume(json!({"size": 1}));
        timed(delete, || demo.remove(&format!("/volumes/{volume}")));
        timed(dd, || zero(&device));
    }
    demo.remove(&format!("/volumes/{stays}"));
    let names = ["delete of a thick GiB, wiped", "dd of zeros over a GiB, past the caches"];
    names.into_iter().zip(figures).for_each(|(name, taken_s)| say(name, taken_s));
}

fn zero(device: &str) {
    let of = format!("of={device}");
    run("dd", &["if=/dev/zero", &of, "bs=1M", "count=1024", "oflag=direct", "conv=fsync", "status=none"]);
}

/// What goes through an attached volume, and to its logical volume without anything between.
#[test]
fn through_the_target_and_beside_it() {
    let Some(storage) = Storage::new(Kind::ThinLio) else { return };
    let (demo, host) = (storage.server.member(), Host::new(&storage.server));
    let volume = demo.make_volume(json!({"size": 1}));
    let local = format!("{GROUP}/volume-{volume}");
    let activate = |how: &str| run("lvchange", &["--activate", how, "--ignoreactivationskip", &local]);
    let mut figures = [const { Vec::new() }; 4];
    let [attached_write, attached_read, local_write, local_read] = &mut figures;
    for _ in 0..ROUNDS {
        let device = host.attach(&volume).display().to_string();
        timed(attached_write, || copy("/dev/zero", &device));
        timed(attached_read, || copy(&device, "/dev/null"));
        host.detach(&volume);
        activate("y");
        let device = format!("/dev/{local}");
        timed(local_write, || copy("/dev/zero", &device));
        timed(local_read, || copy(&device, "/dev/null"));
        activate("n");
    }
    demo.remove(&format!("/volumes/{volume}"));
    let names =
        ["attached, write", "attached, read", "its logical volume, write", "its logical volume, read"];
    for (name, taken_s) in names.into_iter().zip(figures) {
        say(&format!("{name} {COPIED} of a MiB, past the caches"), taken_s);
    }
}

/// How many blocks of a MiB are copied.
const COPIED: &str = "256";

fn copy(from: &str, to: &str) {
    let past = if from == "/dev/zero" { "oflag=direct" } else { "iflag=direct" };
    run(
        "dd",
        &[
            &format!("if={from}"),
            &format!("of={to}"),
            "bs=1M",
            &format!("count={COPIED}"),
            past,
            "status=none",
        ],
    );
}

/// Prints figures.
pub(super) fn say(name: &str, mut taken_s: Vec<f64>) {
    taken_s.sort_by(f64::total_cmp);
    if let (Some(least), Some(median)) = (taken_s.first(), taken_s.get(taken_s.len() / 2)) {
        println!("{name}: median {median:.2} s, least {least:.2} s");
    }
}

/// Does something, and notes how long it took.
pub(super) fn timed<T>(taken_s: &mut Vec<f64>, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    taken_s.push(begun.elapsed().as_secs_f64());
    done
}
