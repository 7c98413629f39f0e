//! How long things take in the guest. System calls are slow there, so that the figures say something of each other and
//! nothing of a real machine; nothing is asserted of them.

use std::time::Instant;

use serde_json::json;

use crate::host::Host;
use crate::storage::{Kind, Storage};

const ROUNDS: usize = 5;

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
    for (name, mut taken_s) in names.into_iter().zip(figures) {
        taken_s.sort_by(f64::total_cmp);
        if let (Some(least), Some(median)) = (taken_s.first(), taken_s.get(taken_s.len() / 2)) {
            println!("{name}: median {median:.2} s, least {least:.2} s");
        }
    }
}

fn timed<T>(taken_s: &mut Vec<f64>, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    taken_s.push(begun.elapsed().as_secs_f64());
    done
}
