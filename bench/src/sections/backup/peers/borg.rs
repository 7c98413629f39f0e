//! Borg, without encryption.

use super::{Peer, below, words};

/// The number of the last backup that is made.
const LAST: usize = super::super::STAGES.len() - 1;

pub(super) fn peer() -> Peer {
    Peer {
        name: "borg",
        program: "borg".into(),
        begin: Some(|place| words(&["init", "--encryption", "none"], &[&place.join("repo")])),
        back_up: |file, place, number| {
            let archive = format!("{}::{number}", place.join("repo").display());
            words(&["create", &archive], &[file])
        },
        // Below the working directory, which is the place.
        restore: |_, place| {
            let archive = format!("{}::{LAST}", place.join("repo").display());
            words(&["extract", &archive], &[])
        },
        restored: |file, place| below(place, file),
    }
}
