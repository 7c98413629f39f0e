//! Putting an image into Ceph: it grows while it comes, and is cut to its length when it is whole.

use std::io;

use model::ImageId;
use ports::DriverError;
use ports::image::ImageWriter;
use ports::volume::{Access, Disk};

use super::{SNAPSHOT, UNFINISHED, remove};
use crate::rbd::{Layout, Pool};

/// How long an image is at first, in bytes; then twice as long, and so on. What is not written takes no space.
const FIRST_BYTES: u64 = 1 << 30;
/// The least that QEMU writes.
const SECTOR_BYTES: u64 = 512;

/// What an image is called while it is put.
pub(super) fn unfinished(image: ImageId) -> String {
    format!("{UNFINISHED}{image}")
}

/// An image that is being put.
#[derive(Debug)]
pub(super) struct Writer {
    pool: Pool,
    image: ImageId,
    /// None while it is not open.
    disk: Option<Box<dyn Disk>>,
    /// How long it is now.
    length_bytes: u64,
    /// How much of that was put.
    at: u64,
    named: bool,
}

impl Writer {
    pub(super) fn begin(pool: Pool, layout: Layout, image: ImageId) -> Result<Self, DriverError> {
        // Nobody else puts the same image now.
        pool.remove_image(&unfinished(image))?;
        pool.ensure_image(&unfinished(image), FIRST_BYTES, &layout)?;
        let mut writer = Self { pool, image, disk: None, length_bytes: FIRST_BYTES, at: 0, named: false };
        writer.disk = Some(writer.open()?);
        Ok(writer)
    }

    fn open(&self) -> Result<Box<dyn Disk>, DriverError> {
        self.pool.open_image(&unfinished(self.image), None, Access::Write)
    }

    /// The disk, long enough for what ends at `end`.
    fn room(&mut self, end: u64) -> Result<&dyn Disk, DriverError> {
        while self.length_bytes < end {
            self.close()?;
            let longer = self.length_bytes.checked_mul(2);
            self.length_bytes = longer
                .ok_or_else(|| DriverError::Refused("an image is longer than any can be".to_owned()))?;
        }
        if self.disk.is_none() {
            self.pool.resize_image(&unfinished(self.image), self.length_bytes)?;
            self.disk = Some(self.open()?);
        }
        let gone = || failed(io::ErrorKind::NotConnected.into());
        self.disk.as_deref().ok_or_else(gone)
    }

    /// Makes what was written durable.
    fn close(&mut self) -> Result<(), DriverError> {
        self.disk.take().map_or(Ok(()), |disk| disk.sync().map_err(failed))
    }
}

fn failed(error: io::Error) -> DriverError {
    DriverError::io("writing an image to Ceph")(error)
}

impl ImageWriter for Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<(), DriverError> {
        let (at, end) = (self.at, self.at.saturating_add(bytes.len() as u64));
        let disk = self.room(end.next_multiple_of(SECTOR_BYTES))?;
        let zero = bytes.iter().all(|byte| *byte == 0);
        // Nothing was ever there.
        if !zero {
            disk.write_at(bytes, at).map_err(failed)?;
        }
        self.at = end;
        Ok(())
    }

    fn skip(&mut self, length_bytes: u64) -> Result<(), DriverError> {
        let longest = || DriverError::Refused("an image is longer than any can be".to_owned());
        self.at = self.at.checked_add(length_bytes).ok_or_else(longest)?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64, DriverError> {
        self.close()?;
        let (from, to) = (unfinished(self.image), self.image.to_string());
        self.pool.resize_image(&from, self.at)?;
        self.pool.ensure_snapshot(&from, SNAPSHOT)?;
        remove(&self.pool, &to)?;
        self.pool.rename_image(&from, &to)?;
        self.named = true;
        Ok(self.at)
    }

    fn leave(mut self: Box<Self>) {
        self.named = true;
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.named {
            return;
        }
        self.disk = None;
        if let Err(error) = remove(&self.pool, &unfinished(self.image)) {
            let image = self.image;
            tracing::warn!(%image, error = error.chain(), "what was put is left until it is put again or removed");
        }
    }
}
