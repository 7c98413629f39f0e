//! The content of a container as a disk over the disk that the container is on.

use std::io::{self, ErrorKind};

use model::secret::Secret;
use ports::volume::{Disk, Extent};

use super::open::{Opened, open};
use super::xts::Xts;
use super::{Layer, SECTOR_BYTES, Version, luks1, luks2};

/// Most bytes that are encrypted at once.
const MAX_PIECE_BYTES: usize = 1 << 20;

/// The content. Who writes parts of sectors must not write to one sector from several threads.
#[derive(Debug)]
pub(crate) struct LuksDisk<'a> {
    under: &'a dyn Disk,
    cipher: Xts,
    /// Where the content begins.
    at_bytes: u64,
    size_bytes: u64,
}

impl<'a> LuksDisk<'a> {
    /// Makes a container of `under`, whatever is on it, that `passphrase` opens. What is not written to its content
    /// reads as anything.
    ///
    /// # Errors
    /// [`ErrorKind::StorageFull`] when the header does not fit; the disk's own.
    pub(crate) fn format(under: &'a dyn Disk, layer: &Layer, uuid: &str) -> io::Result<Self> {
        let (all_bytes, at_bytes) = (under.size_bytes(), layer.container.header_bytes());
        let size_bytes = all_bytes.checked_sub(at_bytes).filter(|bytes| *bytes > 0).ok_or_else(|| {
            let why = format!("a volume of {all_bytes} bytes has no room for a header of {at_bytes}");
            io::Error::new(ErrorKind::StorageFull, why)
        })?;
        let make = match layer.container.version {
            Version::One => luks1::make,
            Version::Two => luks2::make,
        };
        let made = make(layer.container.key_size, &layer.passphrase, uuid)?;
        under.write_at(&made.bytes, 0)?;
        Ok(Self {
            under,
            cipher: made.cipher,
            at_bytes,
            size_bytes: size_bytes - size_bytes % SECTOR_BYTES as u64,
        })
    }

    /// Opens the container on `under`, whoever has made it; none when nothing was ever written there.
    ///
    /// # Errors
    /// There is something else, or `passphrase` does not open it; the disk's own.
    pub(crate) fn open(under: &'a dyn Disk, passphrase: &Secret<String>) -> io::Result<Option<Self>> {
        let Some(Opened { at_bytes, cipher }) = open(under, passphrase)? else { return Ok(None) };
        let size_bytes = under.size_bytes().saturating_sub(at_bytes);
        let size_bytes = size_bytes - size_bytes % cipher.sector_bytes() as u64;
        Ok(Some(Self { under, cipher, at_bytes, size_bytes }))
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

    /// Reads whole sectors, the first of which contains this place in the content.
    fn read_sectors(&self, sectors: &mut [u8], offset_bytes: u64) -> io::Result<()> {
        let begin = offset_bytes - self.within(offset_bytes) as u64;
        self.under.read_at(sectors, self.at_bytes + begin)?;
        self.cipher.decrypt(sectors, begin / SECTOR_BYTES as u64);
        Ok(())
    }

    /// Writes `bytes`, which are not many, with what else is in their first and last sector.
    fn write_piece(&self, bytes: &[u8], offset_bytes: u64) -> io::Result<()> {
        let (before, unit) = (self.within(offset_bytes), self.cipher.sector_bytes());
        let begin = offset_bytes - before as u64;
        let mut sectors = vec![0; (before + bytes.len()).next_multiple_of(unit)];
        let (length, last) = (sectors.len(), sectors.len() - unit);
        if before > 0 {
            self.read_sectors(&mut sectors[..unit], begin)?;
        }
        if before + bytes.len() < length && (before == 0 || last > 0) {
            self.read_sectors(&mut sectors[last..], begin + last as u64)?;
        }
        sectors[before..before + bytes.len()].copy_from_slice(bytes);
        self.cipher.encrypt(&mut sectors, begin / SECTOR_BYTES as u64);
        self.under.write_at(&sectors, self.at_bytes + begin)
    }

    /// How far into its sector an offset is.
    fn within(&self, offset_bytes: u64) -> usize {
        usize::try_from(offset_bytes % self.cipher.sector_bytes() as u64).unwrap_or(0)
    }
}

impl Disk for LuksDisk<'_> {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<()> {
        self.check(offset_bytes, buffer.len(), ErrorKind::UnexpectedEof)?;
        let mut offset = offset_bytes;
        for piece in buffer.chunks_mut(MAX_PIECE_BYTES) {
            let before = self.within(offset);
            let mut sectors = vec![0; (before + piece.len()).next_multiple_of(self.cipher.sector_bytes())];
            self.read_sectors(&mut sectors, offset)?;
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
