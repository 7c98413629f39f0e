//! Small file systems of our own, mounted where that is allowed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Sparse, so it takes what is written to it. XFS wants at least 300 MiB.
const DISK_BYTES: u64 = 1 << 30;

/// A kind of file system.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Can share blocks between files.
    Xfs,
    /// Can share blocks between files, too.
    Btrfs,
    /// Cannot, and has room for 8 MiB.
    TinyMemory,
}

/// A mounted file system, unmounted with the value.
pub(crate) struct Mounted {
    at: PathBuf,
    _directory: TempDir,
}

impl Mounted {
    /// Makes and mounts one, or says why that cannot be done here.
    pub(crate) fn new(kind: Kind) -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let image = directory.path().join("disk");
        let at = directory.path().join("at");
        std::fs::create_dir(&at).map_err(|error| error.to_string())?;
        let mut mount = Command::new("mount");
        match kind {
            Kind::TinyMemory => mount.args(["-t", "tmpfs", "-o", "size=8m", "tiny"]),
            Kind::Xfs => mount.args(["-t", "xfs", "-o", "loop"]).arg(formatted("mkfs.xfs", &image)?),
            Kind::Btrfs => mount.args(["-t", "btrfs", "-o", "loop"]).arg(formatted("mkfs.btrfs", &image)?),
        };
        run(mount.arg(&at))?;
        Ok(Self { at, _directory: directory })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.at
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.at).status();
    }
}

fn formatted<'a>(mkfs: &str, image: &'a Path) -> Result<&'a Path, String> {
    File::create(image).and_then(|file| file.set_len(DISK_BYTES)).map_err(|error| error.to_string())?;
    run(Command::new(mkfs).arg("-q").arg(image))?;
    Ok(image)
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}
