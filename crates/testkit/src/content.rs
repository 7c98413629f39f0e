//! What is in volumes: a pattern that tells one volume from every other, and zeros where it was never written.

use model::Volume;
use operations::Backends;
use ports::volume::{Access, Disk, VolumeRef};

use crate::Process;

/// How much is written at each place.
const BLOCK_BYTES: usize = 4096;

/// Writes the pattern `seed` at the begin, in the middle and at the end of `volume`.
///
/// # Panics
/// It cannot be written.
pub fn write(process: &Process, volume: &Volume, seed: u8) {
    let file = open(process, volume, Access::Write).expect("a volume that can be written");
    for place in places(file.size_bytes()) {
        file.write_at(&[seed; BLOCK_BYTES], place).expect("a volume that can be written");
    }
}

/// The first `length` bytes of `volume`.
///
/// # Panics
/// It cannot be read.
#[must_use]
pub fn bytes(process: &Process, volume: &Volume, length: usize) -> Vec<u8> {
    let mut found = vec![0; length];
    let disk = open(process, volume, Access::Read).expect("a volume that can be read");
    disk.read_at(&mut found, 0).expect("a volume that can be read");
    found
}

/// Whether `volume` has the size that its row says, and the pattern `seed` of a volume of `written_gib`; `None` is a
/// blank volume. The rest must read as zeros.
///
/// # Errors
/// What is there instead.
pub fn check(process: &Process, volume: &Volume, seed: Option<u8>, written_gib: u64) -> Result<(), String> {
    check_size(process, volume)?;
    let file = open(process, volume, Access::Read)?;
    let written = places(process.gib_bytes(volume) * written_gib);
    for place in written {
        expect(&*file, place, seed.unwrap_or(0)).map_err(|found| format!("volume {}: {found}", volume.id))?;
    }
    if volume.size_gib > written_gib {
        let last = file.size_bytes() - BLOCK_BYTES as u64;
        expect(&*file, last, 0).map_err(|found| format!("grown volume {}: {found}", volume.id))?;
    }
    Ok(())
}

/// Whether `volume` begins with the pattern `seed`.
///
/// # Panics
/// It cannot be read.
#[must_use]
pub fn begins_with(process: &Process, volume: &Volume, seed: u8) -> bool {
    let file = open(process, volume, Access::Read).expect("a volume that can be read");
    expect(&*file, 0, seed).is_ok()
}

/// Whether `volume` has the size that its row says.
///
/// # Errors
/// The size that it has instead.
pub fn check_size(process: &Process, volume: &Volume) -> Result<(), String> {
    let found = open(process, volume, Access::Read)?.size_bytes();
    let expected = process.gib_bytes(volume) * volume.size_gib;
    if found == expected {
        Ok(())
    } else {
        Err(format!("volume {} is {found} bytes large, and not {expected}", volume.id))
    }
}

pub(crate) fn open(process: &Process, volume: &Volume, access: Access) -> Result<Box<dyn Disk>, String> {
    open_on(&process.backends, volume, access)
}

pub(crate) fn open_on(backends: &Backends, volume: &Volume, access: Access) -> Result<Box<dyn Disk>, String> {
    let host = volume.host.as_deref().ok_or_else(|| format!("volume {} is nowhere", volume.id))?;
    let backend = backends.get(model::service::backend_of(host)).unwrap();
    let volume = VolumeRef {
        pool: model::service::pool_of(host).map(str::to_owned),
        provider_location: volume.provider_location.clone(),
        ..VolumeRef::new(volume.name_on_backend(), volume.size_gib)
    };
    backend.driver.open_volume(&volume, access).map_err(|error| error.chain())
}

fn places(bytes: u64) -> [u64; 3] {
    [0, bytes / 2, bytes - BLOCK_BYTES as u64]
}

fn expect(file: &dyn Disk, place: u64, byte: u8) -> Result<(), String> {
    let mut found = [0; BLOCK_BYTES];
    file.read_at(&mut found, place).map_err(|error| format!("reading at {place}: {error}"))?;
    match found.iter().find(|there| **there != byte) {
        None => Ok(()),
        Some(there) => Err(format!("{there:#x} at {place}, and not {byte:#x}")),
    }
}
