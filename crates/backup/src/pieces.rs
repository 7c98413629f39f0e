//! Pieces of a disk: read without touching what is known to be zero, written without writing what is zero already.

use ports::volume::Disk;

use crate::BackupError;

/// Zeros to compare with.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// Whether all of `bytes` are zero.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    bytes.chunks(ZEROS.len()).all(|part| *part == ZEROS[..part.len()])
}

/// A piece of a disk in memory.
pub(crate) struct Piece {
    pub(crate) offset_bytes: u64,
    pub(crate) bytes: Vec<u8>,
    /// The stretches, within the piece, that were read; the rest is zero without having been.
    read: Vec<(usize, usize)>,
}

impl Piece {
    /// Reads `length_bytes` at `offset_bytes`, except for what is known to be zero.
    pub(crate) fn read(disk: &dyn Disk, offset_bytes: u64, length_bytes: usize) -> Result<Self, BackupError> {
        Self::read_parts(disk, offset_bytes, length_bytes, [(0, length_bytes)])
    }

    /// The same of parts of it, each from here to there within the piece; the rest counts as a hole.
    pub(crate) fn read_parts(
        disk: &dyn Disk,
        offset_bytes: u64,
        length_bytes: usize,
        parts: impl IntoIterator<Item = (usize, usize)>,
    ) -> Result<Self, BackupError> {
        let mut bytes = vec![0; length_bytes];
        let mut read = Vec::new();
        for (mut at, end) in parts {
            while at < end {
                let place = offset_bytes + at as u64;
                let extent = disk.extent_at(place).map_err(BackupError::disk("looking at", place))?;
                let rest = end - at;
                // A disk that says nothing of what is there is read.
                let known = usize::try_from(extent.length_bytes).unwrap_or(usize::MAX).min(rest);
                let (length, zero) = if known == 0 { (rest, false) } else { (known, extent.is_zero) };
                if !zero {
                    disk.read_at(&mut bytes[at..at + length], place)
                        .map_err(BackupError::disk("reading", place))?;
                    read.push((at, at + length));
                }
                at += length;
            }
        }
        Ok(Self { offset_bytes, bytes, read })
    }

    /// Whether nothing of `from..to` was read, because all of it is known to be zero.
    pub(crate) fn is_hole(&self, from: usize, to: usize) -> bool {
        self.read.iter().all(|(begin, end)| *end <= from || *begin >= to)
    }
}

/// Writes `bytes` at `offset_bytes`. Where they are zero the disk is made zero, unless it is known to be already; so new
/// and old volumes, and every layer of a chain, are treated alike.
pub(crate) fn write(disk: &dyn Disk, bytes: &[u8], offset_bytes: u64) -> Result<(), BackupError> {
    let mut at = 0;
    while at < bytes.len() {
        let zero = is_zero(&bytes[at..bytes.len().min(at + ZEROS.len())]);
        let mut end = bytes.len().min(at + ZEROS.len());
        while end < bytes.len() && is_zero(&bytes[end..bytes.len().min(end + ZEROS.len())]) == zero {
            end = bytes.len().min(end + ZEROS.len());
        }
        let place = offset_bytes + at as u64;
        if zero {
            make_zero(disk, place, (end - at) as u64)?;
        } else {
            disk.write_at(&bytes[at..end], place).map_err(BackupError::disk("writing", place))?;
        }
        at = end;
    }
    Ok(())
}

/// Makes a stretch zero, except for what is known to be.
pub(crate) fn make_zero(disk: &dyn Disk, offset_bytes: u64, length_bytes: u64) -> Result<(), BackupError> {
    let end = offset_bytes + length_bytes;
    let mut at = offset_bytes;
    while at < end {
        let extent = disk.extent_at(at).map_err(BackupError::disk("looking at", at))?;
        let known = extent.length_bytes.min(end - at);
        let (length, zero) = if known == 0 { (end - at, false) } else { (known, extent.is_zero) };
        if !zero {
            disk.zero_at(at, length).map_err(BackupError::disk("zeroing", at))?;
        }
        at += length;
    }
    Ok(())
}
