//! A plain copy, in the place of the one before.

use super::{Peer, words};

pub(super) fn peer() -> Peer {
    Peer {
        name: "cp",
        program: "cp".into(),
        begin: None,
        back_up: |file, place, _| words(&["--reflink=never", "--sparse=never"], &[file, &place.join("copy")]),
        restore: |_, place| words(&["--reflink=never"], &[&place.join("copy"), &place.join("restored")]),
        restored: |_, place| place.join("restored"),
    }
}
