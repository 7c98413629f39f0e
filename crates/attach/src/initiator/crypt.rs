//! Encrypted volumes: what is in a LUKS container on a device, as a device of its own, by cryptsetup(8).
//!
//! The passphrase goes to cryptsetup's standard input. A volume on which there is no container yet gets one, as compute
//! services have always done: nothing was ever written to it through its encryption.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use model::VolumeId;
use ports::ExecError;

use super::scsi::{names_in, says};
use super::{Connection, Device, Initiator};
use crate::AttachError;
use crate::hypervisor::Passphrase;
use crate::machine::{Machine, Program};

const PROGRAM: &str = "cryptsetup";
/// Formats of containers, as services name them, and cryptsetup's names.
const FORMATS: [(&str, &str); 2] = [("luks", "luks1"), ("luks2", "luks2")];
/// What a container of either format begins with.
const MAGIC: &[u8] = b"LUKS\xba\xbe";
/// How much of a device is looked at for it: a page.
const LOOKED_AT_BYTES: usize = 4096;
/// The answer of `isLuks` to a device without a container.
const NO_CONTAINER: i32 = 1;

/// How the content of a volume is encrypted, and what opens it.
#[derive(Debug, Clone)]
pub struct Encryption {
    /// The format: `luks`, `luks2`, …
    pub format: String,
    /// Algorithm and mode of a new container: `aes-xts-plain64`.
    pub cipher: Option<String>,
    /// Bits of the key of a new container's content.
    pub key_bits: Option<u64>,
    /// What opens it.
    pub passphrase: Passphrase,
}

impl Initiator {
    /// Sees to it that the content of an encrypted volume, which is on `device`, is a device.
    ///
    /// # Errors
    /// The passphrase does not open it, the format is not known here, or this host has no cryptsetup.
    pub fn ensure_opened(
        &self,
        connection: &Connection,
        device: &Device,
        encryption: &Encryption,
    ) -> Result<Device, AttachError> {
        if let Some(opened) = self.find_opened(connection.volume_id) {
            return Ok(opened);
        }
        let machine = self.machine.as_ref();
        let named = FORMATS.iter().find(|(name, _)| *name == encryption.format);
        let (_, kind) = named.ok_or_else(|| {
            AttachError::CannotHere(format!(
                "volumes encrypted as {:?} are not opened here",
                encryption.format
            ))
        })?;
        let outside = device.path.display().to_string();
        if !has_container(machine, &outside)? {
            if connection.read_only {
                return Err(AttachError::CannotHere(
                    "an encrypted volume is empty, and may not be written".to_owned(),
                ));
            }
            tracing::info!(volume = %connection.volume_id, kind, "a new container");
            let mut format = vec!["luksFormat", "--batch-mode", "--type", kind, "--key-file", "-"];
            let bits = encryption.key_bits.map(|bits| bits.to_string());
            format.extend(encryption.cipher.iter().flat_map(|cipher| ["--cipher", cipher]));
            format.extend(bits.iter().flat_map(|bits| ["--key-size", bits]));
            format.push(&outside);
            let mut program = Program::new(PROGRAM, &format).told(&encryption.passphrase);
            // A header that was begun would be taken for one.
            program.is_left_to_end = true;
            machine.run(&program)?;
        }
        // Without the kernel's keyring, a container of either format grows without its passphrase.
        let mut open =
            vec!["open", "--type", "luks", "--key-file", "-", "--allow-discards", "--disable-keyring"];
        if connection.read_only {
            open.push("--readonly");
        }
        let name = name(connection.volume_id);
        open.extend([outside.as_str(), &name]);
        machine.run(&Program::new(PROGRAM, &open).told(&encryption.passphrase))?;
        let opened = self.find_opened(connection.volume_id);
        opened.ok_or_else(|| AttachError::CannotHere(format!("cryptsetup made no {name}")))
    }

    /// The content of an encrypted volume, where it is open.
    #[must_use]
    pub fn find_opened(&self, volume: VolumeId) -> Option<Device> {
        let machine = self.machine.as_ref();
        let (kernel_name, node) = find(machine, volume)?;
        let outside = names_in(&machine.at("sys/block").join(&kernel_name).join("slaves"));
        Some(Device { path: node, bytes: self.bytes(&kernel_name), paths: outside })
    }

    /// Has the content of an encrypted volume take the room that there is by now.
    ///
    /// # Errors
    /// It is not open, or does not.
    pub fn resize_opened(&self, volume: VolumeId) -> Result<Device, AttachError> {
        self.machine.run(&Program::new(PROGRAM, &["resize", &name(volume)]))?;
        self.find_opened(volume).ok_or_else(|| AttachError::NoPath("the volume is not open".to_owned()))
    }

    /// Sees to it that the content of a volume is not open.
    pub(super) fn close(&self, volume: VolumeId, force: bool) -> Result<(), AttachError> {
        let Some((_, node)) = find(self.machine.as_ref(), volume) else { return Ok(()) };
        self.free(&node, force)?;
        Ok(self.machine.run(&Program::new(PROGRAM, &["close", &name(volume)])).map(drop)?)
    }
}

/// What the open content of a volume is called.
fn name(volume: VolumeId) -> String {
    format!("besser-{volume}")
}

/// The map of that name: what the kernel calls it, and its node.
fn find(machine: &dyn Machine, volume: VolumeId) -> Option<(String, PathBuf)> {
    let (all, name) = (machine.at("sys/block"), name(volume));
    let is_it = |map: &String| says(&all.join(map).join("dm/name")).is_some_and(|says| says == name);
    let map = names_in(&all).into_iter().find(is_it)?;
    Some((map, machine.at("dev/mapper").join(name)))
}

/// Whether there is a container. The same answer of cryptsetup stands for a device that could not be read and for a header
/// that is damaged, after which nothing may be formatted: so the beginning is looked at as well.
fn has_container(machine: &dyn Machine, device: &str) -> Result<bool, AttachError> {
    match machine.run(&Program::new(PROGRAM, &["isLuks", device])) {
        Ok(_) => return Ok(true),
        Err(ExecError::Failed { status, .. }) if status.code() == Some(NO_CONTAINER) => {}
        Err(error) => return Err(error.into()),
    }
    let unread = |error: io::Error| AttachError::CannotHere(format!("{device} cannot be read: {error}"));
    let mut beginning = Vec::with_capacity(LOOKED_AT_BYTES);
    File::open(device)
        .and_then(|file| file.take(LOOKED_AT_BYTES as u64).read_to_end(&mut beginning))
        .map_err(unread)?;
    if beginning.starts_with(MAGIC) {
        let why = format!("the header of the LUKS container on {device} is damaged, and is left as it is");
        return Err(AttachError::CannotHere(why));
    }
    Ok(false)
}
