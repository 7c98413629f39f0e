//! The programs that the service is compared with, as their manuals say that they are used.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use blackbox::process;

use crate::error::Error;

/// Between two looks at the memory of a program.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// What backups are sealed with where that cannot be left out.
const PASSWORD: &str = "bench";

/// Makes the arguments of a step from the directory to work in.
type Step = fn(&Path) -> Vec<String>;

/// A program.
pub(super) struct Peer {
    pub(super) name: &'static str,
    program: &'static str,
    begin: Option<Step>,
    /// Of the volume's file, to the directory; counted from 0.
    back_up: fn(&Path, &Path, usize) -> Vec<String>,
    restore: Step,
}

/// All of them.
pub(super) fn all() -> [Peer; 4] {
    [
        Peer {
            name: "restic",
            program: "restic",
            begin: Some(|place| words(&["init", "--quiet", "--repo"], &[&place.join("repo")])),
            back_up: |file, place, _| words(&["backup", "--quiet", "--repo"], &[&place.join("repo"), file]),
            restore: |place| {
                let target = place.join("restored").display().to_string();
                let mut all = words(&["restore", "latest", "--quiet", "--repo"], &[&place.join("repo")]);
                all.extend(["--target".to_owned(), target]);
                all
            },
        },
        Peer {
            name: "borg",
            program: "borg",
            begin: Some(|place| words(&["init", "--encryption", "none"], &[&place.join("repo")])),
            back_up: |file, place, number| {
                let archive = format!("{}::{number}", place.join("repo").display());
                words(&["create", &archive], &[file])
            },
            restore: |place| {
                let archive = format!("{}::0", place.join("repo").display());
                words(&["export-tar", &archive], &[&place.join("restored.tar")])
            },
        },
        Peer {
            name: "qemu-img",
            program: "qemu-img",
            begin: None,
            back_up: |file, place, _| {
                words(&["convert", "-f", "raw", "-O", "qcow2"], &[file, &place.join("copy.qcow2")])
            },
            restore: |place| {
                let (copy, restored) = (place.join("copy.qcow2"), place.join("restored"));
                words(&["convert", "-f", "qcow2", "-O", "raw"], &[&copy, &restored])
            },
        },
        Peer {
            name: "cp",
            program: "cp",
            begin: None,
            back_up: |file, place, _| {
                words(&["--reflink=never", "--sparse=never"], &[file, &place.join("copy")])
            },
            restore: |place| words(&["--reflink=never"], &[&place.join("copy"), &place.join("restored")]),
        },
    ]
}

fn words(words: &[&str], paths: &[&Path]) -> Vec<String> {
    let paths = paths.iter().map(|path| path.display().to_string());
    words.iter().map(|word| (*word).to_owned()).chain(paths).collect()
}

impl Peer {
    /// Makes what it keeps backups in; false when it is not installed.
    pub(super) fn begin(&self, place: &Path) -> Result<bool, Error> {
        match self.run(&["--help".to_owned()], place) {
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                eprintln!("{} is not installed", self.program);
                return Ok(false);
            }
            ran => ran?,
        };
        if let Some(begin) = self.begin {
            self.run(&begin(place), place)?;
        }
        Ok(true)
    }

    /// How long a backup took, and the most memory that it had, in MiB.
    pub(super) fn back_up(&self, file: &Path, place: &Path, number: usize) -> Result<(Duration, u64), Error> {
        self.run(&(self.back_up)(file, place, number), place)
    }

    /// As [`Self::back_up`].
    pub(super) fn restore(&self, place: &Path) -> Result<(Duration, u64), Error> {
        self.run(&(self.restore)(place), place)
    }

    fn run(&self, arguments: &[String], place: &Path) -> Result<(Duration, u64), Error> {
        let start = Instant::now();
        let mut child = Command::new(self.program)
            .args(arguments)
            .env("HOME", place)
            .env("RESTIC_PASSWORD", PASSWORD)
            .env("BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK", "yes")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let mut peak_kib = 0;
        let status = loop {
            if let Some(memory) = process::memory(child.id()) {
                peak_kib = memory.peak_kib.max(peak_kib);
            }
            match child.try_wait()? {
                Some(status) => break status,
                None => std::thread::sleep(LOOK_EVERY),
            }
        };
        if !status.success() {
            return Err(Error::Failed { what: self.program.to_owned(), status: status.to_string() });
        }
        Ok((start.elapsed(), peak_kib >> 10))
    }
}
