//! restic, which cannot leave out the sealing.

use super::{Peer, below, words};

pub(super) fn peer() -> Peer {
    Peer {
        name: "restic",
        program: "restic".into(),
        begin: Some(|place| words(&["init", "--quiet", "--repo"], &[&place.join("repo")])),
        back_up: |file, place, _| words(&["backup", "--quiet", "--repo"], &[&place.join("repo"), file]),
        restore: |_, place| {
            let target = place.join("restored").display().to_string();
            let mut all = words(&["restore", "latest", "--quiet", "--repo"], &[&place.join("repo")]);
            all.extend(["--target".to_owned(), target]);
            all
        },
        restored: |file, place| below(&place.join("restored"), file),
    }
}
