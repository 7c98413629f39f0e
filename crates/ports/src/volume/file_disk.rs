//! A raw file or block device as a disk.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

use rustix::fs::{FallocateFlags, SeekFrom as Whence, fallocate, seek};
use rustix::io::Errno;

use super::{Disk, Extent};

/// Zeros for storage that cannot make them itself.
const ZEROS: &[u8] = &[0; 64 * 1024];

/// A raw file or block device.
#[derive(Debug)]
pub struct FileDisk {
    file: File,
    size_bytes: u64,
}

impl FileDisk {
    /// The whole of `file`, as long as it is now.
    ///
    /// # Errors
    /// Its length cannot be found out.
    pub fn new(file: File) -> io::Result<Self> {
        let size_bytes = (&file).seek(SeekFrom::End(0))?;
        Ok(Self { file, size_bytes })
    }

    fn check(&self, offset_bytes: u64, length_bytes: u64) -> io::Result<()> {
        match offset_bytes.checked_add(length_bytes) {
            Some(end) if end <= self.size_bytes => Ok(()),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{length_bytes} bytes at {offset_bytes} of a disk of {} bytes", self.size_bytes),
            )),
        }
    }
}

impl Disk for FileDisk {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset_bytes)
    }

    fn write_at(&self, bytes: &[u8], offset_bytes: u64) -> io::Result<()> {
        self.check(offset_bytes, bytes.len() as u64)?;
        self.file.write_all_at(bytes, offset_bytes)
    }

    fn zero_at(&self, offset_bytes: u64, length_bytes: u64) -> io::Result<()> {
        self.check(offset_bytes, length_bytes)?;
        let whole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        match fallocate(&self.file, whole, offset_bytes, length_bytes) {
            Err(Errno::OPNOTSUPP | Errno::INVAL | Errno::NODEV | Errno::NOSYS) => {}
            done => return Ok(done?),
        }
        let end = offset_bytes + length_bytes;
        let mut at = offset_bytes;
        while at < end {
            let length = usize::try_from(end - at).unwrap_or(usize::MAX).min(ZEROS.len());
            self.file.write_all_at(&ZEROS[..length], at)?;
            at += length as u64;
        }
        Ok(())
    }

    fn extent_at(&self, offset_bytes: u64) -> io::Result<Extent> {
        let rest = self.size_bytes.saturating_sub(offset_bytes);
        let data_at = match seek(&self.file, Whence::Data(offset_bytes)) {
            Ok(at) => at,
            // No data until the end.
            Err(Errno::NXIO) => return Ok(Extent { length_bytes: rest, is_zero: true }),
            Err(Errno::INVAL | Errno::OPNOTSUPP) => {
                return Ok(Extent { length_bytes: rest, is_zero: false });
            }
            Err(error) => return Err(error.into()),
        };
        if data_at > offset_bytes {
            return Ok(Extent { length_bytes: (data_at - offset_bytes).min(rest), is_zero: true });
        }
        let hole_at = seek(&self.file, Whence::Hole(offset_bytes))?;
        Ok(Extent { length_bytes: (hole_at - offset_bytes).min(rest), is_zero: false })
    }

    fn as_file(&self) -> Option<&File> {
        self.file.metadata().is_ok_and(|found| found.is_file()).then_some(&self.file)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_written_or_was_zeroed_is_known_to_be_zero() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(1 << 20).unwrap();
        let disk = FileDisk::new(file).unwrap();
        disk.write_at(&[7; 8192], 65536).unwrap();
        disk.sync().unwrap();
        assert_eq!(disk.extent_at(0).unwrap(), Extent { length_bytes: 65536, is_zero: true });
        assert_eq!(disk.extent_at(65536).unwrap(), Extent { length_bytes: 8192, is_zero: false });
        disk.zero_at(65536, 4096).unwrap();
        let mut found = [1; 8192];
        disk.read_at(&mut found, 65536).unwrap();
        assert_eq!((found[0], found[4095], found[4096]), (0, 0, 7));
        assert_eq!(disk.extent_at(65536 + 8192).unwrap().length_bytes, (1 << 20) - 65536 - 8192);
    }

    #[test]
    fn nothing_is_written_beyond_the_end() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(4096).unwrap();
        let disk = FileDisk::new(file).unwrap();
        assert!(disk.write_at(&[1; 2], 4095).is_err());
        assert!(disk.zero_at(4096, 1).is_err());
        assert!(disk.zero_at(u64::MAX, 1).is_err());
        assert!(disk.read_at(&mut [0; 2], 4095).is_err());
    }
}
