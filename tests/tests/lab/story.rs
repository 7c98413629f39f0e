//! Created, attached with CHAP, written, snapshotted and grown while it is used, detached, cloned, read again, deleted;
//! and nothing is left.

use serde_json::json;

use crate::host::{Host, size_bytes};
use crate::storage::{Kind, Storage};
use crate::{hash, residue, run};

const GIB: u64 = 1 << 30;

#[test]
fn a_volume_goes_all_the_way_on_thin_volumes_behind_the_kernels_target() {
    all_the_way(Kind::ThinLio);
}

#[test]
fn a_volume_goes_all_the_way_on_thick_volumes_behind_tgtd() {
    all_the_way(Kind::ThickTgt);
}

fn all_the_way(kind: Kind) {
    let Some(storage) = Storage::new(kind) else { return };
    let (demo, host) = (storage.server.member(), Host::new(&storage.server));
    let volume = demo.make_volume(json!({"size": 1, "name": "story"}));

    let device = host.attach(&volume);
    assert_eq!(size_bytes(&device), GIB);
    run("mkfs.ext4", &["-q", "-F", device.to_str().unwrap()]);
    let connection = demo.await_volume(&volume, "in-use");
    assert_eq!(connection["attachments"].as_array().map(Vec::len), Some(1), "{connection}");
    let (first, second) = host.mounted(&device, |place| {
        let fill = |name: &str| {
            let file = place.join(name);
            run("dd", &["if=/dev/urandom", &format!("of={}", file.display()), "bs=1M", "count=4"]);
            run("sync", &[]);
            hash(&file)
        };
        let first = fill("first");
        let body = json!({"snapshot": {"volume_id": volume, "name": "in-use", "force": true}});
        let snapshot = demo.post("/snapshots", &body).expect(202).json();
        let snapshot = snapshot["snapshot"]["id"].as_str().unwrap().to_owned();
        demo.await_status(&format!("/snapshots/{snapshot}"), "snapshot", "available");
        let second = fill("second");
        if kind == Kind::ThinLio {
            // What is thin takes back what is given up; what is thick would show others what it held.
            run("fstrim", &[place.to_str().unwrap()]);
        }
        assert!(!host.order(&["detach", &volume]).status.success(), "a mounted device was taken away");
        ((snapshot, first), second)
    });
    let (snapshot, first) = first;

    // From a snapshot that was taken while it was used.
    let older = demo.make_volume(json!({"size": 1, "snapshot_id": snapshot}));
    let of_older = host.attach(&older);
    host.mounted(&of_older, |place| {
        assert_eq!(hash(&place.join("first")), first);
        assert!(!place.join("second").exists(), "the snapshot has what came later");
    });
    host.detach(&older);
    demo.remove(&format!("/volumes/{older}"));
    demo.remove(&format!("/snapshots/{snapshot}"));

    // It grows while it is used.
    host.mounted(&device, |_| {
        let grow = json!({"os-extend": {"new_size": 2}});
        demo.post(&format!("/volumes/{volume}/action"), &grow).expect(202);
        demo.await_volume(&volume, "in-use");
        host.resize(&volume);
        assert_eq!(size_bytes(&device), 2 * GIB);
        run("resize2fs", &[device.to_str().unwrap()]);
    });
    host.detach(&volume);
    demo.await_volume(&volume, "available");
    assert_eq!(residue::of(&storage, &host, false), Vec::<String>::new());

    // A clone, and the volume itself, attached again.
    let clone = demo.make_volume(json!({"size": 2, "source_volid": volume}));
    for id in [&clone, &volume] {
        let device = host.attach(id);
        assert_eq!(size_bytes(&device), 2 * GIB);
        let read = host.mounted(&device, |place| (hash(&place.join("first")), hash(&place.join("second"))));
        assert_eq!(read, (first.clone(), second.clone()), "{id}");
        host.detach(id);
    }
    for id in [&clone, &volume] {
        demo.remove(&format!("/volumes/{id}"));
    }
    assert_eq!(residue::of(&storage, &host, true), Vec::<String>::new());
}
