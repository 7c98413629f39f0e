//! The programs that the service is compared with, as their manuals say that they are used; one file each.

mod borg;
mod cinder;
mod cp;
mod qemu_img;
mod restic;

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use blackbox::disk::files_below;
use blackbox::process;

use super::measure::Cost;
use crate::error::Error;

/// Between two looks at the memory of a program.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// What backups are sealed with where that cannot be left out.
const PASSWORD: &str = "bench";

/// Makes the arguments of a step from the volume's file and the directory to work in.
type Step = fn(&Path, &Path) -> Vec<String>;

/// A program.
pub(super) struct Peer {
    pub(super) name: &'static str,
    program: OsString,
    begin: Option<fn(&Path) -> Vec<String>>,
    /// Of the volume's file, to the directory; counted from 0.
    back_up: fn(&Path, &Path, usize) -> Vec<String>,
    restore: Step,
    /// Where the restored volume is.
    restored: fn(&Path, &Path) -> PathBuf,
}

/// All of them.
pub(super) fn all() -> [Peer; 5] {
    [cinder::peer(), restic::peer(), borg::peer(), qemu_img::peer(), cp::peer()]
}

fn words(words: &[&str], paths: &[&Path]) -> Vec<String> {
    let paths = paths.iter().map(|path| path.display().to_string());
    words.iter().map(|word| (*word).to_owned()).chain(paths).collect()
}

/// The path of a file, as it is kept in an archive, below a directory.
fn below(directory: &Path, file: &Path) -> PathBuf {
    directory.join(file.strip_prefix("/").unwrap_or(file))
}

impl Peer {
    /// Makes what it keeps backups in; false when it is not installed.
    pub(super) fn begin(&self, place: &Path) -> Result<bool, Error> {
        match self.run(&["--help".to_owned()], place) {
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                eprintln!("{} is not installed", self.name);
                return Ok(false);
            }
            ran => ran?,
        };
        if let Some(begin) = self.begin {
            self.run(&begin(place), place)?;
        }
        Ok(true)
    }

    /// What a backup cost, until it is on the disk.
    pub(super) fn back_up(&self, file: &Path, place: &Path, number: usize) -> Result<Cost, Error> {
        self.run(&(self.back_up)(file, place, number), place)
    }

    /// What restoring cost, until it is on the disk.
    pub(super) fn restore(&self, file: &Path, place: &Path) -> Result<Cost, Error> {
        let restored = self.restored(file, place);
        if self.name == "cinder" {
            // Its driver writes to what is there.
            File::create(restored)?.set_len(std::fs::metadata(file)?.len())?;
        }
        self.run(&(self.restore)(file, place), place)
    }

    /// Where the restored volume is.
    pub(super) fn restored(&self, file: &Path, place: &Path) -> PathBuf {
        (self.restored)(file, place)
    }

    fn run(&self, arguments: &[String], place: &Path) -> Result<Cost, Error> {
        // CPU time of a child is added to that of its parent when the parent has waited for it.
        let own_cpu = || process::cpu_time(std::process::id()).unwrap_or_default();
        let (start, cpu_before) = (Instant::now(), own_cpu());
        let mut child = Command::new(&self.program)
            .args(arguments)
            .current_dir(place)
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
            return Err(Error::Failed { what: self.name.to_owned(), status: status.to_string() });
        }
        for file in files_below(place) {
            File::open(file)?.sync_all()?;
        }
        Ok(Cost {
            took: start.elapsed(),
            cpu: own_cpu().saturating_sub(cpu_before),
            peak_mib: peak_kib >> 10,
        })
    }
}
