//! The content of a container as a disk over the disk that the container is on.

use std::io::{self, ErrorKind};

use model::secret::Secret;
use ports::volume::{Disk, Extent};

use super::header::{self, HEADER_BYTES};
use super::xts::Xts;
use super::{KeySize, SECTOR_BYTES};

/// Most bytes that are encrypted at once.
const MAX_PIECE_BYTES: usize = 1 << 20;
const SECTOR: u64 = SECTOR_BYTES as u64;

/// The content. Who writes parts of sectors must not write to one sector from several threads.
#[derive(Debug)]
pub(crate) struct LuksDisk<'a> {
    under: &'a dyn Disk,
    cipher: Xts,
    size_bytes: u64,
}

impl<'a> LuksDisk<'a> {
    /// Makes a container of `under`, whatever is on it, that `passphrase` opens. What is not written to its content
    /// reads as anything.
    ///
    /// # Errors
    /// [`ErrorKind::StorageFull`] when the header does not fit; the disk's own.
    pub(crate) fn format(
        under: &'a dyn Disk,
        key_size: KeySize,
        passphrase: &Secret<String>,
        uuid: &str,
    ) -> io::Result<Self> {
        let all_bytes = under.size_bytes();
        let size_bytes = all_bytes.checked_sub(HEADER_BYTES).filter(|bytes| *bytes > 0).ok_or_else(|| {
            let why = format!("a volume of {all_bytes} bytes has no room for a header of {HEADER_BYTES}");
            io::Error::new(ErrorKind::StorageFull, why)
        })?;
        let made = header::make(key_size, passphrase, uuid)?;
        under.write_at(&made.bytes, 0)?;
        Ok(Self { under, cipher: made.cipher, size_bytes: size_bytes - size_bytes % SECTOR })
    }

    /// Ends the content at `length_bytes` for whoever sees it as this disk, when it is longer.
    pub(crate) fn ending_at(self, length_bytes: u64) -> Self {
        Self { size_bytes: self.size_bytes.min(length_bytes), ..self }
    }

    fn check(&self, offset_bytes: u64, length: usize, beyond: ErrorKind) -> io::Result<()> {
        match offset_bytes.checked_add(length as u64) {
            Some(end) if end <= self.size_bytes => Ok(()),
            _ => Err(beyond.into()),
        }
    }

    /// Reads whole sectors.
    fn read_sectors(&self, sectors: &mut [u8], first: u64) -> io::Result<()> {
        self.under.read_at(sectors, HEADER_BYTES + first * SECTOR)?;
        self.cipher.decrypt(sectors, first);
        Ok(())
    }

    /// Writes `bytes`, which are not many, with what else is in their first and last sector.
    fn write_piece(&self, bytes: &[u8], offset_bytes: u64) -> io::Result<()> {
        let (first, before) = (offset_bytes / SECTOR, within(offset_bytes));
        let mut sectors = vec![0; (before + bytes.len()).next_multiple_of(SECTOR_BYTES)];
        let (length, last) = (sectors.len(), sectors.len() - SECTOR_BYTES);
        if before > 0 {
            self.read_sectors(&mut sectors[..SECTOR_BYTES], first)?;
        }
        if before + bytes.len() < length && (before == 0 || last > 0) {
            self.read_sectors(&mut sectors[last..], first + (last / SECTOR_BYTES) as u64)?;
        }
        sectors[before..before + bytes.len()].copy_from_slice(bytes);
        self.cipher.encrypt(&mut sectors, first);
        self.under.write_at(&sectors, HEADER_BYTES + first * SECTOR)
    }
}

/// How far into its sector an offset is.
fn within(offset_bytes: u64) -> usize {
    usize::try_from(offset_bytes % SECTOR).unwrap_or(0)
}

impl Disk for LuksDisk<'_> {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<()> {
        self.check(offset_bytes, buffer.len(), ErrorKind::UnexpectedEof)?;
        let mut offset = offset_bytes;
        for piece in buffer.chunks_mut(MAX_PIECE_BYTES) {
            let before = within(offset);
            let mut sectors = vec![0; (before + piece.len()).next_multiple_of(SECTOR_BYTES)];
            self.read_sectors(&mut sectors, offset / SECTOR)?;
            piece.copy_from_slice(&sectors[before..before + piece.len()]);
            offset += piece.len() as u64;
        }
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset_bytes: u64) -> io::Result<()> {
        self.check(offset_bytes, bytes.len(), ErrorKind::InvalidInput)?;
        let mut offset = offset_bytes;
        for piece in bytes.chunks(MAX_PIECE_BYTES) {
            self.write_piece(piece, offset)?;
            offset += piece.len() as u64;
        }
        Ok(())
    }

    /// Zeros are written like anything else: nobody is to see where there are any.
    fn zero_at(&self, offset_bytes: u64, length_bytes: u64) -> io::Result<()> {
        let end = offset_bytes.checked_add(length_bytes).ok_or(ErrorKind::InvalidInput)?;
        let most = length_bytes.min(MAX_PIECE_BYTES as u64);
        let zeros = vec![0; usize::try_from(most).unwrap_or(MAX_PIECE_BYTES)];
        let mut offset = offset_bytes;
        while offset < end {
            let length = usize::try_from(end - offset).map_or(zeros.len(), |rest| rest.min(zeros.len()));
            self.write_at(&zeros[..length], offset)?;
            offset += length as u64;
        }
        Ok(())
    }

    fn extent_at(&self, offset_bytes: u64) -> io::Result<Extent> {
        Ok(Extent { length_bytes: self.size_bytes.saturating_sub(offset_bytes), is_zero: false })
    }

    fn sync(&self) -> io::Result<()> {
        self.under.sync()
    }
}

/// A disk that keeps to itself where it has holes: all of it is copied in pieces.
#[derive(Debug)]
pub(crate) struct Dense<'a>(pub(crate) &'a dyn Disk);

impl Disk for Dense<'_> {
    fn size_bytes(&self) -> u64 {
        self.0.size_bytes()
    }

    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<()> {
        self.0.read_at(buffer, offset_bytes)
    }

    fn write_at(&self, bytes: &[u8], offset_bytes: u64) -> io::Result<()> {
        self.0.write_at(bytes, offset_bytes)
    }

    fn zero_at(&self, offset_bytes: u64, length_bytes: u64) -> io::Result<()> {
        self.0.zero_at(offset_bytes, length_bytes)
    }

    fn extent_at(&self, offset_bytes: u64) -> io::Result<Extent> {
        Ok(Extent { length_bytes: self.size_bytes().saturating_sub(offset_bytes), is_zero: false })
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }
}
