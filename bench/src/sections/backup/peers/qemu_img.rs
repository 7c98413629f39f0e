//! `qemu-img convert` into a qcow2 file, in the place of the one before.

use super::{Peer, words};

pub(super) fn peer() -> Peer {
    Peer {
        name: "qemu-img",
        program: "qemu-img".into(),
        begin: None,
        back_up: |file, place, _| {
            words(&["convert", "-f", "raw", "-O", "qcow2"], &[file, &place.join("copy.qcow2")])
        },
        restore: |_, place| {
            let (copy, restored) = (place.join("copy.qcow2"), place.join("restored"));
            words(&["convert", "-f", "qcow2", "-O", "raw"], &[&copy, &restored])
        },
        restored: |_, place| place.join("restored"),
    }
}
