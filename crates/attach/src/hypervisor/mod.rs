//! Virtual machines that get a disk while they run, and lose it again.
//!
//! A volume is plugged by name of its identifier: the disk's serial number, and the name of everything that is made in
//! the hypervisor for it. So every call can be repeated, by whoever comes next: [`plug`] makes what is missing and
//! removes what a killed predecessor left half made, and [`unplug`] of what is not there is a success. Nothing is kept
//! beside the hypervisor, which knows what it has; [`Plugged`] is what a caller may want to remember.
//!
//! Passwords reach a hypervisor over its own socket or on a program's standard input: never on a command line, in a file
//! or in a log.

mod connection;
mod device_name;
mod disk;
mod error;
mod images;
mod libvirt;
mod limits;
mod names;
mod plugged;
mod qemu;
mod qmp;
mod vm;

pub use device_name::{BadDeviceName, DeviceName};
pub use disk::{Chap, Disk, Format, Image, Iscsi, MAX_LAYERS, Nbd, NbdServer, Passphrase, Place, Rbd};
pub use error::PlugError;
pub use libvirt::Libvirt;
pub use limits::Limits;
pub use plugged::{Aio, BadCache, Cache, DEFAULT_PATIENCE, Options, Plugged};
pub use qemu::Qemu;
pub use vm::{BadVm, Vm};

use std::path::Path;
use std::time::Duration;

use model::VolumeId;
use ports::Exec;

use self::qmp::Session;

/// What runs one virtual machine.
pub trait Hypervisor {
    /// Sees to it that the guest has the disk. One that it has already is left as it is.
    ///
    /// # Errors
    /// It has it not, and nothing of it is left, as far as the hypervisor lets itself be asked; or it has it in another
    /// way ([`PlugError::Otherwise`]).
    fn ensure_plugged(&mut self, disk: &Disk, options: &Options) -> Result<Plugged, PlugError>;

    /// Sees to it that the guest does not have the disk, and nothing of it is left. The guest is asked to release it,
    /// and has `patience` to do so.
    ///
    /// # Errors
    /// [`PlugError::NotReleased`] says what is known of the reason; the guest may still release it later.
    fn ensure_unplugged(&mut self, volume: VolumeId, patience: Duration) -> Result<(), PlugError>;

    /// Lets the guest see that its disk is `size_bytes` large now.
    ///
    /// # Errors
    /// It does not have it, or the storage has not grown yet.
    fn resize(&mut self, volume: VolumeId, size_bytes: u64) -> Result<(), PlugError>;

    /// The name that the guest will give its next disk.
    ///
    /// # Errors
    /// It has as many as it can have, or cannot be asked.
    fn next_name(&mut self) -> Result<DeviceName, PlugError>;

    /// What volumes the guest has.
    ///
    /// # Errors
    /// It cannot be asked.
    fn list(&mut self) -> Result<Vec<Plugged>, PlugError>;
}

impl Vm {
    /// Speaks to what runs the machine.
    ///
    /// # Errors
    /// Nobody answers.
    pub fn open(&self, exec: &Exec) -> Result<Box<dyn Hypervisor>, PlugError> {
        Ok(match self {
            Self::Qmp(socket) => Box::new(Qemu::connect(socket)?),
            Self::Libvirt { domain, uri } => Box::new(Libvirt::new(exec.clone(), domain, uri)),
        })
    }
}

/// Sees to it that `vm` has `disk`.
///
/// # Errors
/// It has it not, and nothing of it is left.
pub fn plug(exec: &Exec, vm: &Vm, disk: &Disk, options: &Options) -> Result<Plugged, PlugError> {
    vm.open(exec)?.ensure_plugged(disk, options)
}

/// Sees to it that `vm` does not have `volume`, and nothing of it is left.
///
/// # Errors
/// The guest does not release it.
pub fn unplug(exec: &Exec, vm: &Vm, volume: VolumeId, patience: Duration) -> Result<(), PlugError> {
    vm.open(exec)?.ensure_unplugged(volume, patience)
}

/// Has the process of QEMU's whose monitor is at `socket` see that its `node` is `size_bytes` large now.
///
/// # Errors
/// Nobody answers, or the storage has not grown yet.
pub(crate) fn resize_node(socket: &Path, node: &str, size_bytes: u64) -> Result<(), PlugError> {
    Session::open(socket, None)?.resize_node(node, size_bytes)
}
