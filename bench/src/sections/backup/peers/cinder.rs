//! Cinder's posix driver itself, without API, queue and attachment: what its services add comes on top of it. It is taken from
//! the virtual environment `BESSER_CINDER_VENV`; `cargo xtask bench` makes one where it can.

use std::path::{Path, PathBuf};

use super::{Peer, words};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/cinder/posix_backup.py");
/// The number of the last backup that is made.
const LAST: usize = super::super::STAGES.len() - 1;

pub(super) fn peer() -> Peer {
    let venv = std::env::var_os("BESSER_CINDER_VENV").map_or_else(|| PathBuf::from("no-venv"), PathBuf::from);
    Peer {
        name: "cinder",
        program: venv.join("bin/python").into_os_string(),
        begin: Some(|place| {
            // Its options have their defaults: files of 2 GB, blocks of 32 KiB, zlib.
            let make = "import os, sys; os.makedirs(os.path.join(sys.argv[1], 'objects'))";
            words(&["-c", make], &[&place.join("store")])
        }),
        back_up: |file, place, number| {
            let mut all = act("backup", number, file, place);
            if number > 0 {
                all.extend(["--parent".to_owned(), id(number - 1)]);
            }
            all
        },
        restore: |_, place| act("restore", LAST, &place.join("restored"), place),
        restored: |_, place| place.join("restored"),
    }
}

fn act(act: &str, number: usize, file: &Path, place: &Path) -> Vec<String> {
    let mut all = words(&[SCRIPT], &[&place.join("store")]);
    all.extend([act.to_owned(), id(number), file.display().to_string()]);
    all
}

fn id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}
