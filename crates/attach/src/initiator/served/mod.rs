//! Volumes for which the kernel has nothing: `qemu-storage-daemon` speaks to the storage and shows the disk as one file
//! (its FUSE export), and a loop device makes a block device of the file.
//!
//! Everything derives from the volume's identifier: the directory with the file, and, by that, the process and the loop
//! device. So what a killed process began is found again without any record of it.

mod command;
mod daemon;

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::VolumeId;

use super::connection::Connection;
use super::loops;
use crate::AttachError;
use crate::hypervisor::resize_node;
use crate::machine::{Machine, Program};

/// How long the daemon may take until it shows the disk.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// Where the daemon of one volume has its files.
#[derive(Debug)]
pub(super) struct Place {
    dir: PathBuf,
}

impl Place {
    /// The place of `volume` below `base`.
    pub(super) fn of(base: &Path, volume: VolumeId) -> Self {
        Self { dir: base.join(volume.to_string()) }
    }

    /// What the daemon shows as the disk.
    pub(super) fn disk(&self) -> PathBuf {
        self.dir.join("disk")
    }

    fn secret(&self) -> PathBuf {
        self.dir.join("secret")
    }

    fn socket(&self) -> PathBuf {
        self.dir.join("qmp")
    }
}

/// Sees to it that the volume is a block device; its node.
pub(super) fn connect(
    machine: &dyn Machine,
    place: &Place,
    connection: &Connection,
    initiator: Option<&str>,
) -> Result<PathBuf, AttachError> {
    let disk = place.disk();
    if !is_up(machine, place) {
        if let Some(name) = loops::over(machine, &disk).into_iter().next() {
            let device = machine.at("dev").join(name);
            if machine.is_held(&device).unwrap_or(true) {
                return Err(AttachError::Busy { device });
            }
        }
        disconnect(machine, place)?;
        start(machine, place, connection, initiator)?;
    }
    loops::ensure(machine, &disk, connection.read_only)
}

/// Whether the daemon runs and shows the disk.
pub(super) fn is_up(machine: &dyn Machine, place: &Place) -> bool {
    !daemon::find(machine, &place.dir).is_empty() && is_shown(machine, &place.disk())
}

fn start(
    machine: &dyn Machine,
    place: &Place,
    connection: &Connection,
    initiator: Option<&str>,
) -> Result<(), AttachError> {
    let preparing = || AttachError::io(format!("preparing {}", place.dir.display()));
    DirBuilder::new().recursive(true).mode(0o700).create(&place.dir).map_err(preparing())?;
    machine.write_private(&place.disk(), b"").map_err(preparing())?;
    if let Some(chap) = &connection.chap {
        machine.write_private(&place.secret(), chap.secret.expose().as_bytes()).map_err(preparing())?;
    }
    let args = command::arguments(place, connection, initiator)?;
    let mut daemon = Program::new(command::PROGRAM, &args);
    daemon.time_limit = STARTS_WITHIN;
    let started = machine.run(&daemon);
    // It has read it by now, or never will.
    forget(&place.secret())?;
    started?;
    Ok(())
}

/// Sees to it that neither block device nor daemon is there, nor any file of theirs. Nobody may hold the device.
pub(super) fn disconnect(machine: &dyn Machine, place: &Place) -> Result<(), AttachError> {
    let disk = place.disk();
    loops::remove(machine, &disk)?;
    daemon::end(machine, &place.dir)?;
    if is_shown(machine, &disk) {
        // What a killed daemon leaves: a mount that answers nobody.
        let path = disk.display().to_string();
        machine.run(&Program::new("umount", &["--lazy", &path]))?;
    }
    match fs::remove_dir_all(&place.dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(AttachError::io(format!("removing {}", place.dir.display()))(error))
        }
        _ => Ok(()),
    }
}

/// Has the disk and its block device take the size that the storage has given the volume.
pub(super) fn resize(machine: &dyn Machine, place: &Place, bytes: u64) -> Result<(), AttachError> {
    let told = resize_node(&place.socket(), command::DISK, bytes).map_err(io::Error::other);
    told.map_err(AttachError::io("telling qemu-storage-daemon of the new size"))?;
    loops::resize(machine, &place.disk())
}

/// The volumes that have a place below `base`.
pub(super) fn all(base: &Path) -> Vec<VolumeId> {
    super::scsi::names_in(base).iter().filter_map(|name| name.parse().ok()).collect()
}

/// Whether something is mounted there (proc(5), `mountinfo`: the fifth field, with blanks and the like in octal).
fn is_shown(machine: &dyn Machine, disk: &Path) -> bool {
    let Ok(mounts) = fs::read_to_string(machine.at("proc/self/mountinfo")) else { return false };
    let path = disk.display().to_string().replace('\\', "\\134").replace(' ', "\\040");
    mounts.lines().any(|line| line.split(' ').nth(4) == Some(&path))
}

fn forget(path: &Path) -> Result<(), AttachError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(AttachError::io(format!("removing {}", path.display()))(error))
        }
        _ => Ok(()),
    }
}
